"""File header and 32 byte page header of Apple raster (`image/urf`), as CUPS and AirPrint devices read and write it."""

from __future__ import annotations

import struct

from distwire.raster.errors import RasterError
from distwire.raster.header import PageHeader, find_pixel_type, find_pixel_type_by_urf

SYNC = b"UNIRAST\0"
HEADER_SIZE = 32

MEDIA_TYPES = (
    "auto",
    "stationery",
    "transparency",
    "envelope",
    "cardstock",
    "labels",
    "stationery-letterhead",
    "disc",
    "photographic-matte",
    "photographic-satin",
    "photographic-semi-gloss",
    "photographic-glossy",
    "photographic-high-gloss",
    "other",
)
_LAYOUT = struct.Struct(">6B6x3I8x")
_ONE_SIDED, _SHORT_EDGE, _LONG_EDGE = 1, 2, 3


def pack_file_header(pages: int) -> bytes:
    """The start of the file; `pages` 0 means that the number is not known."""
    return SYNC + struct.pack(">I", pages)


def pack_header(header: PageHeader) -> bytes:
    """The page header's bytes. Raises `RasterError` for what Apple raster cannot say (1 bit, two resolutions)."""
    kind = find_pixel_type(header.type)
    if kind is None or kind.urf is None:
        raise RasterError(f"Apple raster has no pixels of type '{header.type}'")
    if header.dpi[0] != header.dpi[1]:
        raise RasterError(f"Apple raster has one resolution, not {header.dpi[0]}x{header.dpi[1]}")
    sides = (_SHORT_EDGE if header.tumble else _LONG_EDGE) if header.duplex else _ONE_SIDED
    media_type = MEDIA_TYPES.index(header.media_type) if header.media_type in MEDIA_TYPES else 0
    numbers = (kind.bits_per_pixel, kind.urf, sides, header.quality, media_type, header.media_position)
    try:
        return _LAYOUT.pack(*numbers, header.width, header.height, header.dpi[0])
    except struct.error as error:
        raise RasterError(f"the page header has no room for a number: {error}") from error


def unpack_header(data: bytes, pages: int) -> PageHeader:
    """Read a page header; `pages` is what the file header said. Raises `RasterError`."""
    bits, space, sides, quality, media_type, position, width, height, dpi = _LAYOUT.unpack(data)
    kind = find_pixel_type_by_urf(space, bits)
    if kind is None:
        raise RasterError(f"pixels of colour space {space} and {bits} bits are not supported")
    return PageHeader(
        width=width,
        height=height,
        dpi=(dpi or 300, dpi or 300),
        type=kind.name,
        media_type=MEDIA_TYPES[media_type] if media_type < len(MEDIA_TYPES) else "other",
        duplex=sides >= _SHORT_EDGE,
        tumble=sides == _SHORT_EDGE,
        total_pages=pages,
        quality=quality,
        media_position=position,
    )
