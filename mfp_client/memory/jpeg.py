"""JPEG streams that can be pages as they are (ITU-T T.81): nothing is lost by coding them once more."""

from __future__ import annotations

import re
import struct

_SOI, _SOS, _EOI, _COMMENT, _ADOBE, _BASELINE = 0xD8, 0xDA, 0xD9, 0xFE, 0xEE, 0xC0
_APPLICATION = range(0xE0, 0xF0)
_KEPT = (0xC4, 0xDB, 0xDD)
"""Huffman tables, quantisation tables, restart interval."""

_CODED_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The first marker behind coded data, in which 0xFF is followed by 0, and restarts are (T.81 §B.1.1.5)."""

_GREY = ((1, 0x11),)
_COLOUR = ((1, 0x22), (2, 0x11), (3, 0x11))
"""Components by number and sampling: grey, and YCbCr with its colours halved both ways."""


def take_plain(data: bytes, size: tuple[int, int]) -> bytes | None:
    """The stream without what programs have put into it (camera, place, thumbnails), when it is of a kind that every
    reader of TIFF and PDF takes: baseline, grey or 4:2:0, of this (width, height). None when it is not."""
    kept, at = [b"\xff\xd8"], 2
    if data[:2] != kept[0]:
        return None
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _EOI:  # what stands behind it is no part of this picture
            return b"".join([*kept, data[at : at + 2]]) if kept[-1][1] == _SOS else None
        end = _find_end(data, at)
        if end is None:
            return None
        segment = data[at:end]
        if (marker == _BASELINE and _is_fit(segment, size)) or marker in _KEPT or (marker == _SOS and len(kept) > 1):
            kept.append(segment)
        elif (marker not in _APPLICATION and marker != _COMMENT) or _is_plain_rgb(marker, segment):
            return None
        at = end
    return None


def _find_end(data: bytes, at: int) -> int | None:
    """Where the segment ends that begins there, with the coded data of a scan; None when the stream is cut off."""
    if at + 4 > len(data):
        return None
    end: int = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
    if data[at + 1] != _SOS:
        return end
    found = _CODED_END.search(data, end)
    return None if found is None else found.start()


def _is_fit(segment: bytes, size: tuple[int, int]) -> bool:
    """Of a frame header (T.81 §B.2.2): eight bits, the size, and components that we can name."""
    if len(segment) < 10 or len(segment) < 10 + 3 * segment[9]:
        return False
    precision, height, width, count = struct.unpack_from(">BHHB", segment, 4)
    components = tuple((segment[10 + 3 * n], segment[11 + 3 * n]) for n in range(count))
    return precision == 8 and (width, height) == size and components in (_GREY, _COLOUR)


def _is_plain_rgb(marker: int, segment: bytes) -> bool:
    """Whether Adobe's segment says that the colours are not YCbCr."""
    return marker == _ADOBE and segment[4:9] == b"Adobe" and segment[-1] != 1
