"""Where renditions lie, and the lock that makes each of them once on a machine (SPEC N2).

    RENDITION_DIR/DOCUMENTS/CLASS.PAGES.SIZE.EXT     a rendition that is whole; its name says how large it must be
    RENDITION_DIR/DOCUMENTS/CLASS.refused            why these documents cannot be had in this class: not tried again
    RENDITION_DIR/DOCUMENTS/CLASS.lock               held (flock) by who is making it
    RENDITION_DIR/DOCUMENTS/CLASS.RANDOM.part        being made; swept by the next who holds the lock. What could be
                                                     read while it grew keeps this as a second name when it is whole

DOCUMENTS and CLASS are hashes of the documents' digests in order, and of the class's key. A file gets its final name
after fsync, so that no end of a process at any instant leaves a rendition that is not whole.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distserver.errors import DocumentRefused, NoSpace, StoreUnavailable
from distserver.model.states import Reason

_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/pwg-raster": "pwg",
    "image/urf": "urf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff; application=faxbw": "tif",
}
_NAME_LENGTH = 32


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A rendition in the cache: its file, pages and bytes."""

    path: Path
    pages: int
    size: int


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """The place of one rendition, made or not."""

    folder: Path
    name: str
    extension: str

    def find(self) -> CachedFile | None:
        """The rendition if it is there and as large as its name says; one that is not is taken away.

        Raises `DocumentRefused` when an earlier conversion ended so: a hostile file costs its time once, not once for
        each destination.
        """
        with map_disk_errors():
            if not self.folder.is_dir():
                return None
            self._raise_refusal()
            for path in self.folder.glob(f"{self.name}.*.{self.extension}"):
                pages, size = _read_name(path)
                if 0 < size == path.stat().st_size:
                    return CachedFile(path, pages, size)
                path.unlink(missing_ok=True)
            return None

    def keep_refusal(self, refusal: DocumentRefused) -> None:
        """Remember why it cannot be made. Only for the holder of the lock. Other parts stay: they may be read yet."""
        with map_disk_errors():
            part = self._name_part()
            part.write_text(f"{refusal.reason}\n{refusal}", "utf-8")
            part.rename(self.folder / f"{self.name}.refused")

    def _raise_refusal(self) -> None:
        try:
            reason, _, message = (self.folder / f"{self.name}.refused").read_text("utf-8").partition("\n")
        except FileNotFoundError:
            return
        raise DocumentRefused(message, Reason(reason))

    def try_lock(self) -> int | None:
        """A descriptor that holds the lock until it is closed, or None while somebody else holds it."""
        with map_disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{self.name}.lock"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_ino == path.stat().st_ino:
                    return descriptor
            except (BlockingIOError, FileNotFoundError):
                pass  # held, or taken away by a discard between the two calls: try again
            os.close(descriptor)
            return None

    def open_part(self) -> Path:
        """A new name to write to. Only for the holder of the lock: what a dead one left is removed."""
        with map_disk_errors():
            for left in self.folder.glob(f"{self.name}.*.part"):
                left.unlink(missing_ok=True)
            return self._name_part()

    def _name_part(self) -> Path:
        return self.folder / f"{self.name}.{secrets.token_hex(6)}.part"

    def keep(self, part: Path, pages: int, *, both: bool = False) -> CachedFile:
        """Give a finished, synced part its final name, durably; `both`: it keeps its old one too, for those who know it
        by that. Only for the holder of the lock."""
        with map_disk_errors():
            size = part.stat().st_size
            if size == 0:
                raise StoreUnavailable("the converter wrote an empty file")
            path = self.folder / f"{self.name}.{pages}.{size}.{self.extension}"
            if both:
                path.hardlink_to(part)
            else:
                part.rename(path)
            directory = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
            return CachedFile(path, pages, size)


def locate(rendition_dir: Path, digests: Sequence[str], key: str, media_type: str) -> CacheEntry:
    """The entry of these documents, in this order, for the class of this key."""
    return CacheEntry(_folder(rendition_dir, digests), _hash(key), _EXTENSIONS.get(media_type, "bin"))


def discard(rendition_dir: Path, digests: Sequence[str]) -> None:
    """Remove all renditions of these documents in this order; there may be none."""
    with map_disk_errors():
        shutil.rmtree(_folder(rendition_dir, digests), ignore_errors=True)


@contextmanager
def map_disk_errors() -> Iterator[None]:
    """Raise our own errors for those of the file system."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace("the disk is full: free space on it, then try again") from error
        raise StoreUnavailable(f"the folder of renditions cannot be used: {error}") from error


def _folder(rendition_dir: Path, digests: Sequence[str]) -> Path:
    return rendition_dir / _hash("+".join(digests))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_NAME_LENGTH]


def _read_name(path: Path) -> tuple[int, int]:
    """(pages, size) of a file name; zeros when it is none of ours."""
    parts = path.name.split(".")
    try:
        return int(parts[1]), int(parts[2])
    except (IndexError, ValueError):
        return 0, 0
