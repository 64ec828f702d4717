"""Has a status item shown: registers it with the StatusNotifierWatcher, whenever one comes.

A panel is watcher and host in one, or a service watches while panels come and go. Both may come after us, as at the
start of a session, and begin anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Properties, new_method_call
from jeepney.bus_messages import MatchRule, message_bus

from pc_client.receiver.tray.bus import Bus

log = logging.getLogger(__name__)

NAME = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierWatcher"
_HOST_SIGNALS = ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered")


class Watcher:
    """`tell` hears whether the item is shown, each time that this changes; at first it is not."""

    def __init__(self, bus: Bus, item: str, tell: Callable[[bool], None]) -> None:
        self._bus = bus
        self._item = item
        self._tell = tell
        self._owner = ""
        self._shown = False
        self.refused = False
        """It did not take the item, perhaps because it is still beginning: to be asked again."""

    def begin(self) -> None:
        """Listens before it looks, so that none is missed."""
        owners = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
        owners.add_arg_condition(0, NAME)
        for rule in (owners, *(MatchRule(type="signal", sender=NAME, member=one) for one in _HOST_SIGNALS)):
            self._bus.call(message_bus.AddMatch(rule), lambda _: None)
        self._bus.call(message_bus.GetNameOwner(NAME), self._note_first)

    def hear(self, signal: Message) -> None:
        """Any signal that comes."""
        fields = signal.header.fields
        member, sender = fields.get(HeaderFields.member), fields.get(HeaderFields.sender)
        if sender == message_bus.bus_name and member == "NameOwnerChanged" and signal.body[0] == NAME:
            self._note_owner(signal.body[2])
        elif sender == self._owner and member in _HOST_SIGNALS:
            self._ask_for_hosts()

    def register(self) -> None:
        """Ask the watcher that is there now, and is known by its own name, to have the item shown."""
        self.refused = False
        owner = self._owner
        ask = new_method_call(self._address(), "RegisterStatusNotifierItem", "s", (self._item,))
        self._bus.call(ask, lambda answer: self._note_answer(owner, answer))

    def _note_first(self, answer: Message) -> None:
        if answer.header.message_type is MessageType.method_return:
            self._note_owner(answer.body[0])
        else:
            log.info("no panel shows status items yet; the icon comes with it")

    def _note_owner(self, owner: str) -> None:
        if owner == self._owner:
            return
        self._owner = owner
        self.refused = False
        self._note_shown(False)
        if owner:
            self.register()

    def _note_answer(self, owner: str, answer: Message) -> None:
        if owner != self._owner:
            return
        if answer.header.message_type is MessageType.error:
            log.info("the icon is not taken: %s", answer.body)
            self.refused = True
            return
        self._ask_for_hosts()

    def _ask_for_hosts(self) -> None:
        """A watcher without a panel takes items that nobody sees."""
        owner = self._owner
        ask = Properties(self._address()).get("IsStatusNotifierHostRegistered")
        self._bus.call(ask, lambda answer: self._note_hosts(owner, answer))

    def _note_hosts(self, owner: str, answer: Message) -> None:
        """One that does not know it has taken the item, and is trusted to show it."""
        if owner == self._owner:
            failed = answer.header.message_type is MessageType.error
            self._note_shown(failed or answer.body == (("b", True),))

    def _note_shown(self, shown: bool) -> None:
        if shown is not self._shown:
            self._shown = shown
            log.info("the icon is %s", "shown by a panel" if shown else "shown by no panel")
            self._tell(shown)

    def _address(self) -> DBusAddress:
        return DBusAddress(_PATH, self._owner, NAME)
