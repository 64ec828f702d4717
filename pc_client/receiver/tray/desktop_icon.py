"""The icon on Linux: a status item where a panel shows it, else an icon of the X server, never both for long."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from pc_client.receiver.tray.bus import NoBus
from pc_client.receiver.tray.look import Look
from pc_client.receiver.tray.menu import Entry
from pc_client.receiver.tray.status_item import StatusItem
from pc_client.receiver.tray.x_icon import XTrayIcon

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 3.0  # a panel that begins anew, or with the session, is not there for a moment
_AGAIN_SECONDS, _LONGEST_SECONDS = 5.0, 600.0


class DesktopIcon:
    """A click does what the first entry does. The icon of the X server has no menu."""

    def __init__(self, program: str, look: Look, entries: Sequence[Entry]) -> None:
        self._program = program
        self._entries = entries
        self._look = look
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._item: StatusItem | None = None
        self._stand_in: XTrayIcon | None = None
        self._thread: threading.Thread | None = None

    def show(self, look: Look) -> None:
        """From any thread: look like this from now on."""
        with self._lock:
            self._look = look
            for icon in self._list_icons():
                icon.orders.show(look)

    def end(self) -> None:
        """From any thread: `run` takes the icon away and returns."""
        with self._lock:
            self._ended.set()
            for icon in self._list_icons():
                icon.orders.end()

    def run(self) -> None:
        """Until `end`; where there never was a session's bus, as long as there is an X server. A bus may come back."""
        item = self._join_bus()
        self._stand_in_for_panel(0.0 if item is None else _PATIENCE_SECONDS)
        while item is not None:
            item.run(self._note_shown)
            self._stand_in_for_panel(0.0)
            item = self._join_bus_again()
        if self._thread is not None:
            self._thread.join()

    def _join_bus_again(self) -> StatusItem | None:
        pause = _AGAIN_SECONDS
        while not self._ended.wait(pause):
            if (item := self._join_bus()) is not None:
                return item
            pause = min(2 * pause, _LONGEST_SECONDS)
        return None

    def _list_icons(self) -> list[StatusItem | XTrayIcon]:
        return [icon for icon in (self._item, self._stand_in) if icon is not None]

    def _join_bus(self) -> StatusItem | None:
        try:
            item = StatusItem(self._program, self._look, self._entries)
        except NoBus as error:
            log.info("no status item: %s", error)
            return None
        with self._lock:
            self._item = item
            item.orders.show(self._look)
            if self._ended.is_set():
                item.orders.end()
        return item

    def _note_shown(self, shown: bool) -> None:
        """A panel shows the item, or none does any more."""
        if not shown:
            self._stand_in_for_panel(_PATIENCE_SECONDS)
            return
        with self._lock:
            stand_in, self._stand_in = self._stand_in, None
            if stand_in is not None:
                stand_in.orders.end()

    def _stand_in_for_panel(self, patience: float) -> None:
        """An icon of the X server, after so many seconds."""
        act = self._entries[0].act
        with self._lock:
            if self._ended.is_set() or self._stand_in is not None or act is None:
                return
            self._stand_in = XTrayIcon(self._program, self._look, act)
            self._thread = threading.Thread(target=self._stand_in.run, args=(patience,), name="tray-x", daemon=True)
            self._thread.start()
