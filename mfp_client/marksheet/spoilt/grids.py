"""A symbol's modules on a page: the grid that they lie on, laid to a fraction of a module, and how dark each is.

A grid is affine: a fax has other dots down than across, a feeder draws in askew. It is laid where the modules that are
the same in every such symbol (the finder pattern) stand out best, so that nothing of the text goes into the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfp_client.marksheet.spoilt.kinds import Kind

Picture = NDArray[np.floating]
"""Grey, 0 black, in working resolution."""
Values = NDArray[np.float64]

_SPOTS = np.array([(0.0, 0.0), (0.22, 0.0), (-0.22, 0.0), (0.0, 0.22), (0.0, -0.22)])
"""Where a module is looked at, in modules from its middle: away from its edges, which dots and blur have moved."""
_LEAST_SEEN = 0.4
"""Of the spots of a module; one of which less is on the page is unknown."""
_STEPS = ((2.0, 0.4), (1.0, 0.3), (0.5, 0.25), (0.25, 0.25))
"""Pixels by which a corner of the grid is moved, and what share of the pattern may look wrong before that."""
_ROUNDS = 4
_LEAST_PATTERN = 4
"""Dark modules of the pattern, and light ones, that must be on the page."""
_NARROWEST = 0.12
"""Least standard deviation of dark and light modules, in parts of the contrast."""
_MOST_WRONG = 0.2
"""Share of the pattern's modules that may look wrong; half of them do where there is no symbol."""


