"""TIFF-F, the file form of a fax (RFC 3949 profiles S and F, RFC 2306): written a page at a time, never held whole.

Little-endian; each directory stands before its one strip, in the order of the pages, so that who reads the file from
its beginning can send each page as soon as it is there (RFC 3949 §3.3). Strips are as they go over the line: T.4 and
T.6 data with the lowest bit first (FillOrder 2), without the return to control (RFC 2306 §4.6).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from distwire.tiff.directory import LONG, RATIONAL, SHORT, Field, pack_directory
from distwire.tiff.growth import TiffTooLarge

MH, MR, MMR = "mh", "mr", "mmr"
CODINGS = (MH, MR, MMR)
"""Modified Huffman (T.4 §4.1), Modified READ (T.4 §4.2), Modified Modified READ (T.6)."""

LINES_MM = (215.0, 255.0, 303.0)
"""How long a line is, of the papers A4, B4 and A3 (T.4 §2.1)."""

LINE_WIDTHS = {204: (1728, 2048, 2432), 300: (2592, 3072, 3648), 408: (3456, 4096, 4864)}
"""Dots in such a line, by dots per inch across (RFC 3949 §2.2.3)."""

RESOLUTIONS = ((204, 98), (204, 196), (204, 391), (300, 300), (408, 391))
"""Dots per inch across and down: standard, fine, superfine, 300 and 400."""

SUBFILE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 254, 256, 257, 258, 259, 262, 266
X_RESOLUTION, Y_RESOLUTION, T4_OPTIONS, T6_OPTIONS, UNIT, PAGE_NUMBER = 282, 283, 292, 293, 296, 297
ORIENTATION, SAMPLES, ROWS, CLEAN_FAX_DATA = 274, 277, 278, 327

GROUP3, GROUP4 = 3, 4
TWO_DIMENSIONS = 1
LOW_FIRST = 2
PAGE_OF_MANY = 2
_MOST_OCTETS = (1 << 32) - 1
_MOST_NUMBER = 0xFFFF


@dataclass(frozen=True, slots=True)
class FaxFacts:
    """A page of a fax: dots in a line, lines, dots per inch (across, down), and how it is coded (see `CODINGS`)."""

    width: int
    lines: int
    dpi: tuple[int, int]
    coding: str


@dataclass(frozen=True, slots=True)
class FaxPage:
    """A page ready to be sent: `strip` as the head of this module says."""

    facts: FaxFacts
    strip: bytes


class FaxWriter:
    """Writes pages to a file that can seek. The file is good after `finish`, which says into each page how many there
    are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._slot, self._end = 4, 8
        self._numbers: list[int] = []
        file.write(b"II*\0" + bytes(4))

    @property
    def pages(self) -> int:
        """How many pages were added."""
        return len(self._numbers)

    def add(self, page: FaxPage) -> None:
        """Add a page. Raises OSError and `TiffTooLarge`."""
        self.add_fields(describe_page(page.facts), (len(page.strip),), (page.strip,))

    def add_fields(self, fields: Iterable[Field], strips: Sequence[int], pieces: Iterable[bytes]) -> None:
        """Add a page of these fields; `pieces` are its strips, of so many octets each, in pieces of any size.

        Its number is written anew. Raises OSError and `TiffTooLarge`.
        """
        known = [one for one in fields if one[0] not in (SUBFILE, PAGE_NUMBER)]
        number = min(self.pages, _MOST_NUMBER)
        own: list[Field] = sorted([*known, (SUBFILE, LONG, (PAGE_OF_MANY,)), (PAGE_NUMBER, SHORT, (number, 0))])
        at = self._end
        directory, slot = pack_directory(own, at, strips)
        end = at + len(directory) + sum(strips)
        if end + 1 > _MOST_OCTETS:
            raise TiffTooLarge("a fax cannot be larger than 4 GB")
        self._write(at, directory)
        for piece in pieces:
            self._file.write(piece)
        self._file.write(bytes(end % 2))  # directories begin on a word (TIFF 6.0 §2)
        self._write(self._slot, struct.pack("<I", at))
        self._slot, self._end = slot, end + end % 2
        self._numbers.append(_find_field(directory, PAGE_NUMBER) + at)

    def finish(self) -> int:
        """Write the number of pages into each; how many there are."""
        total = struct.pack("<H", min(self.pages, _MOST_NUMBER))
        for place in self._numbers:
            self._write(place + 2, total)
        self._file.seek(self._end)
        self._file.flush()
        return self.pages

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        self._file.write(data)


def describe_page(facts: FaxFacts) -> list[Field]:
    """What RFC 3949 §3.4 asks of profile S, and of profile F where its words are needed (T.6, CleanFaxData)."""
    options = (T6_OPTIONS, 0) if facts.coding == MMR else (T4_OPTIONS, TWO_DIMENSIONS if facts.coding == MR else 0)
    return [
        (WIDTH, LONG, (facts.width,)),
        (LENGTH, LONG, (facts.lines,)),
        (BITS, SHORT, (1,)),
        (COMPRESSION, SHORT, (GROUP4 if facts.coding == MMR else GROUP3,)),
        (PHOTOMETRIC, SHORT, (0,)),  # white is 0, as on the line
        (FILL_ORDER, SHORT, (LOW_FIRST,)),
        (ORIENTATION, SHORT, (1,)),
        (SAMPLES, SHORT, (1,)),
        (ROWS, LONG, (facts.lines,)),
        (X_RESOLUTION, RATIONAL, (facts.dpi[0], 1)),
        (Y_RESOLUTION, RATIONAL, (facts.dpi[1], 1)),
        (options[0], LONG, (options[1],)),
        (UNIT, SHORT, (2,)),  # inch
        (CLEAN_FAX_DATA, SHORT, (0,)),
    ]


def _find_field(directory: bytes, tag: int) -> int:
    """Where the value of a field that is known to be there stands in a packed directory."""
    count = struct.unpack_from("<H", directory)[0]
    places = range(2, 2 + 12 * count, 12)
    return next(place + 8 for place in places if struct.unpack_from("<H", directory, place)[0] == tag)
