"""The modem at the near end: Class 1 (T.31) on a pseudo-terminal, which HylaFAX takes for a serial line."""

from __future__ import annotations

import ctypes
import os
import pty
import select
import time
import tty

from tests.support.telephone import spandsp
from tests.support.telephone.spandsp import CallEvent, Control, Samples, Spandsp
from tests.support.telephone.turn import Turn


class Modem:
    """`device` is the path of its terminal. `dialled` is a number that it was told to call, until somebody takes it;
    `answered` that it was told to take the call that rings; `hung_up` that it was told to end the call, of which
    HylaFAX hears only with `end_call`. `full`: it takes no more data before samples have gone out."""

    def __init__(self, library: Spandsp) -> None:
        self._library = library
        self._terminal, self._far_side = pty.openpty()
        tty.setraw(self._far_side)
        os.set_blocking(self._terminal, False)
        self.device = os.ttyname(self._far_side)
        self.turn = Turn()
        self.dialled: str | None = None
        self.answered = False
        self.hung_up = False
        self.full = False
        self._unsaid = b""
        self._handlers = (spandsp.TerminalWriter(self._write), spandsp.ModemControl(self._control))
        self._t31 = library.t31_init(None, self._handlers[0], None, self._handlers[1], None, None, None)
        library.t31_set_transmit_on_idle(self._t31, 1)

    def read(self) -> bool:
        """Take what HylaFAX has said; False when it has said nothing."""
        if self.full:
            return False
        try:
            data = os.read(self._terminal, 512)
        except (BlockingIOError, OSError):  # EIO: nobody has the terminal open
            return False
        self.turn.hear_terminal(data)
        self._library.t31_at_rx(self._t31, data, len(data))
        return True

    def wait(self, seconds: float) -> None:
        """Until HylaFAX says something, at most so long."""
        select.select([self._terminal], [], [], seconds)

    def tell(self, event: CallEvent) -> None:
        """Tell it what happened to its call."""
        self._library.t31_call_event(self._t31, event)

    def end_call(self) -> None:
        """Tell HylaFAX that it has hung up."""
        self.hung_up, said, self._unsaid = False, self._unsaid, b""
        self._say(said)

    def ring(self, *words: str) -> None:
        """One ring, and what the exchange tells of the call (`NMBR=…`)."""
        self.tell(CallEvent.ALERTING)
        for one in words:
            self._write(0, 0, ctypes.create_string_buffer(f"\r\n{one}\r\n".encode()), len(one) + 4)

    def speak(self, samples: Samples) -> None:
        """Its next 20 ms."""
        done = 0
        while done < spandsp.BLOCK:
            count = self._library.t31_tx(self._t31, spandsp.at_sample(samples, done), spandsp.BLOCK - done)
            if count <= 0:
                return
            done += count

    def hear(self, samples: Samples) -> None:
        """20 ms of the far end."""
        self._library.t31_rx(self._t31, spandsp.at_sample(samples, 0), spandsp.BLOCK)

    def _write(self, _state: int, _user: int, buffer: object, length: int) -> int:
        data = ctypes.string_at(buffer, length)  # type: ignore[arg-type]
        if self.hung_up:
            self._unsaid += data
        else:
            self._say(data)
        return length

    def _say(self, data: bytes) -> None:
        done = 0
        while done < len(data):
            try:
                done += os.write(self._terminal, data[done:])
            except BlockingIOError:
                time.sleep(0.0005)
        self.turn.hear_modem(data)

    def _control(self, _state: int, _user: int, operation: int, argument: int | None) -> int:
        if operation == Control.CALL and argument:
            self.dialled = ctypes.string_at(argument).decode()
        elif operation == Control.ANSWER:
            self.answered = True
        elif operation in (Control.HANG_UP, Control.ON_HOOK):
            self.hung_up = True
        elif operation == Control.CLEAR_TO_SEND:
            self.full = not argument
        return 0
