"""The icon in the desktop's tray: open the inbox, be left alone, end (SPEC D14).

By pystray where it knows a menu (the notification area on Windows, AppIndicator or GTK on Linux); on a plain X server
by `xtray`: an icon that can be clicked and has no menu. A desktop without a tray goes without.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from PIL import Image, ImageDraw

from pc_client.receiver.words import ENGLISH, Words
from pc_client.receiver.xtray import XTrayIcon

log = logging.getLogger(__name__)

_PROGRAM = "distserver-pc"
_SIZE = 64
_LOOK_SECONDS = 5.0
_STOP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class TrayActs:
    """What the menu does; `unread` counts what nobody has read."""

    open_inbox: Callable[[], None]
    toggle_quiet: Callable[[], None]
    is_quiet: Callable[[], bool]
    unread: Callable[[], int]
    end: Callable[[], None]


class Tray:
    """Runs in a thread of its own."""

    def __init__(self, name: str, acts: TrayActs, words: Words = ENGLISH) -> None:
        self._name = name
        self._words = words
        self._acts = acts
        self._icon: XTrayIcon | _MenuIcon | None = None
        self._ended = threading.Event()
        self._gone = threading.Event()

    def run(self) -> None:
        """Until `end`, or at once where there is no desktop for it."""
        try:
            import pystray  # asks for the display as it is imported

            image, title = draw_icon(0), self._make_title(0)
            if pystray.Icon.HAS_MENU:
                self._icon = _MenuIcon(pystray.Icon(_PROGRAM, image, title, self._make_menu(pystray)))
            else:
                self._icon = XTrayIcon(_PROGRAM, image, title, self._acts.open_inbox)
        except Exception as error:  # noqa: BLE001 - its back ends raise errors of their own libraries
            log.info("no icon in the tray: %s", error)
            return
        threading.Thread(target=self._follow, args=(self._icon,), name="tray-follow", daemon=True).start()
        try:
            self._icon.run()
        finally:
            self._gone.set()

    def end(self) -> None:
        """Take it away; a tray that hangs is not waited for long."""
        self._ended.set()
        if self._icon is not None:
            self._icon.end()
            self._gone.wait(_STOP_SECONDS)

    def _make_menu(self, pystray: ModuleType) -> Any:
        item, acts, words = pystray.MenuItem, self._acts, self._words
        return pystray.Menu(
            item(words.open_inbox, acts.open_inbox, default=True),
            item(words.quiet_hour, acts.toggle_quiet, checked=lambda _: acts.is_quiet()),
            item(words.end, acts.end),
        )

    def _follow(self, icon: XTrayIcon | _MenuIcon) -> None:
        """The icon says whether something was not read."""
        shown = 0
        while not self._ended.wait(_LOOK_SECONDS):
            unread = self._acts.unread()
            if unread != shown:
                shown = unread
                icon.show(draw_icon(unread), self._make_title(unread))

    def _make_title(self, unread: int) -> str:
        return self._words.inbox(self._name, unread)


class _MenuIcon:
    """pystray's icon, where the desktop knows menus."""

    def __init__(self, icon: Any) -> None:
        self._icon = icon

    def show(self, image: Image.Image, title: str) -> None:
        self._icon.icon, self._icon.title = image, title

    def run(self) -> None:
        self._icon.run()

    def end(self) -> None:
        """Whoever asks may hang: in a thread of its own."""
        threading.Thread(target=self._icon.stop, name="tray-stop", daemon=True).start()


def draw_icon(unread: int) -> Image.Image:
    """A tray of letters; with a dot when something was not read."""
    image = Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, _SIZE - 1, _SIZE - 1), 14, fill=(11, 90, 111))
    draw.polygon([(14, 36), (24, 36), (28, 42), (36, 42), (40, 36), (50, 36), (50, 50), (14, 50)], fill="white")
    draw.polygon([(20, 14), (44, 14), (50, 32), (38, 32), (34, 38), (30, 38), (26, 32), (14, 32)], fill="white")
    if unread:
        draw.ellipse((36, 2, 62, 28), fill=(200, 40, 30), outline="white", width=3)
    return image
