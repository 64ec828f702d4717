"""Room that is kept for the table, for what must be written although the disk is full, as that a document is erased."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

OCTETS = 2 << 20
_LOOK = 4096


class Ballast:
    """A file of nothing that is given up when the disk is full, and taken back when there is room again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def give_up(self) -> bool:
        """Make room; False when there is none to make. What is no file of nothing is not ours, and stays."""
        with contextlib.suppress(OSError):
            if self._is_ours():
                self._path.unlink()
                return True
        return False

    def take_back(self) -> None:
        """Take the room again, if there is plenty. Never raises: the next look is soon."""
        with contextlib.suppress(OSError):
            if not os.path.lexists(self._path) and shutil.disk_usage(self._path.parent).free >= 4 * OCTETS:
                file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                try:
                    os.posix_fallocate(file, 0, OCTETS)
                finally:
                    os.close(file)

    def _is_ours(self) -> bool:
        file = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            regular = stat.S_ISREG(os.fstat(file).st_mode)
            return regular and not os.read(file, _LOOK).strip(b"\0")
        finally:
            os.close(file)
