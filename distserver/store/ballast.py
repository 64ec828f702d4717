"""Room on the disk of an SQLite database that nobody else can take (SPEC N4).

What a delivery has come to must be written even when somebody else's file has taken the last octet of the disk. So a
file of nothing lies beside the database; a worker gives it up when the disk is full, and takes it back later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from pathlib import Path

log = logging.getLogger(__name__)

_FULL = 1 << 20
"""So few octets are no room any more."""


class Ballast:
    """`octets` of the disk, kept at `path`; 0: none."""

    def __init__(self, path: Path, octets: int) -> None:
        self._path = path
        self._octets = octets

    def trim(self) -> None:
        """Give it up when the disk is full; take it back when there is room for it twice over. Never raises."""
        with contextlib.suppress(OSError):  # the next look is soon
            free = shutil.disk_usage(self._path.parent).free
            if self._path.exists():
                if free < _FULL or not self._octets:
                    self._path.unlink(missing_ok=True)
                    log.warning("disk-full", {"free": free, "given_up": self._octets})
            elif self._octets and free > 2 * self._octets + _FULL:
                self._take()

    def _take(self) -> None:
        part = self._path.with_name(self._path.name + ".part")
        try:
            with part.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._octets)
            part.rename(self._path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
