"""The pages of a TIFF that was written here; those of other programs are left to libtiff."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from distwire.tiff.layout import STRIP_OCTETS, STRIP_OFFSET, next_slot, octets_of, read_facts, unpack_numbers
from distwire.tiff.page import PagePlace

_MOST_FIELDS = 64


class DamagedTiff(Exception):
    """The file is not as it was written."""


def walk_pages(file: int) -> Iterator[PagePlace]:
    """The pages in their order. Raises `DamagedTiff`, OSError."""
    size = os.fstat(file).st_size
    if _read(file, 4, 0) != b"II*\0":
        raise DamagedTiff("it is no TIFF of ours")
    before, slot = 0, 4
    while at := struct.unpack("<I", _read(file, 4, slot))[0]:
        if not before < at < size:  # ours only go forward: a circle ends here too
            raise DamagedTiff("a page lies outside of the file")
        place = _read_page(file, at)
        if place.offset + place.octets > at:
            raise DamagedTiff("a page is longer than its place")
        yield place
        before, slot = at, place.slot


def read_strip(file: int, place: PagePlace) -> bytes:
    """What a page is made of: Group 4 data or a JPEG stream. Raises `DamagedTiff`, OSError."""
    return _read(file, place.octets, place.offset)


def _read_page(file: int, at: int) -> PagePlace:
    fields = struct.unpack("<H", _read(file, 2, at))[0]
    if not 0 < fields <= _MOST_FIELDS:
        raise DamagedTiff("a page has no directory")
    tags: dict[int, tuple[int, ...]] = {}
    try:
        for tag, kind, count, value in struct.iter_unpack("<HHI4s", _read(file, 12 * fields, at + 2)):
            length = octets_of(kind, min(count, _MOST_FIELDS))
            raw = value[:length] if length <= 4 else _read(file, length, struct.unpack("<I", value)[0])
            tags[tag] = unpack_numbers(kind, min(count, _MOST_FIELDS), raw)
        return PagePlace(read_facts(tags), tags[STRIP_OFFSET][0], tags[STRIP_OCTETS][0], next_slot(at, fields))
    except (KeyError, ValueError, IndexError, StopIteration, ZeroDivisionError, struct.error) as error:
        raise DamagedTiff("the directory of a page is damaged") from error


def _read(file: int, octets: int, offset: int) -> bytes:
    pieces, left = [], octets
    while left:
        piece = os.pread(file, left, offset)
        if not piece:
            raise DamagedTiff("the file is shorter than it was")
        pieces.append(piece)
        left, offset = left - len(piece), offset + len(piece)
    return b"".join(pieces)
