"""The 1796 byte page header of PWG raster (PWG 5102.4 §4.3.1), big-endian."""

from __future__ import annotations

import struct

from distwire.raster.errors import RasterError
from distwire.raster.header import PageHeader, find_pixel_type, find_pixel_type_by_space

SYNC = b"RaS2"
HEADER_SIZE = 1796

# Offsets of the fields we use (PWG 5102.4 table 3). Everything else is reserved and zero.
_MEDIA_TYPE, _CONTENT, _INTENT, _MEDIA = 128, 192, 1668, 1732
_DUPLEX, _DPI, _POSITION, _COPIES, _ORIENTATION, _PAGE_SIZE = 272, 276, 324, 340, 344, 352
_TUMBLE, _WIDTH, _BITS, _COLOR_ORDER, _COLORS, _TOTAL = 368, 372, 384, 396, 420, 452


def pack_header(header: PageHeader) -> bytes:
    """The header's bytes. Raises `RasterError` for a pixel type we do not know or a number that has no room."""
    kind = find_pixel_type(header.type)
    if kind is None:
        raise RasterError(f"'{header.type}' is not a pixel type")
    box = header.image_box or (0, 0, header.width, header.height)
    out = bytearray(HEADER_SIZE)
    _put_text(out, 0, "PwgRaster")
    _put_text(out, _MEDIA_TYPE, header.media_type)
    _put_text(out, _CONTENT, header.content)
    _put_text(out, _INTENT, header.rendering_intent)
    _put_text(out, _MEDIA, header.media)
    try:
        struct.pack_into(">I2I", out, _DUPLEX, header.duplex, *header.dpi)
        struct.pack_into(">I", out, _POSITION, header.media_position)
        struct.pack_into(">2I", out, _COPIES, header.copies, header.orientation)
        struct.pack_into(">2I", out, _PAGE_SIZE, *header.page_points)
        struct.pack_into(">3I", out, _TUMBLE, header.tumble, header.width, header.height)
        line = kind.bytes_per_line(header.width)
        struct.pack_into(">3I", out, _BITS, kind.bits, kind.bits_per_pixel, line)
        struct.pack_into(">2I", out, _COLOR_ORDER, 0, kind.space)
        struct.pack_into(">I", out, _COLORS, kind.colors)
        struct.pack_into(">I2i", out, _TOTAL, header.total_pages, header.cross_feed, header.feed)
        struct.pack_into(">6I", out, _TOTAL + 12, *box, 0xFFFFFF, header.quality)
    except struct.error as error:
        raise RasterError(f"the page header has no room for a number: {error}") from error
    return bytes(out)


def unpack_header(data: bytes) -> PageHeader:
    """Read a header; tolerant where a wrong value does no harm. Raises `RasterError`."""
    if data[:9] != b"PwgRaster":
        raise RasterError("the page header does not begin with 'PwgRaster'")
    bits, _per_pixel, line = struct.unpack_from(">3I", data, _BITS)
    order, space = struct.unpack_from(">2I", data, _COLOR_ORDER)
    tumble, width, height = struct.unpack_from(">3I", data, _TUMBLE)
    duplex, *dpi = struct.unpack_from(">3I", data, _DUPLEX)
    colors = struct.unpack_from(">I", data, _COLORS)[0] or max(1, _per_pixel // max(bits, 1))
    total, cross, feed, *box, _alternate, quality = struct.unpack_from(">I2i6I", data, _TOTAL)
    copies, orientation = struct.unpack_from(">2I", data, _COPIES)
    kind = find_pixel_type_by_space(space, bits, colors)
    if kind is None or order != 0:
        raise RasterError(f"pixels of colour space {space}, {colors} x {bits} bits, order {order} are not supported")
    if width and line != kind.bytes_per_line(width):
        raise RasterError(f"a row of {width} pixels of {kind.name} cannot have {line} bytes")
    points = struct.unpack_from(">2I", data, _PAGE_SIZE)
    left, top, right, bottom = box
    known = left < right <= width and top < bottom <= height
    return PageHeader(
        width=width,
        height=height,
        dpi=(dpi[0] or 300, dpi[1] or 300),
        type=kind.name,
        media=_get_text(data, _MEDIA),
        media_type=_get_text(data, _MEDIA_TYPE),
        page_size=(points[0], points[1]) if all(points) else None,
        duplex=bool(duplex),
        tumble=bool(tumble),
        total_pages=total,
        cross_feed=-1 if cross < 0 else 1,
        feed=-1 if feed < 0 else 1,
        image_box=(left, top, right, bottom) if known else None,
        quality=quality,
        copies=copies,
        orientation=orientation,
        media_position=struct.unpack_from(">I", data, _POSITION)[0],
        content=_get_text(data, _CONTENT),
        rendering_intent=_get_text(data, _INTENT),
    )


def _put_text(out: bytearray, at: int, text: str) -> None:
    raw = text.encode("utf-8", "replace")
    if len(raw) > 63:
        raise RasterError(f"'{text}' is longer than the 63 bytes a page header has for it")
    out[at : at + len(raw)] = raw


def _get_text(data: bytes, at: int) -> str:
    return data[at : at + 64].split(b"\0", 1)[0].decode("utf-8", "replace")
