"""Who adds pages to which document just now: a lock on one octet of a file for each, which ends with its process."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from types import TracebackType

# struct flock of fcntl(2): type, whence, start, length, process. Locks of open files count between threads too.
_FLOCK = "hhqqi4x"


class WriterLock:
    """Held until it is let go, or its process dies."""

    def __init__(self, file: int) -> None:
        self._file = file

    def let_go(self) -> None:
        """End it; no error when it has ended."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def __enter__(self) -> WriterLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.let_go()


def take_lock(path: Path, image_id: int) -> WriterLock | None:
    """The lock of one document; None when somebody has it. Raises OSError."""
    file = _open(path)
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, _describe(image_id))
    except (BlockingIOError, PermissionError):
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return WriterLock(file)


def is_locked(path: Path, image_id: int) -> bool:
    """Whether somebody has the lock of a document; it is not taken for that, even for an instant. Raises OSError."""
    file = _open(path)
    try:
        kind: int = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_OFD_GETLK, _describe(image_id)))[0]
    finally:
        os.close(file)
    return kind != fcntl.F_UNLCK


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _describe(image_id: int) -> bytes:
    return struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, image_id, 1, 0)
