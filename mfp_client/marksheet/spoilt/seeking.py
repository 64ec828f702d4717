"""Where on a picture a symbol may lie that no reader finds: by its finder pattern, of which much may be missing.

The pattern is laid on every place at once, in some sizes and angles: a correlation, done by Fourier transform in half
the working resolution. What it comes to is compared with how much the picture changes there at all.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from mfp_client.marksheet.layout import CELL, MM_PER_INCH
from mfp_client.marksheet.spoilt.grids import Area, Grid, Picture
from mfp_client.marksheet.spoilt.kinds import Kind
from mfp_client.marksheet.views import DPI

Spectrum = NDArray[np.complexfloating]
_MODULE = CELL / MM_PER_INCH * DPI / 2
"""Pixels of a module in half the working resolution."""
_SIZES = (0.96, 1.0, 1.04)
_ANGLES = (-5.0, -2.5, 0.0, 2.5, 5.0)
"""Coarse: the grid that is laid afterwards finds the rest."""
_LEAST_CHANGE = 6.0
_AROUND = 32
"""Pixels added on every side: a pattern of which a third is cut off must still fit in."""
_LEAST_SIDE = 128
"""More than the largest pattern takes."""
_APART = 8
_LEAST_LIKE = 0.6
"""What a pattern must come to: a clean symbol 1.7 to 2, one of which a quarter is cut off 1.1, writing up to 0.9."""
_MOST = 3
"""Places for each picture and kind."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in its pixels: the right and lower edges are outside."""

    left: int
    top: int
    right: int
    bottom: int


def seek_grids(area: Area, kind: Kind, window: Window) -> Iterator[Grid]:
    """Grids whose middle may be that of a symbol, the likeliest first, good to a module."""
    ink = _halve(area.pixels[window.top : window.bottom, window.left : window.right])
    wanted = [(size, angle) for size in _SIZES for angle in _ANGLES]
    shape = ink.shape
    spectrum = np.fft.rfft2(ink)
    fits = np.stack([_transform_back(spectrum * _draw_pattern(kind, shape, *each), shape) for each in wanted])
    best = fits.max(0)
    best /= _measure_change(ink, spectrum, kind)
    for _ in range(_MOST):
        row, column = divmod(int(best.argmax()), shape[1])
        if best[row, column] < _LEAST_LIKE:
            return
        size, angle = wanted[int(fits[:, row, column].argmax())]
        place = window.left + 2 * (column - _AROUND) + 0.5, window.top + 2 * (row - _AROUND) + 0.5
        yield _make_grid(place, 2 * _MODULE * size, angle)
        best[max(0, row - _APART) : row + _APART + 1, max(0, column - _APART) : column + _APART + 1] = 0


def _make_grid(place: tuple[float, float], module: float, angle: float) -> Grid:
    along, aside = module * cos(radians(angle)), module * sin(radians(angle))
    return Grid(place, (along, aside), (-aside, along))


def _halve(pixels: Picture) -> Picture:
    """In half the resolution, black 255 and paper 0, with paper around, in a size that is quick to transform."""
    height, width = (side // 2 * 2 for side in pixels.shape)
    even = pixels[:height, :width]
    halved = 255 - (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    more = [_find_quick(max(side + 2 * _AROUND, _LEAST_SIDE)) - side - _AROUND for side in halved.shape]
    return np.pad(halved, ((_AROUND, more[0]), (_AROUND, more[1]))).astype(np.float32)


def _find_quick(least: int) -> int:
    """The next number without prime factors above 5."""
    for number in range(least, 2 * least):
        rest = number
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return number
    return least


def _measure_change(ink: Picture, spectrum: Spectrum, kind: Kind) -> Picture:
    """Standard deviation within a square of the symbol's size around each pixel, and a little more."""
    side = round(_MODULE * (kind.side + 2))
    square = np.zeros(ink.shape, np.float32)
    square[:side, :side] = 1 / side**2
    window = np.conj(np.fft.rfft2(np.roll(square, (-(side // 2), -(side // 2)), (0, 1))))
    mean = _transform_back(spectrum * window, ink.shape)
    squares = _transform_back(np.fft.rfft2(ink * ink) * window, ink.shape)
    return np.sqrt(np.maximum(squares - mean * mean, 0)) + np.float32(_LEAST_CHANGE)


@functools.lru_cache(maxsize=128)
def _draw_pattern(kind: Kind, shape: tuple[int, int], size: float, angle: float) -> Spectrum:
    """The spectrum of the pattern with a rim of quiet zone, around the origin; dark and light sum to 1 each."""
    padded = np.pad(kind.pattern, 1, constant_values=-1)
    middle = len(padded) / 2
    reach = int(_MODULE * size * len(padded) * 0.75) + 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1] / (_MODULE * size)
    along, aside = cos(radians(angle)), sin(radians(angle))
    x = np.floor(along * columns + aside * rows + middle).astype(int)
    y = np.floor(along * rows - aside * columns + middle).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < len(padded)) & (y < len(padded))
    signs = np.where(inside, padded[np.where(inside, y, 0), np.where(inside, x, 0)], 0)
    weights = np.where(signs > 0, 1 / max(1, (signs > 0).sum()), np.where(signs < 0, -1 / max(1, (signs < 0).sum()), 0))
    whole = np.zeros(shape, np.float32)
    whole[: 2 * reach + 1, : 2 * reach + 1] = weights
    return np.conj(np.fft.rfft2(np.roll(whole, (-reach, -reach), (0, 1))))


def _transform_back(spectrum: Spectrum, shape: tuple[int, ...]) -> Picture:
    return np.fft.irfft2(spectrum, shape)
