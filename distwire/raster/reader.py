"""Read PWG raster and Apple raster page by page from any file object."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from distwire.raster import pwg, urf
from distwire.raster.errors import RasterError
from distwire.raster.header import PageHeader, find_pixel_type
from distwire.raster.packbits import decode_row
from distwire.raster.page import RasterPage

_CHUNK = 1 << 20


class Readable(Protocol):
    """A binary file object; `read` may give less than asked, and nothing at the end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class RasterLimits:
    """What a stream may ask of us: unpacked bytes of one page, bytes of one row, number of pages."""

    page_bytes: int = 512 << 20
    row_bytes: int = 1 << 20
    pages: int = 10_000


def read_pages(stream: Readable, limits: RasterLimits | None = None) -> Iterator[RasterPage]:
    """Every page of a PWG raster or Apple raster stream; the format is told by the first bytes.

    Holds one page. Raises `RasterError` when the stream is neither, is cut off, or goes beyond the limits; what the
    stream's own `read` raises passes through.
    """
    limits = limits or RasterLimits()
    source = _Source(stream)
    read_header = _open(source)
    for _ in range(limits.pages):
        if source.at_end():
            return
        header = read_header()
        yield RasterPage(header, _read_rows(source, header, limits))
    if not source.at_end():
        raise RasterError(f"the stream has more than {limits.pages} pages")


def _open(source: _Source) -> Callable[[], PageHeader]:
    sync = source.take(4)
    if sync == pwg.SYNC:
        return lambda: pwg.unpack_header(source.take(pwg.HEADER_SIZE))
    if sync + source.take(4) == urf.SYNC:
        pages = struct.unpack(">I", source.take(4))[0]
        return lambda: urf.unpack_header(source.take(urf.HEADER_SIZE), pages)
    raise RasterError("this is neither PWG raster nor Apple raster")


def _read_rows(
    source: _Source, header: PageHeader, limits: RasterLimits
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    kind = find_pixel_type(header.type)
    if kind is None or header.width < 1 or header.height < 1:
        raise RasterError(f"a page of {header.width} x {header.height} pixels cannot be")
    length = kind.bytes_per_line(header.width)
    if length > limits.row_bytes or length * header.height > limits.page_bytes:
        raise RasterError(f"a page of {header.width} x {header.height} pixels is beyond what is accepted")
    unit = max(1, kind.bits_per_pixel // 8)
    white = b"\xff" if kind.additive else b"\0"
    worst = 1 + (length // unit) * (1 + unit) + unit + 128
    rows = bytearray()
    missing = header.height
    while missing > 0:
        source.want(worst)
        repeat = min(source.take(1)[0] + 1, missing)
        row = source.take_row(length, unit, white)
        rows += row * repeat
        missing -= repeat
    return np.frombuffer(rows, np.uint8).reshape(header.height, length)


class _Source:
    """A window on the stream: `take` and `take_row` go forward, `want` fills it up."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._ended = False

    def want(self, size: int) -> None:
        """Have at least `size` bytes at hand, unless the stream ends before."""
        if self._ended or len(self._data) - self._at >= size:
            return
        pieces = [self._data[self._at :]]
        have = len(pieces[0])
        while have < size:
            piece = self._stream.read(max(size - have, _CHUNK))
            if not piece:
                self._ended = True
                break
            pieces.append(piece)
            have += len(piece)
        self._data = b"".join(pieces)
        self._at = 0

    def at_end(self) -> bool:
        self.want(1)
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        self.want(size)
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise RasterError("the stream is cut off")
        self._at += size
        return piece

    def take_row(self, length: int, unit: int, white: bytes) -> bytes:
        found = decode_row(self._data, self._at, length, unit, white)
        if found is None:
            raise RasterError("the stream is cut off in the middle of a page")
        row, self._at = found
        return row
