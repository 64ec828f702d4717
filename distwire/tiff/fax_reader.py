"""Faxes as files, ours and those of fax software: what their pages are, and some of them as a file of their own.

Nothing is decoded here: the fields of a page say how it is coded, and its strips are copied as they are. So a call can
begin at any page, without a loss and almost without a cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from distwire.tiff.directory import Directory, read_directories
from distwire.tiff.fax import (
    COMPRESSION,
    FILL_ORDER,
    GROUP3,
    GROUP4,
    LENGTH,
    LINE_WIDTHS,
    LOW_FIRST,
    MH,
    MMR,
    MR,
    RESOLUTIONS,
    T4_OPTIONS,
    TWO_DIMENSIONS,
    UNIT,
    WIDTH,
    X_RESOLUTION,
    Y_RESOLUTION,
    FaxFacts,
    FaxWriter,
)
from distwire.tiff.reader import DamagedTiff

MOST_PAGES = 10_000
_MOST_DOTS = 1 << 16
_MOST_LINES = 1 << 20
_CENTIMETRE = 3
_PIECE = 1 << 20
_PROFILE_S = ((204, 98), (204, 196))


@dataclass(frozen=True, slots=True)
class StoredFax:
    """A page in a file: its facts, and the directory by which it is found."""

    facts: FaxFacts
    directory: Directory

    @property
    def octets(self) -> int:
        """How much of it goes over the line."""
        return sum(length for _, length in self.directory.strips)

    @property
    def profile(self) -> str:
        """The profile of RFC 3949 whose bounds it keeps: `S` is what every fax machine takes, `F` the rest."""
        simple = self.facts.coding == MH and self.facts.width == LINE_WIDTHS[204][0] and self.facts.dpi in _PROFILE_S
        return "S" if simple and self.directory.number(FILL_ORDER, 1) == LOW_FIRST else "F"


def read_fax(file: BinaryIO) -> Iterator[StoredFax]:
    """The pages of a fax in their order. Raises `DamagedTiff` for what is none, or is damaged; also OSError."""
    for directory in read_directories(file, MOST_PAGES):
        yield StoredFax(_read_facts(directory), directory)


def copy_pages(source: BinaryIO, first: int, target: BinaryIO) -> int:
    """Write the pages from `first` (0 is the first) to `target` as a fax of their own; how many they are.

    Raises `DamagedTiff`, also when there is no such page, `TiffTooLarge`, OSError.
    """
    writer = FaxWriter(target)
    _add_pages(source, writer, first)
    if not writer.pages:
        raise DamagedTiff(f"it has no page {first + 1}")
    return writer.finish()


def _add_pages(source: BinaryIO, writer: FaxWriter, first: int) -> None:
    for number, page in enumerate(read_fax(source)):
        if number >= first:
            strips = page.directory.strips
            pieces = (piece for offset, length in strips for piece in _read_pieces(source, offset, length))
            writer.add_fields(page.directory.fields.values(), [length for _, length in strips], pieces)


def _read_pieces(source: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    while length:
        source.seek(offset)
        piece = source.read(min(length, _PIECE))
        if not piece:
            raise DamagedTiff("the file is shorter than it was")
        yield piece
        offset, length = offset + len(piece), length - len(piece)


def _read_facts(directory: Directory) -> FaxFacts:
    width, lines = directory.number(WIDTH), directory.number(LENGTH)
    if not (0 < width <= _MOST_DOTS and 0 < lines <= _MOST_LINES):
        raise DamagedTiff(f"a page is {width} dots wide and {lines} lines long")
    return FaxFacts(width, lines, _read_resolution(directory, width, lines), _read_coding(directory))


def _read_coding(directory: Directory) -> str:
    match directory.number(COMPRESSION, 1):
        case code if code == GROUP4:
            return MMR
        case code if code == GROUP3:
            return MR if directory.number(T4_OPTIONS) & TWO_DIMENSIONS else MH
        case code:
            raise DamagedTiff(f"a page is no fax: its compression is {code}")


def _read_resolution(directory: Directory, width: int, lines: int) -> tuple[int, int]:
    """The nearest that a fax can have: fax software rounds in its own ways, and some give dots per centimetre."""
    x, y = directory.ratio(X_RESOLUTION), directory.ratio(Y_RESOLUTION)
    if not x or not y:
        return _guess_resolution(width, lines)
    unit = 2.54 if directory.number(UNIT, 2) == _CENTIMETRE else 1.0
    return min(RESOLUTIONS, key=lambda one: abs(one[0] / (x * unit) - 1) + abs(one[1] / (y * unit) - 1))


def _guess_resolution(width: int, lines: int) -> tuple[int, int]:
    """By the width of its line, and by whether it is a page of standard lines or of fine ones."""
    across = next((dpi for dpi, widths in LINE_WIDTHS.items() if width in widths), 204)
    if across != 204:
        return next(one for one in RESOLUTIONS if one[0] == across)
    return (204, 98) if lines < width else (204, 196)
