"""The icon as a StatusNotifierItem on the session's bus, for panels of today's desktops, under X and under Wayland.

The interface is KDE's (knotifications' kf5_org.kde.StatusNotifierItem.xml), which all panels speak; freedesktop.org's
draft describes it. One thread alone speaks; others leave their orders and wake it.
"""

from __future__ import annotations

import logging
import os
import select
from collections import deque
from collections.abc import Callable, Sequence

from jeepney import DBusAddress, Message, MessageType, new_signal
from jeepney.bus_messages import message_bus
from PIL import Image

from pc_client.receiver.tray import menu
from pc_client.receiver.tray.bus import Bus, BusGone
from pc_client.receiver.tray.exported import Exported, Interface, Method, Property, Values
from pc_client.receiver.tray.look import Look, Orders
from pc_client.receiver.tray.watcher import Watcher

log = logging.getLogger(__name__)

PATH = "/StatusNotifierItem"
NAME = "org.kde.StatusNotifierItem"
_PIXELS = (22, 32, 64)
_AGAIN_SECONDS = 2.0
_SIGNALS: dict[str, tuple[str, ...]] = {"NewTitle": (), "NewIcon": (), "NewToolTip": (), "NewStatus": ("s",)}
Pixmaps = list[tuple[int, int, bytes]]


class StatusItem:
    """A picture that can be clicked, with a menu; the first entry is what a click does. Raises `NoBus`."""

    def __init__(self, program: str, look: Look, entries: Sequence[menu.Entry]) -> None:
        self._program = program
        self._bus = Bus()
        self.orders = Orders(look)
        self._acts: deque[menu.Act] = deque()
        self._menu = menu.Menu(entries, self._acts.append, self._emit_of_menu)
        self._click = entries[0].act
        self._pixmaps = make_pixmaps(look.image)
        self._exported = Exported({PATH: [self._make_interface()], menu.PATH: [self._menu.make_interface()]})

    def run(self, tell_shown: Callable[[bool], None]) -> None:
        """Until it is to end, or until the bus goes; `tell_shown` hears whether a panel shows it, when this changes."""
        name = f"{NAME}-{os.getpid()}-1"
        watcher = Watcher(self._bus, name, tell_shown)
        try:
            self._bus.begin()
            self._bus.call(message_bus.RequestName(name), lambda _: None)
            watcher.begin()
            while not self.orders.ended.is_set():
                self._go_round(watcher)
        except BusGone as error:
            log.info("the icon in the tray is gone: %s", error)
        finally:
            self._bus.close()
            self.orders.close()

    def _go_round(self, watcher: Watcher) -> None:
        wait = _AGAIN_SECONDS if watcher.refused else None
        sources: list[Bus | Orders] = [self._bus, self.orders]
        readable, _, _ = select.select(sources, [], [], wait)
        if self._bus in readable:
            for message in self._bus.read():
                self._hear(message, watcher)
        if self.orders in readable:
            self._show_change()
        if not readable:
            watcher.register()
        self._do_all()

    def _hear(self, message: Message, watcher: Watcher) -> None:
        if message.header.message_type is MessageType.method_call:
            self._bus.answer(message, self._exported.answer(message))
        else:
            watcher.hear(message)

    def _do_all(self) -> None:
        """What was chosen, after whoever told so has the answer; it may change a checkmark."""
        if self._acts:
            while self._acts:
                self._acts.popleft()()
            self._menu.refresh()

    def _show_change(self) -> None:
        if self.orders.take_change():
            self._pixmaps = make_pixmaps(self.orders.look.image)
            for signal in ("NewTitle", "NewIcon", "NewToolTip"):
                self._bus.send(new_signal(DBusAddress(PATH, interface=NAME), signal))
            self._menu.refresh()

    def _emit_of_menu(self, signal: str, values: Values) -> None:
        where = DBusAddress(menu.PATH, interface=menu.NAME)
        self._bus.send(new_signal(where, signal, "".join(menu.SIGNALS[signal]), values))

    def _make_interface(self) -> Interface:
        place = ("i", "i")
        methods = {
            "Activate": Method(self._activate, place),
            "SecondaryActivate": Method(_do_nothing, place),
            "ContextMenu": Method(_do_nothing, place),  # for panels that draw no menu: there is no other
            "Scroll": Method(_do_nothing, ("i", "s")),
        }
        return Interface(NAME, methods, self._make_properties(), _SIGNALS)

    def _make_properties(self) -> dict[str, Property]:
        """All of them, also those without a value: some panels ask for each."""
        return {
            "Category": _constant("s", "Communications"),
            "Id": _constant("s", self._program),
            "Title": Property("s", self._title),
            "Status": _constant("s", "Active"),
            "WindowId": _constant("i", 0),
            "IconName": _constant("s", ""),
            "IconPixmap": Property("a(iiay)", lambda: self._pixmaps),
            "IconAccessibleDesc": Property("s", self._title),  # GNOME's extension asks for it with each new picture
            "IconThemePath": _constant("s", ""),
            "OverlayIconName": _constant("s", ""),
            "OverlayIconPixmap": _constant("a(iiay)", []),
            "AttentionIconName": _constant("s", ""),
            "AttentionIconPixmap": _constant("a(iiay)", []),
            "AttentionAccessibleDesc": _constant("s", ""),
            "AttentionMovieName": _constant("s", ""),
            "ToolTip": Property("(sa(iiay)ss)", lambda: ("", [], self._title(), "")),
            "ItemIsMenu": _constant("b", False),
            "Menu": _constant("o", menu.PATH),
        }

    def _title(self) -> str:
        """The bus throws out who sends a NUL, or what is no Unicode."""
        return self.orders.look.title.replace("\0", "").encode("utf-8", "replace").decode()

    def _activate(self, _x: int, _y: int) -> Values:
        if self._click is not None:
            self._acts.append(self._click)
        return ()


def make_pixmaps(image: Image.Image) -> Pixmaps:
    """In several sizes: width, height, and the pixels as ARGB, a byte each, row by row."""
    made = []
    for pixels in _PIXELS:
        red, green, blue, alpha = image.resize((pixels, pixels), Image.Resampling.LANCZOS).split()
        made.append((pixels, pixels, Image.merge("RGBA", (alpha, red, green, blue)).tobytes()))
    return made


def _constant(signature: str, value: object) -> Property:
    return Property(signature, lambda: value)


def _do_nothing(*_values: object) -> Values:
    return ()
