"""A watched folder: what is laid into it is sent, and lies in `sent` or `refused` afterwards."""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from distwire.local.ending import Ending
from distwire.scan.whole_file import ITSELF, is_whole
from pc_client.sending.order import Order, derive_key, make_readable
from pc_client.sending.outbox import Outbox

log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_UNFINISHED_SECONDS = 60.0
_UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".new")


@dataclass(slots=True)
class WatchedFolder:
    """`make_order` makes the order of a file, under a key. A file is taken once it has not changed between two looks;
    its key is of what it is, so that a program that ends between two steps sends it once all the same."""

    folder: Path
    outbox: Outbox
    make_order: Callable[[Path, str], Order]
    say: Callable[[str], None]
    _seen: dict[Path, tuple[tuple[int, int], float]] = field(default_factory=dict)
    """How each file looked, and since when (monotonic seconds: clocks are set, and a server's folder has its own)."""
    _troubled: dict[Path, str] = field(default_factory=dict)
    _unmoved: set[str] = field(default_factory=set)
    """Keys of what is kept, and lies there still."""

    @property
    def _name(self) -> str:
        return make_readable(str(self.folder.absolute()))

    def run(self, ending: Ending, wake: Callable[[], None]) -> None:
        """Until it is told to end. Raises OSError when the folder cannot be read."""
        while not ending.is_told:
            if self.take_all():
                wake()
            self.refuse_all()
            ending.wait(_LOOK_SECONDS)

    def take_all(self) -> int:
        """Keep as orders what has come to rest; how many."""
        now, found = time.monotonic(), dict[Path, tuple[tuple[int, int], float]]()
        settled: list[tuple[Path, tuple[int, int]]] = []
        for path in sorted(self.folder.iterdir()):
            if (look := _look_at(path)) is None:
                continue
            known, since = self._seen.get(path, (None, now))
            found[path] = (look, since if known == look else now)
            if known == look and _is_settled(path, look, now - since):
                settled.append((path, look))
        self._seen = found
        return sum(self._take(path, look) for path, look in settled)

    def _take(self, path: Path, look: tuple[int, int]) -> bool:
        """Whether it is kept now. One that cannot be read or moved does not stop the others; it is said once, and tried
        again with each look."""
        key, kept = derive_key("folder", path.absolute(), *look), False
        try:
            if key not in self._unmoved:
                self._keep(path, key)
                kept = True
                self._unmoved.add(key)
                self.say(f"{path.name}: taken")
            move_into(path, self.folder / "sent")
        except FileNotFoundError:  # whoever laid it there has taken it away again
            pass
        except OSError as error:
            words = f"{'stays where it is' if key in self._unmoved else 'not taken'}: {error.strerror or error}"
            if self._troubled.get(path) != words:
                self._troubled[path] = words
                self.say(f"{path.name}: {words}")
            return kept
        self._unmoved.discard(key)
        self._troubled.pop(path, None)
        return kept

    def _keep(self, path: Path, key: str) -> None:
        """As an order that has the name under which the file is to lie in `sent`: by that it is found when it is
        refused. Raises OSError, also where no file can be moved: it would be found again in the next session."""
        sent = self.folder / "sent"
        sent.mkdir(exist_ok=True)
        for folder in (self.folder, sent):
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, f"no file can be moved in the folder {folder.name}")
        told = {"name": find_place(path, sent).name, "folder": self._name}
        order = self.make_order(path, key).model_copy(update=told)
        self.outbox.put(order, path, opener=_open_itself)

    def refuse_all(self) -> None:
        """What the server does not take, whichever program of this account has tried it: perhaps one that has ended."""
        for order in self.outbox.list_orders():
            trouble = self.outbox.find_trouble(order.key)
            if trouble is not None and trouble.final:
                self.refuse(order, trouble.words)

    def refuse(self, order: Order, words: str) -> None:
        """The server does not take it: the file lies in `refused`, with why beside it. What the disk does not allow is
        said. Nothing where it came from elsewhere, whatever its name."""
        path = self.folder / "sent" / order.name
        if order.folder != self._name or not path.exists() or not self.outbox.drop(order.key):
            return
        try:
            target = move_into(path, self.folder / "refused")
            target.with_name(f"{target.name}.txt").write_text(f"{words}\n", encoding="utf-8")
        except OSError as error:
            self.say(f"{order.name}: refused, and not laid apart with why: {error.strerror or error}")


def _look_at(path: Path) -> tuple[int, int] | None:
    """Size and time of a file that may be taken. Links are none: whoever may write the folder must not have files sent
    that only this account may read."""
    if path.name.startswith(".") or path.suffix.lower() in _UNFINISHED:
        return None
    try:
        found = path.lstat()
    except OSError:  # it was taken away just now
        return None
    return (found.st_size, found.st_ctime_ns) if stat.S_ISREG(found.st_mode) else None


def _is_settled(path: Path, look: tuple[int, int], rested: float) -> bool:
    """There is something in it, and its end is there too; what nobody goes on with is no better later."""
    return look[0] > 0 and (is_whole(path, _open_itself) or rested > _UNFINISHED_SECONDS)


def _open_itself(path: str, flags: int) -> int:
    """Not what was put in its place: a link, or a pipe, whose other end is not waited for. Raises OSError."""
    handle = os.open(path, flags | ITSELF)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file any more")
    return handle


def move_into(path: Path, folder: Path) -> Path:
    """Move a file into a folder, beside those of the same name. Raises OSError."""
    folder.mkdir(exist_ok=True)
    return path.rename(find_place(path, folder))


def find_place(path: Path, folder: Path) -> Path:
    """Where a file goes in a folder, beside those of the same name; its own is such that an order may have it."""
    named = Path(make_readable(path.name))
    target, number = folder / named, 1
    while target.exists():
        number += 1
        target = folder / f"{named.stem} ({number}){named.suffix}"
    return target
