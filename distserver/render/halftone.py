"""Grey to black and white: text and line art by threshold, pictures by a clustered-dot screen (never dither text).

Floyd-Steinberg turns the grey edges of smoothed text into noise, costs ten times the time and doubles the bytes. What a
square holds is told by how much of it is neither ink nor paper, and the paper is looked for first: that of a scan is
never quite white, and a page of dots is neither read nor soon sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distserver.render.paper import clear_tints, find_paper, find_tints
from distserver.render.screens import PRINT_GRID, Grey, Grid

_DARK, _LIGHT = 24, 232
"""Between them lie the middle tones, on white paper; on other paper the upper one moves with it."""

_PICTURE_SHARE = 0.7
_AROUND = 2
"""Blocks each way that a picture is known by: with 8 dots to a block and 204 to the inch, 5 mm in all."""

_RIM_SHARE = 0.1
_CONTRAST = 48
_WHITE = 255
_SLAB = 384
"""Lines that are worked on at a time: whole blocks and whole cells of every grid."""


def to_black(grey: Grey, grid: Grid = PRINT_GRID) -> NDArray[np.bool_]:
    """(height, width) of grey, 0 is black, to the same shape of True for ink."""
    ink = np.empty(grey.shape, np.bool_)
    for first, lines in _draw(grey, grid):
        ink[first : first + len(lines)] = lines
    return ink


def to_bits(grey: Grey, grid: Grid) -> NDArray[np.uint8]:
    """The same, eight dots to the octet, the leftmost highest, 1 is ink."""
    bits = np.empty((grey.shape[0], -(-grey.shape[1] // 8)), np.uint8)
    for first, lines in _draw(grey, grid):
        bits[first : first + len(lines)] = np.packbits(lines, axis=1)
    return bits


def _draw(grey: Grey, grid: Grid) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The lines in black and white, some at a time, each time with the number of the first."""
    slabs = _Slabs(grey, grid.block)
    low, high = slabs.survey()
    paper = find_paper(low, high)
    share = slabs.count_middle(paper) / (grid.block[0] * grid.block[1])
    pictures = _find_pictures(share)
    threshold = _local_threshold(low, high, paper)
    for first, rows, bands in slabs.read():
        ink = bands < np.repeat(threshold[rows], grid.block[0], axis=1)[:, None, :]
        if pictures[rows].any():
            tones = None if paper is None else paper[rows]
            _screen_blocks(bands, ink, (pictures[rows], tones), grid)
        yield first, ink.reshape(-1, bands.shape[2])[: grey.shape[0] - first, : grey.shape[1]]


