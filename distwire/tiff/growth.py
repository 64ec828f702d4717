"""Adding pages to a TIFF that is whole after each: a page lies behind the others before the link to it is written."""

from __future__ import annotations

import contextlib
import os
import struct
from dataclasses import dataclass

from distwire.tiff.layout import next_slot, pack_directory
from distwire.tiff.page import TiffPage
from distwire.tiff.reader import walk_pages

_HEAD = b"II*\0"
_MOST_OCTETS = (1 << 32) - 1
_LONGEST_DIRECTORY = 256
_FIRST_SLOT = 4


class TiffTooLarge(Exception):
    """A TIFF cannot become larger than 4 GiB: its offsets have 32 bits."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a file goes on: `slot` takes the offset of the next page, which is written at `end`."""

    slot: int
    end: int
    pages: int


def begin_file(file: int, note: bytes) -> Tail:
    """Begin an empty file that has no page yet, with `note` behind its first eight octets. Raises OSError."""
    head = _HEAD + bytes(4) + note
    _write(file, head, 0)
    return Tail(_FIRST_SLOT, len(head), 0)


def append_page(file: int, tail: Tail, page: TiffPage) -> Tail:
    """Add a page. Raises OSError and `TiffTooLarge`; the file is as it was then."""
    at = tail.end + len(page.strip)
    at += at % 2  # directories begin on a word (TIFF 6.0 §2)
    if at + _LONGEST_DIRECTORY > _MOST_OCTETS:
        raise TiffTooLarge("a document cannot be larger than 4 GB")
    directory = pack_directory(page.facts, tail.pages, (tail.end, len(page.strip)), at)
    try:
        _write(file, page.strip.ljust(at - tail.end, b"\0") + directory, tail.end)
        os.fdatasync(file)
        _write(file, struct.pack("<I", at), tail.slot)
    except OSError:
        with contextlib.suppress(OSError):
            end_at(file, tail)
        raise
    fields = struct.unpack_from("<H", directory)[0]
    return Tail(next_slot(at, fields), at + len(directory), tail.pages + 1)


def make_single(page: TiffPage) -> bytes:
    """A whole TIFF of one page, for programs that read pixels."""
    at = 8 + len(page.strip) + len(page.strip) % 2
    directory = pack_directory(page.facts, 0, (8, len(page.strip)), at)
    return _HEAD + struct.pack("<I", at) + page.strip.ljust(at - 8, b"\0") + directory


def end_at(file: int, tail: Tail) -> None:
    """Take off whatever lies behind `tail`, linked or not. Raises OSError."""
    _write(file, bytes(4), tail.slot)
    os.ftruncate(file, tail.end)


def find_tail(file: int, note: bytes) -> Tail:
    """Where a file of `begin_file` goes on: behind its last whole page. Raises `DamagedTiff`, OSError."""
    last = Tail(_FIRST_SLOT, len(_HEAD) + 4 + len(note), 0)
    for number, place in enumerate(walk_pages(file), 1):
        # Behind a directory stand the values that do not fit into its fields.
        at = place.offset + place.octets
        at += at % 2
        directory = pack_directory(place.facts, number - 1, (place.offset, place.octets), at)
        last = Tail(place.slot, at + len(directory), number)
    return last


def _write(file: int, data: bytes, offset: int) -> None:
    """All of it: a disk that fills up takes a part first."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written
