"""A panel that speaks by hand: watcher and host of status items on a bus, whose every step a test decides."""

from __future__ import annotations

import time
from collections import deque
from itertools import count
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import MatchRule, message_bus
from jeepney.io.blocking import open_dbus_connection

from tests.support.patience import MOST_SECONDS

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
PATHS = {ITEM: "/StatusNotifierItem", MENU: "/MenuBar"}


class StatusPanel:
    """On the bus of this address. `item` is the name under which an item has registered."""

    def __init__(self, address: str) -> None:
        self.connection: Any = open_dbus_connection(address)
        self.item = ""
        self._kept: deque[Message] = deque()
        self._serials = count(1000)

    def begin(self) -> None:
        """Be the watcher, from now on."""
        self.connection.send_and_get_reply(message_bus.AddMatch(MatchRule(type="signal", interface=ITEM)))
        self.connection.send_and_get_reply(message_bus.AddMatch(MatchRule(type="signal", interface=MENU)))
        self.connection.send_and_get_reply(message_bus.RequestName(WATCHER))

    def take(self, member: str) -> Message:
        """The next call or signal of this name; others before it are passed by."""
        until = time.monotonic() + MOST_SECONDS
        while True:
            message = self._kept.popleft() if self._kept else self._receive(until)
            if message.header.fields.get(HeaderFields.member) == member:
                return message

    def take_item(self, *, hosts: bool = True) -> None:
        """An item registers, and asks whether anybody shows it."""
        call = self.take("RegisterStatusNotifierItem")
        self.item = call.body[0]
        self.answer(call)
        self.say_hosts(hosts=hosts)

    def say_hosts(self, *, hosts: bool) -> None:
        """The item asks whether anybody shows it."""
        self.answer(self.take("Get"), "v", (("b", hosts),))

    def answer(self, call: Message, signature: str | None = None, body: tuple[object, ...] = ()) -> None:
        self.connection.send(new_method_return(call, signature, body))

    def refuse(self, call: Message) -> None:
        self.connection.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "s", ("not yet",)))

    def signal(self, member: str) -> None:
        """Of the watcher."""
        self.connection.send(new_signal(DBusAddress("/StatusNotifierWatcher", interface=WATCHER), member))

    def get(self, name: str, interface: str = ITEM) -> tuple[str, Any]:
        """A property: its type and its value."""
        answer = self.ask(PROPERTIES, "Get", "ss", (interface, name), PATHS[interface])
        assert answer.header.message_type is MessageType.method_return, answer
        variant: tuple[str, Any] = answer.body[0]
        return variant

    def ask(
        self, interface: str, member: str, signature: str | None = None, body: tuple[object, ...] = (), path: str = ""
    ) -> Message:
        """What the item answers; what else comes in the meantime is kept."""
        where = DBusAddress(path or PATHS[interface], self.item, interface or None)
        return self.ask_message(new_method_call(where, member, signature, body))

    def ask_message(self, call: Message) -> Message:
        serial = next(self._serials)
        self.connection.send(call, serial=serial)
        return self.take_answer(serial)

    def take_answer(self, serial: int) -> Message:
        until = time.monotonic() + MOST_SECONDS
        while True:
            message = self._receive(until)
            if message.header.fields.get(HeaderFields.reply_serial) == serial:
                return message
            self._kept.append(message)

    def send_raw(self, raw: bytes) -> None:
        """Bytes of a message as no library would make them."""
        self.connection.sock.sendall(raw)

    def close(self) -> None:
        """Go from the bus."""
        self.connection.close()

    def _receive(self, until: float) -> Message:
        message: Message = self.connection.receive(timeout=until - time.monotonic())
        return message
