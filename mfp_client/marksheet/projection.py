"""Bars seen as a whole: the mean along them, instead of a line across them.

A linear code is as high as a hundred lines of a scan. A reader looks at single lines, and gives up where each of them
is spoilt somewhere; the mean of many has lost the specks, pen strokes and streaks of each. It takes the tilt of the
bars to a third of a degree, so it is sought: of all tilts, the right one gives the mean with the sharpest edges.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from mfp_client.marksheet.filters import Grey, blur
from mfp_client.marksheet.readers import BARS, Symbol, read_zxing

_BAND = 28
"""Lines of which the mean is taken: 3.5 mm at 200 dpi, short enough for paper that is not flat."""
_STEP = 14
_TILTS = np.arange(-0.126, 0.1261, 0.009)
"""Sideways pixels for each line: up to 7 degrees either way."""
_BEST = 4
_REPEAT = 10
_GAP = 6


def read_means(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """What zxing-cpp sees of Code 128 in the means of those bands that most look like bars."""
    drawn, middles = _draw_means(picture)
    found = read_zxing(blur(1)(drawn), BARS, False)
    return [replace(symbol, y=middles[int(symbol.y) // (_REPEAT + _GAP)]) for symbol in found]


def _draw_means(picture: Grey) -> tuple[Grey, list[float]]:
    """The mean of each chosen band, drawn anew one below the other, and where the middle of each band was."""
    tops = np.arange(0, picture.shape[0] - _BAND + 1, _STEP)
    if not len(tops):
        return picture, [0.0] * picture.shape[0]
    tilts, sharpness = _find_tilts(picture, tops)
    chosen = np.argsort(-sharpness)[:_BEST]
    gap = np.full((_GAP, picture.shape[1]), 255, np.uint8)
    rows: list[Grey] = []
    for top, tilt in zip(tops[chosen], tilts[chosen], strict=True):
        lines = picture[top : top + _BAND].astype(np.int32)
        profile = _add_up(lines[None], (np.arange(_BAND) - _BAND / 2) * tilt)[0]
        rows += [np.tile(_stretch(profile), (_REPEAT, 1)), gap]
    return np.concatenate(rows), (tops[chosen] + _BAND / 2).tolist()


def _find_tilts(picture: Grey, tops: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each band the tilt at which its mean has the sharpest edges, and how sharp they are; at half resolution."""
    coarse = picture[::2, ::2].astype(np.int32)
    lines = np.arange(_BAND // 2)
    bands = coarse[tops[:, None] // 2 + lines]
    offsets = lines - _BAND / 4
    edges = np.array([np.square(np.diff(_add_up(bands, offsets * tilt), axis=1)).sum(1) for tilt in _TILTS], float)
    best = edges.argmax(0)
    return _TILTS[best], edges[best, np.arange(len(tops))]


def _add_up(bands: NDArray[np.int32], shifts: NDArray[np.float64]) -> NDArray[np.int32]:
    """The sum of each band's lines, each moved by whole pixels; what leaves comes in again, as white as it left."""
    total = np.zeros((bands.shape[0], bands.shape[2]), np.int32)
    for line, shift in enumerate(np.rint(shifts).astype(int).tolist()):
        total += np.roll(bands[:, line], shift, axis=1)
    return total


def _stretch(profile: NDArray[np.int32]) -> Grey:
    low, high = np.percentile(profile, (3, 97))
    stretched: Grey = np.clip((profile - low) * (255 / max(1.0, float(high - low))), 0, 255).astype(np.uint8)
    return stretched
