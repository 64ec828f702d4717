"""The connection to the bus of the session, for one thread.

Nothing here waits for an answer: whoever is asked may ask us first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import count

from jeepney import HeaderFields, Message, MessageFlag, MessageType, new_error
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import prep_socket

from pc_client.receiver.tray.frames import BadStream, Frames, Unread

log = logging.getLogger(__name__)

_READ_BYTES = 65536
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"


class NoBus(Exception):
    """There is no bus of the session, or none that can be spoken to."""


class BusGone(Exception):
    """The bus has ended, or has ended us."""


class Bus:
    """Raises `NoBus`; every call raises `BusGone`, the first one too where the bus does not want us."""

    def __init__(self) -> None:
        try:
            self._socket = prep_socket(get_bus("SESSION"))
        except KeyError as error:
            raise NoBus("no session bus (DBUS_SESSION_BUS_ADDRESS)") from error
        except (OSError, ValueError, RuntimeError) as error:  # jeepney: no such transport, not let in
            raise NoBus(f"the session bus cannot be used: {error}") from error
        self._frames = Frames()
        self._serials: Iterator[int] = count(1)
        self._awaited: dict[tuple[int, str], Callable[[Message], None]] = {}

    def begin(self) -> None:
        """Before all else."""
        self.call(message_bus.Hello(), lambda _: None)

    def fileno(self) -> int:
        """For `select`."""
        number: int = self._socket.fileno()
        return number

    def send(self, message: Message) -> int:
        """Its serial."""
        serial = next(self._serials)
        try:
            self._socket.sendall(message.serialise(serial))
        except OSError as error:
            raise BusGone(str(error)) from error
        return serial

    def call(self, message: Message, then: Callable[[Message], None]) -> None:
        """Of a unique name or the bus itself. `then` is told the answer, which may be an error, when it has come."""
        self._awaited[self.send(message), message.header.fields[HeaderFields.destination]] = then

    def read(self) -> Iterator[Message]:
        """Calls and signals, once `select` says that there is something. Answers go to who asked for them."""
        try:
            data = self._socket.recv(_READ_BYTES)
            if not data:
                raise BusGone("the bus has closed the connection")
            for one in self._frames.feed(data):
                if isinstance(one, Unread):
                    self._refuse(one)
                elif not self._pass_answer(one):
                    yield one
        except (OSError, BadStream) as error:
            raise BusGone(str(error)) from error

    def answer(self, call: Message, answer: Message) -> None:
        """Unless the caller wants none."""
        if not call.header.flags & MessageFlag.no_reply_expected:
            self.send(answer)

    def close(self) -> None:
        """Go from the bus; the names that we had are free."""
        self._socket.close()

    def _refuse(self, unread: Unread) -> None:
        log.debug("on the bus: %s", unread.why)
        message = unread.message
        if message.header.message_type is MessageType.method_call:
            self.answer(message, new_error(message, INVALID_ARGS, "s", (unread.why,)))

    def _pass_answer(self, message: Message) -> bool:
        if message.header.message_type not in (MessageType.method_return, MessageType.error):
            return False
        fields = message.header.fields
        serial, sender = fields.get(HeaderFields.reply_serial, 0), fields.get(HeaderFields.sender, "")
        then = self._awaited.pop((serial, sender), None)
        if then is not None:
            then(message)
        return True