@dataclass(frozen=True, slots=True)
class Area:
    """A picture and how wide a margin around it is no part of the page."""

    pixels: Picture
    margin: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Where modules lie: `place` is the middle of the symbol, `across` and `down` the steps to the next module."""

    place: tuple[float, float]
    across: tuple[float, float]
    down: tuple[float, float]

    def locate(self, columns: Values, rows: Values) -> tuple[Values, Values]:
        """Pixels of points that are given in modules from the middle."""
        return (
            self.place[0] + self.across[0] * columns + self.down[0] * rows,
            self.place[1] + self.across[1] * columns + self.down[1] * rows,
        )


def lay_grid(area: Area, kind: Kind, first: Grid) -> Grid | None:
    """The grid near `first` on which the modules of the pattern stand out best, by trying steps in each direction.

    None: there is too little of the pattern to be seen that anything could come of it.
    """
    known = np.flatnonzero(kind.pattern)
    values = np.array([*first.place, *first.across, *first.down])
    best, wrong = _measure_contrast(area, kind, known, first)
    reach = np.array([1.0, 1.0, *[2 / kind.side] * 4])
    moves = np.concatenate((np.diag(reach), -np.diag(reach)))
    for step, allowed in _STEPS:
        if wrong > allowed:
            return None
        for _ in range(_ROUNDS):
            before = best
            for move in moves * step:
                tried, wrong_there = _measure_contrast(area, kind, known, _make_grid(values + move))
                if tried > best:
                    best, wrong, values = tried, wrong_there, values + move
            if best == before:
                break
    return _make_grid(values)


def weigh_modules(area: Area, kind: Kind, grid: Grid) -> Values | None:
    """log2 of how much likelier dark is than light, for each module row by row; 0 for those that are not on the page.

    How dark and light modules look is learnt from the pattern, and so is how often a module is simply wrong: dirt does
    not care for shades. None: the pattern is not to be seen there.
    """
    pattern = kind.pattern.ravel()
    values, seen = _look_at(area, kind, grid, np.arange(kind.side**2))
    seen &= ~_find_blank(values, seen, pattern, kind.side)
    dark, light = values[seen & (pattern > 0)], values[seen & (pattern < 0)]
    if min(len(dark), len(light)) < _LEAST_PATTERN or light.mean() <= dark.mean():
        return None
    contrast = light.mean() - dark.mean()
    spread = max(dark.std(), _NARROWEST * contrast), max(light.std(), _NARROWEST * contrast)
    # darker than the mean of the dark is no less dark: only what lies between the two means is in doubt
    off_dark = np.maximum(values - dark.mean(), 0) / spread[0]
    off_light = np.maximum(light.mean() - values, 0) / spread[1]
    leaning = np.log(spread[1] / spread[0]) + (off_light**2 - off_dark**2) / 2
    wrong = int(((leaning > 0) != (pattern > 0))[seen & (pattern != 0)].sum())
    lapse = (wrong + 0.5) / (len(dark) + len(light) + 1)
    if lapse > _MOST_WRONG:
        return None
    chance = lapse + (1 - 2 * lapse) / (1 + np.exp(-np.clip(leaning, -50, 50)))
    odds: Values = np.where(seen, np.log2(chance / (1 - chance)), 0.0)
    return odds


def _find_blank(values: Values, seen: NDArray[np.bool_], pattern: NDArray[np.int8], side: int) -> NDArray[np.bool_]:
    """Rows and columns at an edge that show nothing dark, and the next one, which may be cut through.

    A page may end within a scan: then what is cut off is as white as the lid of the scanner. Of fourteen and more
    modules in a row one is dark, but for once in thousands of times.
    """
    dark, light = values[seen & (pattern > 0)], values[seen & (pattern < 0)]
    limit = (dark.mean() + light.mean()) / 2 if len(dark) and len(light) else 0.0
    here, there = seen.reshape(side, side), (seen & (values < limit)).reshape(side, side)
    blank = np.zeros((side, side), bool)
    for turn in range(4):
        empty = int(np.rot90(there, turn).any(1).argmax())
        if np.rot90(here, turn)[:empty].any():
            np.rot90(blank, turn)[: empty + 1] = True
    return blank.ravel()


def _make_grid(values: Values) -> Grid:
    x, y, *steps = values.tolist()
    return Grid((x, y), (steps[0], steps[1]), (steps[2], steps[3]))


def _measure_contrast(area: Area, kind: Kind, known: NDArray[np.intp], grid: Grid) -> tuple[float, float]:
    """How much lighter the light modules of the pattern are, and what share of them all looks wrong."""
    values, seen = _look_at(area, kind, grid, known)
    dark = kind.pattern.ravel()[known[seen]] > 0
    values = values[seen]
    count = int(dark.sum())
    if min(count, len(dark) - count) < _LEAST_PATTERN:
        return 0.0, 1.0
    black, white = values @ dark / count, values @ ~dark / (len(dark) - count)
    wrong = np.count_nonzero((values < (black + white) / 2) != dark)
    return float(white - black), wrong / len(dark)


def _look_at(area: Area, kind: Kind, grid: Grid, modules: NDArray[np.intp]) -> tuple[Values, NDArray[np.bool_]]:
    """How dark modules are, by those of their spots that are on the page; and whether enough of them are."""
    middle = (kind.side - 1) / 2
    columns = (modules % kind.side - middle)[:, None] + _SPOTS[:, 0]
    rows = (modules // kind.side - middle)[:, None] + _SPOTS[:, 1]
    x, y = grid.locate(columns, rows)
    height, width = area.pixels.shape
    edge = area.margin - 0.5
    inside = (x > edge) & (y > edge) & (x < width - 1 - edge) & (y < height - 1 - edge)
    values = _interpolate(area.pixels, x, y)
    count = inside.sum(1)
    return (values * inside).sum(1) / np.maximum(count, 1), count >= _LEAST_SEEN * len(_SPOTS)


def _interpolate(pixels: Picture, x: Values, y: Values) -> Values:
    """Between pixels; beyond the edge as at the edge."""
    height, width = pixels.shape
    x, y = np.minimum(np.maximum(x, 0), width - 1.001), np.minimum(np.maximum(y, 0), height - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, down = x - left, y - top
    flat, start = pixels.ravel(), top * width + left
    upper, lower = flat[start], flat[start + width]
    upper = upper + (flat[start + 1] - upper) * right
    lower = lower + (flat[start + width + 1] - lower) * right
    values: Values = upper + (lower - upper) * down
    return values
