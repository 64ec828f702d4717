"""A watched folder: what is laid into it is sent, and lies in `sent` or `refused` afterwards."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pc_client.sending.order import Order, derive_key
from pc_client.sending.outbox import Outbox

log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".new")


@dataclass(slots=True)
class WatchedFolder:
    """`make_order` makes the order of a file, under a key. A file is taken once it has not changed between two looks;
    its key is of what it is, so that a program that ends between two steps sends it once all the same."""

    folder: Path
    outbox: Outbox
    make_order: Callable[[Path, str], Order]
    say: Callable[[str], None]
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _troubled: dict[Path, str] = field(default_factory=dict)

    def run(self, ended: threading.Event, wake: Callable[[], None]) -> None:
        """Until `ended`. Raises OSError when the folder cannot be read."""
        while not ended.is_set():
            if self.take_all():
                wake()
            ended.wait(_LOOK_SECONDS)

    def take_all(self) -> int:
        """Keep as orders what has come to rest; how many."""
        now = self._look()
        settled = [path for path, look in now.items() if self._seen.get(path) == look and look[0]]
        self._seen = now
        return sum(self._take(path, now[path]) for path in settled)

    def _look(self) -> dict[Path, tuple[int, int]]:
        """Size and time of change of each file."""
        names = [path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith(".")]
        found = {}
        for path in sorted(path for path in names if path.suffix.lower() not in _UNFINISHED):
            with contextlib.suppress(FileNotFoundError):  # taken away again in the meantime
                told = path.stat()
                found[path] = (told.st_size, told.st_ctime_ns)
        return found

    def _take(self, path: Path, look: tuple[int, int]) -> bool:
        """Whether it is kept. One that cannot be read or moved does not stop the others; it is said once, and tried
        again with each look."""
        key = derive_key("folder", path.absolute(), *look)
        try:
            self.outbox.put(self.make_order(path, key), path)
            move_into(path, self.folder / "sent")
        except OSError as error:
            words = error.strerror or str(error)
            if self._troubled.get(path) != words:
                self._troubled[path] = words
                self.say(f"{path.name}: not taken: {words}")
            return False
        self._troubled.pop(path, None)
        self.say(f"{path.name}: taken")
        return True

    def refuse(self, order: Order, words: str) -> None:
        """The server does not take it: the file lies in `refused`, with why beside it."""
        path = self.folder / "sent" / order.name
        if path.exists() and self.outbox.drop(order.key):
            target = move_into(path, self.folder / "refused")
            target.with_name(f"{target.name}.txt").write_text(f"{words}\n", encoding="utf-8")


def move_into(path: Path, folder: Path) -> Path:
    """Move a file into a folder, beside those of the same name. Raises OSError."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem} ({number}){path.suffix}"
    return path.rename(target)
