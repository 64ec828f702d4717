"""Where a code's bits stand: Data Matrix of one region (ISO/IEC 16022 Annex F), Aztec of one layer (ISO/IEC 24778)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
"""For each bit of the code its module, counted row by row from the upper left one."""

_WORD = ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0))
"""A word's bits, seen from its last one: (rows, columns)."""
_CORNER = ((-1, 0), (-1, 1), (-1, 2), (0, -2), (0, -1), (1, -1), (2, -1), (3, -1))
"""A word that is laid over three corners, from the upper left one; negative: from the other end."""
_AZTEC_SIDE, _AZTEC_RUN, _AZTEC_SPARE = 15, 13, 2
"""Modules of a side, those of a side's part of the layer, and bits of the layer that are too few for a word."""


def place_data_matrix(side: int) -> Places:
    """For a square symbol of 14 or 18 modules: of the standard's four corner cases they have the first, or none.

    Words go up and down the diagonals of the inner square in a zigzag. One that crosses the upper or left edge goes on
    at the opposite edge, moved along it so that the two halves meet.
    """
    inner = side - 2
    words = [
        [_wrap(last[0] + down, last[1] + right, inner) for down, right in _WORD]
        if last is not None
        else [(down % inner, right % inner) for down, right in _CORNER]
        for last in _walk_diagonals(inner)
    ]
    return np.array([(row + 1) * side + column + 1 for word in words for row, column in word])


def _walk_diagonals(inner: int) -> Iterator[tuple[int, int] | None]:
    """Row and column of each word's last bit, in the words' order; None: the corner case."""
    row, column, step = 4, 0, -2
    taken: set[tuple[int, int]] = set()
    while row < inner or column < inner:
        if (row, column) == (inner, 0):
            yield None
            taken.update((down % inner, right % inner) for down, right in _CORNER)
        while (row >= 0 and column < inner) if step < 0 else (row < inner and column >= 0):
            if 0 <= row < inner and 0 <= column < inner and (row, column) not in taken:
                yield row, column
                taken.update(_wrap(row + down, column + right, inner) for down, right in _WORD)
            row, column = row + step, column - step
        row, column = (row + 1, column + 3) if step < 0 else (row + 3, column + 1)
        step = -step


def _wrap(row: int, column: int, inner: int) -> tuple[int, int]:
    aside = 4 - (inner + 4) % 8
    if row < 0:
        row, column = row + inner, column + aside
    if column < 0:
        row, column = row + aside, column + inner
    return row, column


def place_aztec() -> Places:
    """For a compact symbol of one layer: two modules at a time along the left, lower, right and upper edge.

    The first bits of the layer are no part of a word.
    """
    last = _AZTEC_SIDE - 1
    steps = [(along, across) for along in range(_AZTEC_RUN) for across in (0, 1)]
    around = (
        *((along, across) for along, across in steps),
        *((last - across, along) for along, across in steps),
        *((last - along, last - across) for along, across in steps),
        *((across, last - along) for along, across in steps),
    )
    return np.array([row * _AZTEC_SIDE + column for row, column in around])[_AZTEC_SPARE:]
