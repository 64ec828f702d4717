"""Grey to black and white: text and line art by threshold, pictures by a clustered-dot screen (never dither text).

Floyd-Steinberg turns the grey edges of smoothed text into noise, costs ten times the time and doubles the bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

BLOCK = 8
"""Side in pixels of the squares that are told apart; at 300 dpi 0.7 mm, less than a letter, more than its edge."""

_DARK, _LIGHT = 24, 232
_PICTURE_SHARE = 0.6
_RIM_SHARE = 0.1
_CONTRAST = 48

# Order in which the 16 cells of a dot turn black as the tone darkens: outwards from the middle, so that dots grow.
_GROWTH = np.array([[13, 8, 9, 14], [7, 1, 2, 10], [6, 0, 3, 11], [12, 5, 4, 15]])
_SCREEN = (255 - (_GROWTH * 2 + 1) * 8).astype(np.uint8)


def to_black(grey: Grey) -> NDArray[np.bool_]:
    """(height, width) of grey, 0 is black, to the same shape of True for ink."""
    height, width = grey.shape
    padded = np.pad(grey, ((0, -height % BLOCK), (0, -width % BLOCK)), mode="edge")
    bands = padded.reshape(padded.shape[0] // BLOCK, BLOCK, padded.shape[1])
    middle = (bands - np.uint8(_DARK + 1)) < np.uint8(_LIGHT - _DARK - 1)
    counts = _per_block(np.add.reduce(middle, axis=1, dtype=np.uint8), np.add)
    if not counts.any():
        return grey < 128
    threshold = np.repeat(_local_threshold(bands), BLOCK, axis=1)
    ink = bands < threshold[:, None, :]
    pictures = _find_pictures(counts / (BLOCK * BLOCK))
    if pictures.any():
        _screen_blocks(bands, ink, pictures)
    return ink.reshape(padded.shape)[:height, :width]


def _per_block(columns: Grey, join: np.ufunc) -> Grey:
    """(bands, width) to (bands, blocks): what each block's columns give together."""
    joined: Grey = join.reduce(columns.reshape(columns.shape[0], -1, BLOCK), axis=2, dtype=np.uint8)
    return joined


def _local_threshold(bands: Grey) -> Grey:
    """Halfway between paper and ink around each block, so that light grey text stays text; 128 where all is even."""
    low = _spread(_per_block(bands.min(axis=1), np.minimum), np.minimum)
    high = _spread(_per_block(bands.max(axis=1), np.maximum), np.maximum)
    halfway = (low.astype(np.uint16) + high + 1) // 2
    return np.where(high - low >= _CONTRAST, halfway, 128).astype(np.uint8)


def _screen_blocks(bands: Grey, ink: NDArray[np.bool_], pictures: NDArray[np.bool_]) -> None:
    """Write the clustered dots into `ink` where `pictures` says so."""
    rows = np.flatnonzero(pictures.any(axis=1))
    across = bands.shape[2]
    screen = np.tile(_SCREEN, (BLOCK // 4, across // 4))
    where = np.repeat(pictures[rows], BLOCK, axis=1)[:, None, :]
    ink[rows] = np.where(where, bands[rows] <= screen, ink[rows])


def _find_pictures(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Blocks of mostly middle tones, in groups of 2 x 2 at least, and the rim of middle tones around such groups."""
    dense = share >= _PICTURE_SHARE
    square = dense[:-1, :-1] & dense[1:, :-1] & dense[:-1, 1:] & dense[1:, 1:]
    core = np.zeros_like(dense)
    for down in (0, 1):
        for right in (0, 1):
            core[down : down + square.shape[0], right : right + square.shape[1]] |= square
    return core | (_spread(core, np.logical_or) & (share > _RIM_SHARE))


def _spread(values: NDArray[Any], join: np.ufunc) -> NDArray[Any]:
    """Each value joined with its eight neighbours'."""
    across = values.copy()
    join(across[:, 1:], values[:, :-1], out=across[:, 1:])
    join(across[:, :-1], values[:, 1:], out=across[:, :-1])
    out = across.copy()
    join(out[1:], across[:-1], out=out[1:])
    join(out[:-1], across[1:], out=out[:-1])
    return out
