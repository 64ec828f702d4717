"""A watched folder as feeder: a device that scans to a share, or a person who copies files there.

Files are taken in the order of their names. One that is still being written is waited for: it has to stay as it is for
a while and to be whole. What was taken moves to `done`, what cannot be read to `refused`; no file is ever overwritten.
"""

from __future__ import annotations

import itertools
import os
import stat
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from distwire.scan.contract import Capabilities, Color, RawPage, Resolutions, ScanOrder, Source, SourceAbility
from distwire.scan.faults import BrokenAnswer, Fault, FeedFault, LimitExceeded, SettingRefused
from distwire.scan.page_file import open_page, store_piece
from distwire.scan.whole_file import ITSELF, is_whole

SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg", ".png", ".pdf")
DONE, REFUSED = "done", "refused"
_ANY_SIZE = (500_000, 500_000)
_PIECE = 1 << 20
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class FolderPatience:
    """Seconds: a file is settled when nothing changed for `settle`; an unfinished one is refused after `unfinished`."""

    settle: float = 2.0
    poll: float = 0.25
    unfinished: float = 60.0


@dataclass(frozen=True, slots=True)
class _Shape:
    """What changes when a file is written to, or replaced."""

    inode: int
    size: int
    changed: int


class FolderFeeder:
    """One folder. Pictures are as their files say; pages of a PDF are drawn in the resolution that was asked for."""

    def __init__(self, folder: Path, patience: FolderPatience | None = None) -> None:
        self._folder = folder
        self._patience = patience or FolderPatience()

    @property
    def uri(self) -> str:
        """`folder:PATH`."""
        return f"folder:{self._folder}"

    def describe(self) -> Capabilities:
        """A feeder that takes everything."""
        if not self._folder.is_dir():
            raise SettingRefused(f"{self._folder} is no folder: make it, or name another one")
        ability = SourceAbility(Source.ADF, tuple(Color), Resolutions((), 1, 10_000), _ANY_SIZE, duplex=True)
        return Capabilities(self.uri, self._folder.name, (ability,))

    def sense_source(self, _capabilities: Capabilities) -> Source:
        """The feeder."""
        return Source.ADF

    def scan(self, order: ScanOrder) -> Generator[RawPage, None, None]:
        """Take file after file until none is left."""
        taken = False
        while names := self._list_names():
            page = self._take(self._folder / names[0], order)
            if page is not None:
                taken = True
                yield page
        if not taken:
            raise FeedFault(Fault.FEEDER_EMPTY)

    def _list_names(self) -> list[str]:
        """Files that may be pages. Hidden ones are somebody's that is not ready; links could lead anywhere."""
        try:
            with os.scandir(self._folder) as entries:
                names = [one.name for one in entries if one.is_file(follow_symlinks=False)]
        except OSError as error:
            raise BrokenAnswer(f"{self._folder} cannot be read: {error.strerror}") from error
        return sorted(name for name in names if name[:1] not in ".~" and name.lower().endswith(SUFFIXES))

    def _take(self, path: Path, order: ScanOrder) -> RawPage | None:
        """Copy a settled file to the order's folder, then move it to `done`; None when somebody else has taken it."""
        while True:
            shape = self._await_settled(path, order)
            if shape is None:
                return None
            if shape.size > order.limits.page_octets:
                moved = self._set_aside(path)
                raise LimitExceeded(f"{path.name} is larger than {order.limits.page_octets >> 20} MB: it is in {moved}")
            target = order.folder / f"folder-{next(_numbers)}{path.suffix.lower()}"
            try:
                _copy(path, target)
                if _measure(path) == shape:
                    _move(path, self._folder / DONE)
                    return RawPage(target, order.job.resolution if target.suffix == ".pdf" else None)
            except FileNotFoundError:
                target.unlink(missing_ok=True)
                return None
            except OSError as error:
                raise BrokenAnswer(f"{path} cannot be taken: {error.strerror or error}") from error
            target.unlink(missing_ok=True)  # written to while it was copied

    def _await_settled(self, path: Path, order: ScanOrder) -> _Shape | None:
        """Wait until the file stays as it is and is whole; None when it has gone. Raises `BrokenAnswer` for one that
        nobody finishes."""
        patience, seen, since = self._patience, _measure(path), time.monotonic()
        while True:
            now = time.monotonic()
            if seen is None or (now - since >= patience.settle and is_whole(path)):
                return seen
            if now - since >= patience.unfinished:
                moved = self._set_aside(path)
                raise BrokenAnswer(f"{path.name} is no whole picture, and nobody writes to it: it is in {moved}")
            order.wait(patience.poll)
            shape = _measure(path)
            if shape != seen:
                seen, since = shape, time.monotonic()

    def _set_aside(self, path: Path) -> Path:
        """Move a file that cannot be taken to `refused`; where it is then, even if that does not go."""
        try:
            return _move(path, self._folder / REFUSED)
        except OSError:
            return path


def _measure(path: Path) -> _Shape | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return _Shape(found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _copy(path: Path, target: Path) -> None:
    """Into a new file that is on disk afterwards; a link that has taken the file's place is not followed."""
    descriptor = os.open(path, os.O_RDONLY | ITSELF)
    with os.fdopen(descriptor, "rb") as source, open_page(target) as file:
        while piece := source.read(_PIECE):
            store_piece(file, piece)
        os.fsync(file.fileno())


def _move(path: Path, folder: Path) -> Path:
    """Move a file under a name that nobody has there: an empty file of ours holds the name until it is replaced."""
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        target = folder / (path.name if number == 1 else f"{path.stem}-{number}{path.suffix}")
        try:
            target.open("x").close()
        except FileExistsError:
            continue
        try:
            return path.replace(target)
        except OSError:
            target.unlink()  # it held the name only
            raise
    raise AssertionError
