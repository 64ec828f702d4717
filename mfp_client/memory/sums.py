"""The sums by which documents are known again: SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import BinaryIO

_PIECE = 1 << 20


def digest_of(file: int) -> str:
    """SHA-256 (hex) of an open file, from its beginning. Raises OSError."""
    found, offset = hashlib.sha256(), 0
    while piece := os.pread(file, _PIECE, offset):
        found.update(piece)
        offset += len(piece)
    return found.hexdigest()


class SummedFile:
    """Writes to a file, and sums what was written; `written` is told how many octets there are."""

    def __init__(self, file: BinaryIO, written: Callable[[int], None]) -> None:
        self._file = file
        self._sum = hashlib.sha256()
        self._written = written
        self._octets = 0

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that was written."""
        return self._sum.hexdigest()

    def write(self, data: bytes) -> int:
        """Write all of it. Raises OSError."""
        self._sum.update(data)
        count = self._file.write(data)
        self._octets += len(data)
        self._written(self._octets)
        return count
