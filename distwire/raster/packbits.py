"""The line compression that PWG raster and Apple raster share (PWG 5102.4 §4.3.3): a PackBits of whole pixels.

A row is one byte (how often the row comes again) and then tokens: `n` 0…127 is one pixel, n + 1 times; 129…255 is
257 - n pixels as they are; 128 fills the rest of the row with white (Apple raster).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Index = NDArray[np.intp]

BAND = 256
"""Rows that are compressed at once: as many as one repeat byte can say, and few enough for the processor's cache."""


def encode_rows(rows: Bytes, unit: int) -> Iterator[bytes]:
    """Compress `rows` (height, bytes per line), pixels of `unit` bytes each; yields one piece a band."""
    for top in range(0, rows.shape[0], BAND):
        yield _encode_band(rows[top : top + BAND], unit)


def _encode_band(rows: Bytes, unit: int) -> bytes:
    """Compress at most 256 rows.

    Done for all rows at once, without a loop over pixels: runs are found where neighbours differ, runs of one become
    literals, everything is cut to 128 pixels, and sizes summed up tell where each token's bytes go.
    """
    fresh = np.empty(rows.shape[0], bool)
    fresh[0] = True
    np.any(rows[1:] != rows[:-1], axis=1, out=fresh[1:])
    tops = np.flatnonzero(fresh)
    repeats = np.diff(tops, append=rows.shape[0])
    distinct = np.ascontiguousarray(rows if tops.size == rows.shape[0] else rows[tops])
    width = distinct.shape[1] // unit
    starts = _find_runs(distinct, unit)
    start, length, literal = _cut_tokens(starts, width, distinct.shape[0])
    return _write_tokens(distinct.reshape(-1, unit), (start, length, literal), repeats, width)


def _find_runs(rows: Bytes, unit: int) -> Index:
    """Pixel numbers, over all rows, where a run of equal pixels starts; every row starts one."""
    flat = rows.reshape(-1)
    differs = np.empty(flat.size, bool)
    np.not_equal(flat[unit:], flat[:-unit], out=differs[unit:])
    differs.reshape(rows.shape[0], -1)[:, :unit] = True
    found = np.flatnonzero(differs)
    if unit == 1:
        return found
    found //= unit
    keep = np.empty(found.size, bool)
    keep[0] = True
    np.not_equal(found[1:], found[:-1], out=keep[1:])
    return found[keep]


def _cut_tokens(starts: Index, width: int, height: int) -> tuple[Index, Index, NDArray[np.bool_]]:
    """(first pixel, number of pixels, is a literal) of every token, in order."""
    end = width * height
    single = np.diff(starts, append=end) == 1
    joins = single[1:] & single[:-1] & (starts[1:] % width != 0)
    head = np.concatenate(([True], ~joins))
    start = starts[head]
    literal = single[head]
    length = np.diff(start, append=end)
    if length.size and int(length.max()) > 128:
        pieces = (length + 127) >> 7
        first = np.cumsum(pieces) - pieces
        offset = (np.arange(int(pieces.sum())) - np.repeat(first, pieces)) << 7
        length = np.minimum(np.repeat(length, pieces) - offset, 128)
        start = np.repeat(start, pieces) + offset
        literal = np.repeat(literal, pieces)
    return start, length, literal


def _write_tokens(pixels: Bytes, tokens: tuple[Index, Index, NDArray[np.bool_]], repeats: Index, width: int) -> bytes:
    start, length, literal = tokens
    unit = pixels.shape[1]
    row_head = start % width == 0
    size = np.where(literal, length, 1) * unit + 1 + row_head
    after = np.cumsum(size)
    place = after - size + row_head
    out = np.empty(int(after[-1]), np.uint8)
    out[place[row_head] - 1] = repeats - 1
    out[place] = np.where(literal & (length > 1), 257 - length, length - 1)
    repeat = ~literal
    if literal.any():
        body = np.ones(out.size, bool)
        body[place] = False
        body[place[row_head] - 1] = False
        for byte in range(1, unit + 1):
            body[place[repeat] + byte] = False
        out[body] = pixels[np.repeat(literal, length)].reshape(-1)
    color = pixels[start[repeat]]
    for byte in range(unit):
        out[place[repeat] + 1 + byte] = color[:, byte]
    return out.tobytes()


def decode_row(data: bytes, at: int, length: int, unit: int, white: bytes) -> tuple[bytes, int] | None:
    """One row's bytes from its tokens at `data[at:]`, and where the next begins; None when the data ends before.

    Tokens that reach beyond the row are cut, as other readers do.
    """
    pieces: list[bytes] = []
    end = len(data)
    missing = length
    while missing > 0:
        if at >= end:
            return None
        token = data[at]
        at += 1
        if token < 128:
            piece = data[at : at + unit]
            at += unit
            if at > end:
                return None
            piece *= token + 1
        elif token > 128:
            size = min((257 - token) * unit, missing)
            piece = data[at : at + size]
            at += size
            if at > end:
                return None
        else:
            piece = white * missing
        pieces.append(piece)
        missing -= len(piece)
    row = b"".join(pieces)
    return (row if missing == 0 else row[:length]), at
