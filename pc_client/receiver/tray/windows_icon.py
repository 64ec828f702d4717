"""The icon in the notification area of Windows, by pystray."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from pc_client.receiver.tray.look import Look
from pc_client.receiver.tray.menu import Entry


class WindowsIcon:
    """A picture with a menu; a click does what its first entry does."""

    def __init__(self, program: str, look: Look, entries: Sequence[Entry]) -> None:
        import pystray  # only Windows has it

        items = [_make_item(pystray, entry, default=number == 0) for number, entry in enumerate(entries)]
        self._icon: Any = pystray.Icon(program, look.image, look.title, pystray.Menu(*items))

    def show(self, look: Look) -> None:
        """From any thread: look like this from now on."""
        self._icon.icon, self._icon.title = look.image, look.title
        self._icon.update_menu()  # its checkmark, too

    def run(self) -> None:
        """Until `end`."""
        self._icon.run()

    def end(self) -> None:
        """Whoever asks may hang: in a thread of its own."""
        threading.Thread(target=self._icon.stop, name="tray-stop", daemon=True).start()


def _make_item(pystray: Any, entry: Entry, *, default: bool) -> Any:
    if entry.act is None:
        return pystray.Menu.SEPARATOR
    act, is_checked = entry.act, entry.is_checked
    checked = None if is_checked is None else lambda _: is_checked()
    return pystray.MenuItem(entry.label, lambda: act(), checked=checked, default=default)  # noqa: PLW0108 - it counts parameters