class _Slabs:
    """A page in pieces that stay in a processor's cache: to go through it three times so costs less than once as a
    whole, and takes no memory to speak of. Tints are cleared as it is read."""

    def __init__(self, grey: Grey, block: tuple[int, int]) -> None:
        self._grey = grey
        self._across, self._down = block
        self._tints = find_tints(grey)
        self._blocks = -(-grey.shape[0] // self._down), -(-grey.shape[1] // self._across)

    def read(self) -> Iterator[tuple[int, slice, Grey]]:
        """Number of the first line, the rows of blocks, and (rows, lines of a block, width) of whole blocks: the last
        ones are filled up with what stands at the edge."""
        width = self._blocks[1] * self._across
        for first in range(0, self._grey.shape[0], _SLAB):
            part = self._grey[first : first + _SLAB]
            short = -part.shape[0] % self._down, width - part.shape[1]
            part = np.pad(part, ((0, short[0]), (0, short[1])), mode="edge") if any(short) else part
            rows = slice(first // self._down, (first + part.shape[0]) // self._down)
            yield first, rows, clear_tints(part, self._tints).reshape(-1, self._down, width)

    def survey(self) -> tuple[Grey, Grey]:
        """The darkest and the lightest dot of each block."""
        low, high = np.empty(self._blocks, np.uint8), np.empty(self._blocks, np.uint8)
        for _, rows, bands in self.read():
            low[rows] = _per_block(bands.min(axis=1), np.minimum, self._across)
            high[rows] = _per_block(bands.max(axis=1), np.maximum, self._across)
        return low, high

    def count_middle(self, paper: Grey | None) -> NDArray[np.uint16]:
        """How many dots of each block are neither ink nor paper."""
        count = np.empty(self._blocks, np.uint16)
        top = np.uint8(_LIGHT - _DARK - 1)
        for _, rows, bands in self.read():
            limit: Any = top
            if paper is not None:
                tone = paper[rows].astype(np.uint16) * _LIGHT // _WHITE - _DARK - 1
                limit = np.repeat(tone.astype(np.uint8), self._across, axis=1)[:, None, :]
            middle = (bands - np.uint8(_DARK + 1)) < limit
            columns = np.add.reduce(middle.view(np.uint8), axis=1, dtype=np.uint8)
            count[rows] = _per_block(columns.astype(np.uint16), np.add, self._across)
        return count


def _per_block(columns: NDArray[Any], join: np.ufunc, across: int) -> NDArray[Any]:
    """(bands, width) to (bands, blocks): what each block's columns give together."""
    joined = columns[:, ::across].copy()
    for column in range(1, across):
        join(joined, columns[:, column::across], out=joined)
    return joined


def _local_threshold(low: Grey, high: Grey, paper: Grey | None) -> Grey:
    """Halfway between paper and ink around each block, so that light grey text stays text; where all is even, halfway
    to the paper."""
    if paper is not None:
        high = np.minimum(high, paper)  # the white beside a scan is no paper of its text
    low, high = _spread(low, np.minimum), _spread(high, np.maximum)
    halfway = (low.astype(np.uint16) + high + 1) // 2
    even = 128 if paper is None else paper // 2
    return np.where(high.astype(np.int16) - low >= _CONTRAST, halfway, even).astype(np.uint8)


def _screen_blocks(
    bands: Grey, ink: NDArray[np.bool_], where: tuple[NDArray[np.bool_], Grey | None], grid: Grid
) -> None:
    """Write the dots into `ink` where pictures are, lighter as the paper is darker."""
    pictures, paper = where
    across = grid.block[0]
    screen = grid.tile(_SLAB, bands.shape[2])[: bands.shape[0] * bands.shape[1]].reshape(bands.shape)
    if paper is not None:
        tone = np.repeat(paper, across, axis=1)[:, None, :].astype(np.uint16)
        screen = (screen * tone // _WHITE).astype(np.uint8)
    np.copyto(ink, bands <= screen, where=np.repeat(pictures, across, axis=1)[:, None, :])


def _find_pictures(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Blocks around which most is of middle tones, and those with some at the rim of such groups.

    Between letters and lines of text there is paper, however small or pale it is; in a picture there is none.
    """
    found = _average(share) >= _PICTURE_SHARE
    if not found.any():
        return found
    for _ in range(_AROUND):
        found = _spread(found, np.logical_or) & (share > _RIM_SHARE)
    return found


def _average(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each block and those `_AROUND` blocks from it each way."""
    side = 2 * _AROUND + 1
    total = np.pad(share, _AROUND, mode="edge")
    for axis in (0, 1):
        sums = np.cumsum(total, axis=axis)
        zero = np.zeros_like(sums.take([0], axis=axis))
        sums = np.concatenate([zero, sums], axis=axis)
        ahead, behind = (slice(side, None), slice(None, -side))
        index = (slice(None),) * axis
        total = sums[(*index, ahead)] - sums[(*index, behind)]
    return total / (side * side)


def _spread(values: NDArray[Any], join: np.ufunc) -> NDArray[Any]:
    """Each value joined with its eight neighbours'."""
    across = values.copy()
    join(across[:, 1:], values[:, :-1], out=across[:, 1:])
    join(across[:, :-1], values[:, 1:], out=across[:, :-1])
    out = across.copy()
    join(out[1:], across[:-1], out=out[1:])
    join(out[:-1], across[1:], out=out[:-1])
    return out
