"""The menu of the icon, as a panel asks for it (com.canonical.dbusmenu, version 3: libdbusmenu's dbus-menu.xml).

The panel draws it; what is chosen comes back as an event. There are no submenus: the root is 0, its entries 1 and on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pc_client.receiver.tray.exported import CallError, Interface, Method, Property, Values

PATH = "/MenuBar"
NAME = "com.canonical.dbusmenu"
_VERSION = 3
_REVISION = 1  # of the layout, which stays as it is
_ROOT = 0
_NODE = "(ia{sv}av)"
Properties = dict[str, tuple[str, object]]
Act = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """Without `act`: a line between others. With `is_checked`: it has a checkmark, or none."""

    label: str = ""
    act: Act | None = None
    is_checked: Callable[[], bool] | None = None


class Menu:
    """`order` is given what was chosen, to be done once the panel has its answer; `emit` sends a signal of the menu."""

    def __init__(
        self, entries: Sequence[Entry], order: Callable[[Act], None], emit: Callable[[str, Values], None]
    ) -> None:
        self._entries = dict(enumerate(entries, _ROOT + 1))
        self._order = order
        self._emit = emit
        self._told = self._describe_all()

    def refresh(self) -> bool:
        """Tell the panel of checkmarks that have changed; whether there were any."""
        now = self._describe_all()
        changed = [
            (number, dict(one.items() - self._told[number].items()))
            for number, one in now.items()
            if one != self._told[number]
        ]
        self._told = now
        if changed:
            self._emit("ItemsPropertiesUpdated", (changed, []))
        return bool(changed)

    def make_interface(self) -> Interface:
        """As it stands on the bus."""
        methods = {
            "GetLayout": Method(self._get_layout, ("i", "i", "as"), ("u", _NODE)),
            "GetGroupProperties": Method(self._get_group, ("ai", "as"), ("a(ia{sv})",)),
            "GetProperty": Method(self._get_property, ("i", "s"), ("v",)),
            "Event": Method(self._take_event, ("i", "s", "v", "u")),
            "EventGroup": Method(self._take_events, ("a(isvu)",), ("ai",)),
            "AboutToShow": Method(self._prepare, ("i",), ("b",)),
            "AboutToShowGroup": Method(self._prepare_group, ("ai",), ("ai", "ai")),
        }
        properties = {
            "Version": Property("u", lambda: _VERSION),
            "TextDirection": Property("s", lambda: "ltr"),
            "Status": Property("s", lambda: "normal"),
            "IconThemePath": Property("as", list),
        }
        return Interface(NAME, methods, properties, SIGNALS)

    def _describe_all(self) -> dict[int, Properties]:
        return {number: self._describe(number) for number in (_ROOT, *self._entries)}

    def _describe(self, number: int) -> Properties:
        """What is not said has its default: enabled, visible, a plain entry."""
        if number == _ROOT:
            return {"children-display": ("s", "submenu")}
        if number not in self._entries:
            raise CallError(f"no entry {number}")
        entry = self._entries[number]
        if entry.act is None:
            return {"type": ("s", "separator")}
        described: Properties = {"label": ("s", entry.label.replace("_", "__"))}  # a single one marks a key
        if entry.is_checked is not None:
            described |= {"toggle-type": ("s", "checkmark"), "toggle-state": ("i", int(entry.is_checked()))}
        return described

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> Values:
        below = self._entries if parent == _ROOT and depth != 0 else ()
        children: list[object] = [(_NODE, (number, self._select(number, names), [])) for number in below]
        return _REVISION, (parent, self._select(parent, names), children)

    def _get_group(self, numbers: list[int], names: list[str]) -> Values:
        asked = numbers or [_ROOT, *self._entries]
        return ([(one, self._select(one, names)) for one in asked if self._has(one)],)

    def _get_property(self, number: int, name: str) -> Values:
        described = self._describe(number)
        if name not in described:
            raise CallError(f"entry {number} says nothing of {name}")
        return (described[name],)

    def _take_event(self, number: int, event: str, _data: object, _time: int) -> Values:
        self._describe(number)
        entry = self._entries.get(number)
        if event == "clicked" and entry is not None and entry.act is not None:
            self._order(entry.act)
        return ()

    def _take_events(self, events: list[tuple[int, str, object, int]]) -> Values:
        unknown = [event[0] for event in events if not self._has(event[0])]
        if unknown and len(unknown) == len(events):
            raise CallError(f"no entries {unknown}")
        for event in events:
            if self._has(event[0]):
                self._take_event(*event)
        return (unknown,)

    def _prepare(self, number: int) -> Values:
        self._describe(number)
        return (self.refresh(),)

    def _prepare_group(self, numbers: list[int]) -> Values:
        known = [one for one in numbers if self._has(one)]
        if numbers and not known:
            raise CallError(f"no entries {numbers}")
        return known if self.refresh() else [], [one for one in numbers if one not in known]

    def _select(self, number: int, names: list[str]) -> Properties:
        """Those that are asked for; all, where none is named."""
        return {name: value for name, value in self._describe(number).items() if not names or name in names}

    def _has(self, number: int) -> bool:
        return number == _ROOT or number in self._entries


SIGNALS = {
    "ItemsPropertiesUpdated": ("a(ia{sv})", "a(ias)"),
    "LayoutUpdated": ("u", "i"),
    "ItemActivationRequested": ("i", "u"),
}
