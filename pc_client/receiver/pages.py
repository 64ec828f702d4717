"""Pages of documents as pictures for the viewer, drawn by a fenced child: whatever a document does to it, it does it
there."""

from __future__ import annotations

import subprocess
import threading
from collections import OrderedDict
from pathlib import Path

from distwire.fence import make_command, make_environment
from pc_client.desktop.refusals import Refusal

_SECONDS = 60.0
_KEPT = 40


class NoPage(Refusal):
    """The page cannot be shown; the words say why."""


class PageDrawer:
    """Draws pages and keeps the last ones; for any number of threads, two pages at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_once = threading.Semaphore(2)
        self._kept: OrderedDict[tuple[str, int, int, int], bytes] = OrderedDict()

    def draw(self, path: Path, page: int, width: int, rotation: int) -> bytes:
        """A PNG. Raises `NoPage`."""
        key = (str(path), page, width, rotation)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with self._at_once:
            drawn = _draw(key)
        with self._lock:
            self._kept[key] = drawn
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return drawn


def _draw(key: tuple[str, int, int, int]) -> bytes:
    command = make_command("pc_client.receiver.page_child", *map(str, key))
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=make_environment(), check=False)
    except subprocess.TimeoutExpired as error:
        raise NoPage("the page takes too long to draw", "page-not-drawn") from error
    if done.returncode == 2:
        raise NoPage("the document has no such page", "no-such-page")
    if done.returncode != 0 or not done.stdout:
        raise NoPage("the page cannot be drawn: save the document and open it elsewhere", "page-not-drawn")
    return done.stdout
