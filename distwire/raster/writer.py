"""Write PWG raster and Apple raster page by page to any file object."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from distwire.raster import pwg, urf
from distwire.raster.errors import RasterError
from distwire.raster.header import PageHeader, PixelType, find_pixel_type
from distwire.raster.packbits import encode_rows


class Writable(Protocol):
    """A binary file object that writes all it is given."""

    def write(self, data: bytes, /) -> object:
        """Write `data`."""
        ...


class PageWriter(Protocol):
    """What both writers offer."""

    def write_page(self, header: PageHeader, pixels: NDArray[Any]) -> None:
        """Write one page.

        `pixels` is what `RasterPage.pixels` gives for the header's type, or rows of bytes (height, bytes per line) as
        the stream holds them. Raises `RasterError` when it does not fit the header.
        """
        ...


class PwgWriter:
    """Writes PWG raster (PWG 5102.4). The stream has its first four bytes even when no page follows."""

    def __init__(self, stream: Writable) -> None:
        self._stream = stream
        stream.write(pwg.SYNC)

    def write_page(self, header: PageHeader, pixels: NDArray[Any]) -> None:
        """Write one page; see `PageWriter`."""
        _write(self._stream, pwg.pack_header(header), header, pixels)


class UrfWriter:
    """Writes Apple raster. `pages` is how many will come (0: not known; some devices mind)."""

    def __init__(self, stream: Writable, pages: int = 0) -> None:
        self._stream = stream
        stream.write(urf.pack_file_header(pages))

    def write_page(self, header: PageHeader, pixels: NDArray[Any]) -> None:
        """Write one page; see `PageWriter`."""
        _write(self._stream, urf.pack_header(header), header, pixels)


def _write(stream: Writable, head: bytes, header: PageHeader, pixels: NDArray[Any]) -> None:
    kind = find_pixel_type(header.type)
    if kind is None:
        raise RasterError(f"'{header.type}' is not a pixel type")
    rows = _pack_rows(header, kind, pixels)
    stream.write(head)
    for piece in encode_rows(rows, max(1, kind.bits_per_pixel // 8)):
        stream.write(piece)


def _pack_rows(header: PageHeader, kind: PixelType, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Rows of bytes as the stream holds them."""
    height, width = header.height, header.width
    length = kind.bytes_per_line(width)
    if height < 1 or width < 1:
        raise RasterError(f"a page of {width} x {height} pixels cannot be written")
    shape = (height, width) if kind.colors == 1 else (height, width, kind.colors)
    if pixels.shape != shape:
        if pixels.dtype == np.uint8 and pixels.shape == (height, length):
            return pixels
        raise RasterError(f"pixels of shape {pixels.shape} are not a page of {kind.name}, {width} x {height}")
    if kind.bits == 1:
        return np.packbits(pixels.astype(bool, copy=False), axis=1)
    if kind.bits == 16:
        pixels = pixels.astype(">u2", copy=False)
    elif pixels.dtype != np.uint8:
        raise RasterError(f"{kind.name} takes bytes, not {pixels.dtype}")
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(height, length)
