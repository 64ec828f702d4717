"""Treatments of a grey picture that let a reader see through dirt; each works on all pixels at once, in whole numbers.

Gaussian blur is done by binomial kernels: [1 2 1] / 4 has a variance of 1/2, and of 2 when its taps lie two pixels
apart. A few of them in a row come as near to a Gauss as readers can tell, in a sixth of the time of a general blur.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Treatment = Callable[[Grey], Grey]


def blur(*steps: int) -> Treatment:
    """Blur by one kernel for each step, its taps so many pixels apart: sigma² = the sum of step² / 2."""

    def treat(picture: Grey) -> Grey:
        for step in steps:
            rows = np.pad(picture, ((step, step), (0, 0)), mode="edge")
            picture = _mix(rows[: -2 * step], rows[step:-step], rows[2 * step :])
            columns = np.pad(picture, ((0, 0), (step, step)), mode="edge")
            picture = _mix(columns[:, : -2 * step], columns[:, step:-step], columns[:, 2 * step :])
        return picture

    return treat


def _mix(before: Grey, here: Grey, after: Grey) -> Grey:
    """(before + 2 here + after) / 4 in eight bits: half way between two is what both have, and half of what one has.

    The first half is rounded up and the second down, so that the picture grows neither lighter nor darker.
    """
    around = (before | after) - ((before ^ after) >> 1)
    return (around & here) + ((around ^ here) >> 1)


def keep(picture: Grey) -> Grey:
    """As it is."""
    return picture


def take_median(picture: Grey) -> Grey:
    """Median of 3 × 3: single wrong pixels vanish."""
    rows = _sort_three(*(_shifted(picture, down, 0) for down in (-1, 0, 1)))
    lows = np.maximum.reduce([_shifted(rows[0], 0, right) for right in (-1, 0, 1)])
    middles = _sort_three(*(_shifted(rows[1], 0, right) for right in (-1, 0, 1)))[1]
    highs = np.minimum.reduce([_shifted(rows[2], 0, right) for right in (-1, 0, 1)])
    return _sort_three(lows, middles, highs)[1]


def lighten(picture: Grey) -> Grey:
    """Lightest of 2 × 2: thin specks and swollen bars lose a pixel."""
    return _extreme(picture, np.maximum)


def darken(picture: Grey) -> Grey:
    """Darkest of 2 × 2: faint and broken bars gain a pixel."""
    return _extreme(picture, np.minimum)


def sharpen(picture: Grey) -> Grey:
    """What a bad lens has smeared stands out again: three times the difference from a coarse blur is put on top."""
    wide = picture.astype(np.int16)
    return np.clip(wide + 3 * (wide - blur(2, 2)(picture)), 0, 255).astype(np.uint8)


def join(*treatments: Treatment) -> Treatment:
    """One after the other."""

    def treat(picture: Grey) -> Grey:
        for each in treatments:
            picture = each(picture)
        return picture

    return treat


def _extreme(picture: Grey, choose: np.ufunc) -> Grey:
    rows = choose(picture, _shifted(picture, 1, 0))
    return np.ascontiguousarray(choose(rows, _shifted(rows, 0, 1)))


def _sort_three(a: Grey, b: Grey, c: Grey) -> tuple[Grey, Grey, Grey]:
    low, high = np.minimum(a, b), np.maximum(a, b)
    return np.minimum(low, c), np.maximum(low, np.minimum(high, c)), np.maximum(high, c)


def _shifted(picture: Grey, down: int, right: int) -> Grey:
    """The picture moved, its edge pixels repeated."""
    padded = np.pad(picture, ((max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0))), mode="edge")
    height, width = picture.shape
    top, left = max(-down, 0), max(-right, 0)
    return padded[top : top + height, left : left + width]
