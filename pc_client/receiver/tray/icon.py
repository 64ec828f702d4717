"""The icon in the desktop's tray: open the inbox, be left alone, end (SPEC D14).

On Linux a status item of the session's bus or an icon of the X server, on Windows by pystray. A desktop without a tray
goes without.
"""

from __future__ import annotations

import logging
import os
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

from pc_client.receiver.tray.desktop_icon import DesktopIcon
from pc_client.receiver.tray.look import Look, draw_icon
from pc_client.receiver.tray.menu import Entry
from pc_client.receiver.tray.windows_icon import WindowsIcon
from pc_client.receiver.words import ENGLISH, Words

log = logging.getLogger(__name__)

_PROGRAM = "distserver-pc"
_LOOK_SECONDS = 5.0
_STOP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class TrayActs:
    """What the menu does; `unread` counts what nobody has read. Each may raise OSError."""

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
        self._icon: DesktopIcon | WindowsIcon | None = None
        self._seen = (0, False)
        self._ended = threading.Event()
        self._gone = threading.Event()

    def run(self) -> None:
        """Until `end`, or at once where there is no desktop for it."""
        look, entries = self._draw(), self._make_entries()
        try:
            self._icon = (WindowsIcon if os.name == "nt" else DesktopIcon)(_PROGRAM, look, entries)
        except Exception as error:  # noqa: BLE001 - pystray raises errors of its back ends' libraries
            log.info("no icon in the tray: %s", error)
            return
        threading.Thread(target=self._follow, args=(self._icon,), name="tray-follow", daemon=True).start()
        try:
            if not self._ended.is_set():
                self._icon.run()
        finally:
            self._gone.set()

    def end(self) -> None:
        """Take it away; a tray that hangs is not waited for long."""
        self._ended.set()
        if self._icon is not None:
            self._icon.end()
            self._gone.wait(_STOP_SECONDS)

    def _make_entries(self) -> list[Entry]:
        acts, words = self._acts, self._words
        return [
            Entry(words.open_inbox, _make_safe(acts.open_inbox)),
            Entry(words.quiet_hour, _make_safe(acts.toggle_quiet), self._is_quiet),
            Entry(),
            Entry(words.end, _make_safe(acts.end)),
        ]

    def _follow(self, icon: DesktopIcon | WindowsIcon) -> None:
        """The icon says whether something was not read, and its menu whether people are left alone."""
        while not self._ended.wait(_LOOK_SECONDS):
            before = self._seen
            try:
                self._seen = self._acts.unread(), self._acts.is_quiet()
            except OSError as error:
                log.warning("the icon in the tray stays as it is: %s", error)
            if self._seen != before:
                icon.show(self._draw())

    def _is_quiet(self) -> bool:
        """Now, for a menu that opens; where the disk does not say, as last seen."""
        try:
            return self._acts.is_quiet()
        except OSError as error:
            log.warning("it cannot be seen who is to be left alone: %s", error)
            return self._seen[1]

    def _draw(self) -> Look:
        unread = self._seen[0]
        return Look(draw_icon(unread), self._words.inbox(self._name, unread))


def _make_safe(act: Callable[[], None]) -> Callable[[], None]:
    """What fails is said, and may be tried again; it does not end the icon."""

    def do() -> None:
        try:
            act()
        except (OSError, webbrowser.Error) as error:
            log.warning("the icon in the tray: %s", error)

    return do
