"""Files of a client in its home: written as a whole, and for nobody else's eyes unless their owner let others in."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ALONE, ALL_READ = 0o600, 0o644
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)  # Windows has neither


def write_own_file(
    path: Path, data: bytes, *, mode: int = OWNER_ALONE, keep_mode: bool = False, durable: bool = True
) -> None:
    """Put a file in place of the one before: a reader sees the old or the new one, never a part. `durable`: it is on
    the disk when this returns. `keep_mode`: it has the mode of the one before, if there is one. Raises OSError, and
    leaves the old one then."""
    mode = stat.S_IMODE(path.stat().st_mode) if keep_mode and path.exists() else mode
    with _written(path, data, mode, durable=durable) as made:
        made.replace(path)
        if durable:
            sync_folder(path.parent)


def remove_leavings(folder: Path, names: str) -> None:
    """Remove what a crash has left of writing files of these names (a pattern); for who alone writes them. Raises
    OSError."""
    for made in folder.glob(f".{names}.{'[0-9a-f]' * 16}"):
        made.unlink(missing_ok=True)


def make_own_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 unless there is one: of two that do this at once, one wins. Raises OSError."""
    with _written(path, data, OWNER_ALONE) as made:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
        sync_folder(path.parent)


@contextmanager
def _written(path: Path, data: bytes, mode: int, *, durable: bool = True) -> Iterator[Path]:
    """A file beside its place, whole; it is gone if the block does not end well."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, OWNER_ALONE)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            if os.name == "posix":
                os.fchmod(handle, mode)
            if durable:
                os.fsync(handle)
        yield made
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows writes them with the files. Raises OSError."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
