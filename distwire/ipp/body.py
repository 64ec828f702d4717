"""Bodies of requests: the attributes, and behind them a document that goes from its file straight to the socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from distwire.ipp.failures import DocumentUnreadable

_AS_IT_IS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Not for child processes; and on Windows, which has not the first, without changed line ends."""
PIECE = 256 << 10
"""Bytes that are read from a document at once, where they cannot go from the file to the socket directly."""


class Growth(Protocol):
    """How far a document is written that is still being made."""

    async def beyond(self, offset: int) -> int:
        """How many octets of the file may be read now: more than `offset`, or exactly `offset` when the file is
        complete and ends there. Raises OSError when its writer failed."""


class Withheld(OSError):
    """The document's `gate` is closed: nothing more of it may leave."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document on disk. `size` is its length in bytes as known; None sends it chunked, whatever its length.

    `growth` tells of a file that is still being written; None says that it is all there. `gate` is asked right before
    each part of the document leaves; it must be quick, and may be asked in any thread.
    """

    path: Path
    size: int | None
    growth: Growth | None = None
    gate: Callable[[], bool] | None = field(default=None, repr=False, compare=False)

    def check_gate(self) -> None:
        """Raises `Withheld` when nothing may leave any more."""
        if self.gate is not None and not self.gate():
            raise Withheld("the sending was stopped: another worker may carry this delivery by now")


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


class OpenDocument:
    """The file of a document while it is sent. `file` is its descriptor; `grows` says that somebody still writes it."""

    def __init__(self, document: DocumentFile, file: int) -> None:
        self._document = document
        self.file = file
        self.grows = document.growth is not None

    def check_gate(self) -> None:
        """Raises `Withheld` when nothing may leave any more."""
        self._document.check_gate()

    def measure(self) -> int:
        """The length of a file that is all there. Raises OSError when it is not what was said."""
        there, said = os.fstat(self.file).st_size, self._document.size
        if said is None or there == said:
            self.check_gate()
            return there
        raise self._misfit(there - said)

    async def beyond(self, offset: int) -> int:
        """As `Growth.beyond`. Raises OSError, also when the length is not what was said."""
        growth, said = self._document.growth, self._document.size
        if growth is None:
            return self.measure()
        known = await growth.beyond(offset)
        if known < offset:
            raise self._misfit(known - offset)
        if said is not None and (known > said or known == offset):
            raise self._misfit(known - said)
        self.check_gate()
        return known

    def check(self) -> None:
        """Once it is sent. Raises OSError when the file has changed its length meanwhile."""
        said = self._document.size
        if not self.grows and said is not None and (there := os.fstat(self.file).st_size) != said:
            raise self._misfit(there - said)

    def _misfit(self, octets: int) -> OSError:
        how = "longer" if octets > 0 else "shorter"
        return OSError(f"{self._document.path.name} is {abs(octets)} bytes {how} than it should be")


@contextmanager
def open_document(document: DocumentFile) -> Iterator[OpenDocument]:
    """Open its file. Not in a thread: whoever is canceled while it waits for one would leave the file open."""
    file = os.open(document.path, os.O_RDONLY | _AS_IT_IS)
    try:
        yield OpenDocument(document, file)
    finally:
        os.close(file)


def read_at(file: int, count: int, at: int) -> bytes:
    """So many octets of an open file from an offset on, fewer at its end. Windows has no pread(2): there nobody else
    may read by the same number meanwhile. Raises OSError."""
    if hasattr(os, "pread"):
        return os.pread(file, count, at)
    os.lseek(file, at, os.SEEK_SET)
    return os.read(file, count)


async def bring_whole(document: DocumentFile) -> DocumentFile:
    """The same document once its length is known. Raises `DocumentUnreadable` when its writer fails."""
    if document.size is not None:
        return document
    try:
        size = document.path.stat().st_size if document.growth is None else await _measure(document.growth)
    except OSError as error:
        raise DocumentUnreadable(str(error)) from error
    return DocumentFile(document.path, size, gate=document.gate)


async def _measure(growth: Growth) -> int:
    size = 0
    while (known := await growth.beyond(size)) > size:
        size = known
    return size
