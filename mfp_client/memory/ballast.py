"""Room that is kept for the table, for what must be written although the disk is full, as that a document is erased."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

OCTETS = 2 << 20


class Ballast:
    """A file of nothing that is given up when the disk is full, and taken back when there is room again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def give_up(self) -> bool:
        """Make room; False when it was given up already."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def take_back(self) -> None:
        """Take the room again, if there is plenty. Never raises: the next look is soon."""
        with contextlib.suppress(OSError):
            if self._path.exists() or shutil.disk_usage(self._path.parent).free < 4 * OCTETS:
                return
            part = self._path.with_name(self._path.name + ".part")
            with part.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, OCTETS)
            part.replace(self._path)
