"""Directories (IFDs, TIFF 6.0 §2) of any classic TIFF, read with suspicion, and written little-endian."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from distwire.tiff.reader import DamagedTiff

Numbers = tuple[int | float, ...]
Field = tuple[int, int, Numbers]
"""Tag, type, and its numbers, those of RATIONAL two by two; octets of BYTE, ASCII and UNDEFINED one by one."""

SHORT, LONG, RATIONAL = 3, 4, 5
STRIP_OFFSETS, STRIP_OCTETS = 273, 279

_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
_MOST_FIELDS = 256
_MOST_OCTETS = 1 << 20
"""Of all fields of a page. One of a line to the strip has some thousand offsets."""

_POINTERS = (330, 34665, 34853, 40965)
"""To directories of their own (SubIFDs, Exif, GPS), which nobody needs to read a page."""


@dataclass(frozen=True, slots=True)
class Directory:
    """One page: its fields by tag, and the strips that its image data is made of as (offset, octets)."""

    fields: Mapping[int, Field]
    strips: tuple[tuple[int, int], ...]

    def number(self, tag: int, default: int = 0) -> int:
        """The first number of a field; `default` where there is none."""
        numbers = self.fields[tag][2] if tag in self.fields else ()
        return int(numbers[0]) if numbers else default

    def ratio(self, tag: int) -> float | None:
        """The first RATIONAL of a field; None where there is none or it makes no sense."""
        _, kind, numbers = self.fields.get(tag, (tag, 0, ()))
        if kind != RATIONAL or len(numbers) < 2 or not numbers[1]:
            return None
        return numbers[0] / numbers[1]


def read_directories(file: BinaryIO, most: int) -> Iterator[Directory]:
    """The directories in their order. Raises `DamagedTiff`: circles, places outside of the file, more than `most`."""
    size = file.seek(0, os.SEEK_END)
    head = _read(file, 0, 8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None:
        raise DamagedTiff("it is no classic TIFF")
    at = struct.unpack_from(order + "I", head, 4)[0]
    seen: set[int] = set()
    while at:
        if at in seen:
            raise DamagedTiff("its list of pages runs in a circle")
        if len(seen) >= most:
            raise DamagedTiff(f"it has more than {most} pages")
        seen.add(at)
        directory, at = _read_directory(file, at, order, size)
        yield directory
    if not seen:
        raise DamagedTiff("it has no pages")


def pack_directory(fields: Sequence[Field], at: int, strips: Sequence[int]) -> tuple[bytes, int]:
    """A directory for offset `at` with the values that do not fit into its fields behind it, and where it has the
    offset of the next one. `strips` are the octets of the strips, which follow at once."""
    places: list[Field] = [(STRIP_OFFSETS, LONG, tuple(strips)), (STRIP_OCTETS, LONG, tuple(strips))]
    own = sorted([*(one for one in fields if one[0] not in (STRIP_OFFSETS, STRIP_OCTETS)), *places])
    slot = at + 2 + 12 * len(own)
    begun = slot + 4 + sum(length + length % 2 for one in own if (length := octets_of(one)) > 4)
    offsets = list(accumulate(strips[:-1], initial=begun))
    head, values = [struct.pack("<H", len(own))], b""
    for tag, kind, numbers in own:
        packed = pack_numbers(kind, offsets if tag == STRIP_OFFSETS else numbers)
        count = len(numbers) // len(_CODES[kind])
        if len(packed) > 4:
            packed, values = struct.pack("<I", slot + 4 + len(values)), values + packed + bytes(len(packed) % 2)
        head.append(struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0"))
    return b"".join([*head, bytes(4), values]), slot


def pack_numbers(kind: int, numbers: Sequence[int | float]) -> bytes:
    """The numbers of a field, little-endian."""
    return struct.pack(f"<{len(numbers)}{_CODES[kind][0]}", *numbers)


def octets_of(field: Field) -> int:
    """How long its numbers are."""
    return struct.calcsize(f"<{len(field[2])}{_CODES[field[1]][0]}")


def _read_directory(file: BinaryIO, at: int, order: str, size: int) -> tuple[Directory, int]:
    count = struct.unpack(order + "H", _read(file, at, 2))[0]
    if not 0 < count <= _MOST_FIELDS:
        raise DamagedTiff(f"a page has {count} fields")
    raw = _read(file, at + 2, 12 * count + 4)
    fields: dict[int, Field] = {}
    room = _MOST_OCTETS
    for tag, kind, length, value in struct.iter_unpack(order + "HHI4s", raw[: 12 * count]):
        if kind in _CODES and tag not in _POINTERS:  # of other types a reader knows nothing, and passes over them
            layout = f"{order}{length * len(_CODES[kind])}{_CODES[kind][0]}"
            room -= struct.calcsize(layout)
            if room < 0:
                raise DamagedTiff("the fields of a page are longer than any use of them")
            fields[tag] = tag, kind, _read_numbers(file, layout, value)
    directory = Directory(fields, _find_strips(fields, size))
    return directory, struct.unpack_from(order + "I", raw, 12 * count)[0]


def _read_numbers(file: BinaryIO, layout: str, value: bytes) -> Numbers:
    octets = struct.calcsize(layout)
    raw = value[:octets] if octets <= 4 else _read(file, struct.unpack(layout[0] + "I", value)[0], octets)
    numbers = struct.unpack(layout, raw)
    if not all(map(math.isfinite, numbers)):
        raise DamagedTiff("a field of a page is no number")
    return numbers


def _find_strips(fields: Mapping[int, Field], size: int) -> tuple[tuple[int, int], ...]:
    offsets, octets = (fields[tag][2] if tag in fields else () for tag in (STRIP_OFFSETS, STRIP_OCTETS))
    if not offsets or len(offsets) != len(octets):
        raise DamagedTiff("a page has no strips")
    strips = tuple((int(offset), int(length)) for offset, length in zip(offsets, octets, strict=True))
    outside = any(offset < 0 or length < 0 or offset + length > size for offset, length in strips)
    if outside or sum(length for _, length in strips) > size:
        raise DamagedTiff("a page lies outside of the file")
    return strips


def _read(file: BinaryIO, offset: int, octets: int) -> bytes:
    file.seek(offset)
    data = file.read(octets)
    if len(data) < octets:
        raise DamagedTiff("a page lies outside of the file")
    return data
