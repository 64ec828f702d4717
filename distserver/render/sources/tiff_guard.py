"""A look at a TIFF's directories before any decoder sees them: number, circles, sizes (TIFF 6.0 §2, BigTIFF)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from distserver.errors import DocumentRefused
from distserver.render.sources.page import SourceLimits

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _ORIENTATION, _SAMPLES, _SUBFILE = 256, 257, 258, 259, 274, 277, 254
_WANTED = (_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _ORIENTATION, _SAMPLES, _SUBFILE)
_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_REDUCED, _MASK = 1, 4
_MOST_ENTRIES = 4096
_MOST_SAMPLES = 64


@dataclass(frozen=True, slots=True)
class TiffFrame:
    """One directory: its `index` in the chain, pixels, and the tags a page is judged by."""

    index: int
    width: int
    height: int
    bits: int
    samples: int
    compression: int
    orientation: int
    subfile: int

    @property
    def is_page(self) -> bool:
        """False for a thumbnail or a mask that belongs to another directory."""
        return not self.subfile & (_REDUCED | _MASK)


def read_frames(file: BinaryIO, limits: SourceLimits) -> list[TiffFrame]:
    """The directories that are pages. Raises `DocumentRefused` for what would harm a decoder, and for damage."""
    chain = _Chain(file)
    frames: list[TiffFrame] = []
    seen: set[int] = set()
    offset = chain.first
    while offset:
        if offset in seen:
            raise DocumentRefused("the TIFF is damaged: its list of pages runs in a circle")
        seen.add(offset)
        tags, offset = chain.read(offset, len(seen))
        frames.append(_judge(tags, len(frames), limits))
        if len(frames) > 2 * limits.pages:
            break
    pages = [frame for frame in frames if frame.is_page] or frames
    limits.check_pages(len(pages))
    return pages


def _judge(tags: dict[int, int], index: int, limits: SourceLimits) -> TiffFrame:
    frame = TiffFrame(
        index,
        tags.get(_WIDTH, 0),
        tags.get(_HEIGHT, 0),
        tags.get(_BITS, 1),
        tags.get(_SAMPLES, 1),
        tags.get(_COMPRESSION, 1),
        tags.get(_ORIENTATION, 1),
        tags.get(_SUBFILE, 0),
    )
    if frame.samples > _MOST_SAMPLES:
        raise DocumentRefused(f"page {index + 1} is damaged: it has {frame.samples} colours")
    limits.check_pixels(frame.width, frame.height, max(1, frame.bits / 8) * max(1, frame.samples), index + 1)
    return frame


class _Chain:
    """Reads directories of classic and big TIFF, of either byte order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(16)
        self._order = "<" if head[:2] == b"II" else ">"
        big = head[2:4] in (b"+\0", b"\0+")
        self._count, self._entry, self._offset = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
        try:
            self.first: int = struct.unpack_from(self._order + self._offset, head, 8 if big else 4)[0]
        except struct.error as error:
            raise DocumentRefused("the TIFF is damaged: it ends after a few bytes") from error
        if not self.first:
            raise DocumentRefused("the TIFF is damaged: it has no pages")

    def read(self, offset: int, number: int) -> tuple[dict[int, int], int]:
        """Tags of the directory at `offset`, page `number` (from 1), and where the next one is (0: none)."""
        try:
            self._file.seek(offset)
            entries = self._read(self._count)[0]
            if entries > _MOST_ENTRIES:
                raise DocumentRefused(f"page {number} of the TIFF is damaged: {entries} entries")
            layout = struct.Struct(self._order + self._entry)
            raw = self._file.read(layout.size * entries)
            tags = {
                tag: value
                for tag, kind, count, value in layout.iter_unpack(raw)
                if tag in _WANTED and count > 0
                for value in [self._value(kind, count, value)]
            }
            return tags, self._next()
        except (struct.error, OverflowError, OSError, ValueError) as error:
            raise DocumentRefused(f"the TIFF is damaged: page {number} lies outside of the file") from error

    def _next(self) -> int:
        raw = self._file.read(struct.calcsize(self._offset))
        if len(raw) < struct.calcsize(self._offset):
            return 0  # some programs leave out the last link, and every reader lets them
        offset: int = struct.unpack(self._order + self._offset, raw)[0]
        return offset

    def _read(self, layout: str) -> tuple[int, ...]:
        packed = struct.Struct(self._order + layout)
        return packed.unpack(self._file.read(packed.size))

    def _value(self, kind: int, count: int, field: bytes) -> int:
        """The first value of an entry; 0 for types that a number cannot have."""
        code = _TYPES.get(kind)
        if code is None:
            return 0
        size = struct.calcsize(code)
        if size * count > len(field):
            place = struct.unpack(self._order + self._offset, field[: struct.calcsize(self._offset)])[0]
            here = self._file.tell()
            self._file.seek(place)
            field = self._file.read(size)
            self._file.seek(here)
        number: int = struct.unpack(self._order + code, field[:size])[0]
        return number
