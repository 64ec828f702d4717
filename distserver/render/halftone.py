"""Grey to black and white: text and line art by threshold, pictures by a clustered-dot screen (never dither text).

Floyd-Steinberg turns the grey edges of smoothed text into noise, costs ten times the time and doubles the bytes. What a
square holds is told by how much of it is neither ink nor paper, and the paper is looked for first: that of a scan is
never quite white, and a page of dots is neither read nor soon sent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from distserver.render.paper import clear_tints, find_paper
from distserver.render.screens import PRINT_GRID, Grey, Grid

_DARK, _LIGHT = 24, 232
"""Between them lie the middle tones, on white paper; on other paper the upper one moves with it."""

_PICTURE_SHARE = 0.7
_AROUND = 2
"""Blocks each way that a picture is known by: with 8 dots to a block and 204 to the inch, 5 mm in all."""

_RIM_SHARE = 0.1
_CONTRAST = 48
_WHITE = 255


def to_black(grey: Grey, grid: Grid = PRINT_GRID) -> NDArray[np.bool_]:
    """(height, width) of grey, 0 is black, to the same shape of True for ink."""
    height, width = grey.shape
    across, down = grid.block
    bands = _cut_bands(clear_tints(grey), across, down)
    low, high = (_per_block(join.reduce(bands, axis=1), join, across) for join in (np.minimum, np.maximum))
    paper = find_paper(low, high)
    middle = _count_middle(bands, paper, across) / (across * down)
    if not middle.any():
        return grey < 128
    threshold = np.repeat(_local_threshold(low, high, paper), across, axis=1)
    ink = bands < threshold[:, None, :]
    pictures = _find_pictures(middle)
    if pictures.any():
        _screen_blocks(bands, ink, (pictures, paper), grid)
    return ink.reshape(-1, bands.shape[2])[:height, :width]


def _cut_bands(grey: Grey, across: int, down: int) -> Grey:
    """(bands, lines, width): whole blocks, the last ones filled up with what stands at the edge."""
    short = -grey.shape[0] % down, -grey.shape[1] % across
    padded = np.pad(grey, ((0, short[0]), (0, short[1])), mode="edge") if any(short) else grey
    return padded.reshape(-1, down, padded.shape[1])


def _per_block(columns: NDArray[Any], join: np.ufunc, across: int) -> NDArray[Any]:
    """(bands, width) to (bands, blocks): what each block's columns give together."""
    joined = columns[:, ::across].copy()
    for column in range(1, across):
        join(joined, columns[:, column::across], out=joined)
    return joined


def _count_middle(bands: Grey, paper: Grey | None, across: int) -> NDArray[np.uint16]:
    """How many dots of each block are neither ink nor paper."""
    if paper is None:
        middle = (bands - np.uint8(_DARK + 1)) < np.uint8(_LIGHT - _DARK - 1)
    else:
        limit = (paper.astype(np.uint16) * _LIGHT // _WHITE - _DARK - 1).astype(np.uint8)
        middle = (bands - np.uint8(_DARK + 1)) < np.repeat(limit, across, axis=1)[:, None, :]
    return _per_block(np.add.reduce(middle.view(np.uint8), axis=1, dtype=np.uint8).astype(np.uint16), np.add, across)


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
    there = np.flatnonzero(pictures.any(axis=1))
    rows = slice(there[0], there[-1] + 1)
    _, down, width = bands.shape
    screen = grid.tile(bands.shape[0] * down, width).reshape(bands.shape)[rows]
    if paper is not None:
        tone = np.repeat(paper[rows], grid.block[0], axis=1)[:, None, :].astype(np.uint16)
        screen = (screen * tone // _WHITE).astype(np.uint8)
    mask = np.repeat(pictures[rows], grid.block[0], axis=1)[:, None, :]
    np.copyto(ink[rows], bands[rows] <= screen, where=mask)


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
