"""Bodies of requests: the attributes, and behind them a document that is read piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PIECE = 256 << 10
"""Bytes that are read from a document at once; the most of it that one request holds in memory."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document on disk. `size` is its length in bytes as known; None sends it chunked, whatever its length."""

    path: Path
    size: int | None


@dataclass(frozen=True, slots=True)
class Body:
    """What one POST carries; it can be sent again from its beginning."""

    head: bytes
    document: DocumentFile | None = None

    @property
    def length(self) -> int | None:
        """Content-Length, or None for chunked."""
        if self.document is None:
            return len(self.head)
        return None if self.document.size is None else len(self.head) + self.document.size

    async def read_pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes in order. Reading goes on in a thread; raises OSError, also when the file's length has changed."""
        yield self.head
        if self.document is None:
            return
        left = self.document.size
        stream = _open(self.document.path)
        try:
            while piece := await asyncio.to_thread(stream.read, PIECE):
                if left is not None:
                    left -= len(piece)
                    if left < 0:
                        raise OSError(f"{self.document.path.name} has grown while it was sent")
                yield piece
        finally:
            stream.close()
        if left:
            raise OSError(f"{self.document.path.name} is {left} bytes shorter than it should be")


def _open(path: Path) -> BinaryIO:
    """Not in a thread: whoever is canceled while it waits for one would leave the file open."""
    return path.open("rb")
