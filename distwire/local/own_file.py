"""Files of a client in its home: written as a whole, and for nobody else's eyes unless their owner let others in."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OWNER_ALONE = 0o600
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)  # Windows has neither


def write_own_file(path: Path, data: bytes, *, keep_mode: bool = False) -> None:
    """Put a file in place of the one before; it is on the disk when this returns. It has mode 0600, with `keep_mode`
    that of the one before. Raises OSError, and leaves the old one then."""
    mode = stat.S_IMODE(path.stat().st_mode) if keep_mode and path.exists() else _OWNER_ALONE
    with _written(path, data, mode) as made:
        made.replace(path)
        sync_folder(path.parent)


def make_own_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 unless there is one: of two that do this at once, one wins. Raises OSError."""
    with _written(path, data, _OWNER_ALONE) as made:
        try:
            path.hardlink_to(made)
        except FileExistsError:
            return
        sync_folder(path.parent)


@contextmanager
def _written(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A file beside its place, whole and on the disk; it is gone afterwards if it was not moved."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, _OWNER_ALONE)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            if os.name == "posix":
                os.fchmod(handle, mode)
            os.fsync(handle)
        yield made
    finally:
        made.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows writes them with the files. Raises OSError."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
