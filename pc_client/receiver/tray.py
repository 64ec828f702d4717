"""The icon in the desktop's tray: open the inbox, be left alone, end (SPEC D14).

By pystray: XEmbed on Linux, where the icon can be clicked and has no menu; the notification area on Windows. A desktop
without a tray goes without.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from pc_client.receiver.words import ENGLISH, Words

log = logging.getLogger(__name__)

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
        self._icon: Any = None
        self._plain = False
        self._ended = threading.Event()
        self._gone = threading.Event()

    def run(self) -> None:
        """Until `end`, or at once where there is no desktop for it."""
        try:
            import pystray  # asks for the display as it is imported
        except Exception as error:  # noqa: BLE001 - its back ends raise errors of their own libraries
            log.info("no icon in the tray: %s", error)
            return
        self._plain = not pystray.Icon.HAS_MENU  # XEmbed: an icon that can be clicked, and nothing else
        item, acts, words = pystray.MenuItem, self._acts, self._words
        menu = pystray.Menu(
            item(words.open_inbox, acts.open_inbox, default=True),
            item(words.quiet_hour, acts.toggle_quiet, checked=lambda _: acts.is_quiet()),
            item(words.end, acts.end),
        )
        self._icon = pystray.Icon("distserver-pc", draw_icon(0), self._make_title(0), menu)
        if self._plain:
            _hear_clicks(self._icon)
        threading.Thread(target=self._follow, name="tray-follow", daemon=True).start()
        self._icon.run()
        self._gone.set()

    def end(self) -> None:
        """Take it away. On a plain X server the icon's thread may miss that, and whoever asks may hang: the program
        waits for neither."""
        self._ended.set()
        if self._icon is not None:
            threading.Thread(target=self._icon.stop, name="tray-stop", daemon=True).start()
            self._gone.wait(_STOP_SECONDS)

    def _follow(self) -> None:
        """The icon says whether something was not read."""
        shown = 0
        while not self._ended.wait(_LOOK_SECONDS):
            unread = self._acts.unread()
            if unread != shown:
                shown = unread
                self._icon.icon = draw_icon(unread)
                self._icon.title = self._make_title(unread)

    def _make_title(self, unread: int) -> str:
        """What it says of itself. On a plain X server a title has Latin letters alone (ICCCM §2.7.1, STRING), and a
        name in others would be an error: they are shown as question marks there."""
        title = self._words.inbox(self._name, unread)
        return title.encode("latin-1", "replace").decode("latin-1") if self._plain else title


def _hear_clicks(icon: Any) -> None:
    """pystray 0.19 handles clicks on a plain X server, and does not ask the server for them."""
    from Xlib import X

    icon._window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)


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
