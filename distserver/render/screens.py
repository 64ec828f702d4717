"""Screens: in which order the dots of a cell turn black as a tone darkens, so that together they look grey."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_ELLIPSE = 0.7
"""How much a dot is longer than it is high. Dots that join along their line first have half as many edges in middle
tones as round ones, and edges are what MMR takes octets for: a quarter less for the same likeness."""

_CELLS = {98: (4, 2), 196: (4, 4), 391: (4, 8), 300: (6, 6)}
"""(width, height) of a cell by lines per inch: half a millimetre, as coarse as a newspaper's screen, because finer dots
do not survive a fax machine. Those of 408 dots per inch are twice as wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """`block` is (width, height) of the squares in which text and pictures are told apart; `screen` has the tone, at or
    below which a dot turns black, for each dot of a cell."""

    block: tuple[int, int]
    screen: Grey

    def tile(self, height: int, width: int) -> Grey:
        """The screen all over a page."""
        return _tile(self, height, width)


@lru_cache(maxsize=2)
def _tile(grid: Grid, height: int, width: int) -> Grey:
    down, across = grid.screen.shape
    return np.tile(grid.screen, (-(-height // down), -(-width // across)))[:height, :width]


def to_thresholds(order: NDArray[np.int_]) -> Grey:
    """The screen of a cell whose dots turn black in this order, from 0."""
    return (255 - (order * 2 + 1) * 255 / (2 * order.size)).astype(np.uint8)


def _grow(width: int, height: int) -> NDArray[np.int_]:
    """Outwards from the middle, along the line first; a hair off the middle, so that no two dots are as far."""
    y, x = np.mgrid[0:height, 0:width]
    far = (y - (height - 1) / 2 + 0.01) ** 2 * (width / height) ** 2 + ((x - (width - 1) / 2 + 0.013) * _ELLIPSE) ** 2
    return _rank(far)


def _rank(values: NDArray[np.float64]) -> NDArray[np.int_]:
    ranks = np.empty(values.size, np.int_)
    ranks[np.argsort(values, axis=None, kind="stable")] = np.arange(values.size)
    return ranks.reshape(values.shape)


def _alternate(order: NDArray[np.int_]) -> NDArray[np.int_]:
    """Four cells that grow in turn, for cells of so few dots that their steps would be seen."""
    turn = np.kron(np.array([[0, 2], [3, 1]]), np.ones(order.shape, np.int_))
    return np.tile(order, (2, 2)) * 4 + turn


@lru_cache(maxsize=8)
def fax_grid(dpi: tuple[int, int]) -> Grid:
    """The grid of a fax of so many dots per inch (across, down)."""
    width, height = _CELLS.get(dpi[1], _CELLS[196])
    fine = dpi[0] > 350
    order = _grow(width * 2 if fine else width, height)
    block = 16 if fine else 8, 4 if dpi[1] < 150 else 16 if dpi[1] > 350 else 8
    return Grid(block, to_thresholds(_alternate(order) if order.size < 16 else order))


# Printers hold finer dots. Outwards from the middle, so that dots grow.
PRINT_GRID = Grid((8, 8), to_thresholds(np.array([[13, 8, 9, 14], [7, 1, 2, 10], [6, 0, 3, 11], [12, 5, 4, 15]])))
