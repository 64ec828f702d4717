"""Bars seen as a whole: one line made of many, instead of one line across them.

A linear code is as high as a hundred lines of a scan. A reader looks at single lines, and gives up where each of them
is spoilt somewhere. Along its bars a code says the same everywhere: of all tones along a bar, the one in the middle
(or a little lighter, for dirt is dark) has lost the pens, coffee rings and folds that cross it, and the mean has lost
the noise. It takes the tilt of the bars to a quarter of a degree, so it is sought: of all tilts, the right one gives
the mean with the sharpest edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from mfp_client.marksheet.filters import Grey
from mfp_client.marksheet.readers import BARS, read_zbar, read_zxing
from mfp_client.marksheet.verdict import Symbol

_BAND = 56
"""Lines that are made one: 7 mm at 200 dpi, half of a mark's bars. Halves of it serve paper that is not flat."""
_STEP = 14
_SAMPLE = 4
"""Every fourth line is enough to find the tilt."""
_TILTS = np.arange(-0.126, 0.127, 0.018)
"""Sideways pixels for each line: up to 7 degrees either way; then half a step to either side of the best one."""
_FINE = np.array([-0.009, 0.0, 0.009])
_BEST = 3
_LEAST_EDGES = 4.0
"""Edges from white to black that the mean of a band must show: a clean mark shows sixty, one that is badly out of focus
six, a photograph two."""
_RANK = 0.65
_REPEAT, _GAP = 6, 4
_REACH = 4
"""More than any line of a band is moved, in half the resolution."""


def read_along(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """What zxing-cpp, or else zbar, sees of Code 128 in lines made of those bands that most look like bars."""
    drawn, middles = _draw_lines(picture)
    if not middles:
        return []
    found = read_zxing(drawn, BARS, False) or read_zbar(drawn, BARS, False)
    return [replace(symbol, y=middles[min(int(symbol.y) // (_REPEAT + _GAP), len(middles) - 1)]) for symbol in found]


def _draw_lines(picture: Grey) -> tuple[Grey, list[float]]:
    """The lines one below the other, and for each the middle of the band that it was made of."""
    gap = np.full((_GAP, picture.shape[1]), 255, np.uint8)
    rows: list[Grey] = [gap]
    middles: list[float] = []
    for top, tilt in _find_bars(picture):
        for profile in _make_profiles(_straighten(picture[top : top + _BAND], tilt)):
            rows += [np.tile(profile, (_REPEAT, 1)), gap]
            middles.append(top + _BAND / 2)
    return np.concatenate(rows), middles


def _find_bars(picture: Grey) -> list[tuple[int, float]]:
    """The uppermost line and the tilt of the bands that most look like bars, the best one first."""
    tops = np.arange(0, picture.shape[0] - _BAND + 1, _STEP)
    if not len(tops) or picture.shape[1] < _BAND:
        return []
    lines = np.arange(0, _BAND, _SAMPLE)
    bands = picture[:, ::2].astype(np.int32)[tops[:, None] + lines]
    edges = _count_edges(bands, _TILTS)
    best = [each for each in np.argsort(-edges.max(0))[:_BEST] if edges[:, each].max() >= _LEAST_EDGES]
    found = []
    for each in best:
        tilts = _TILTS[edges[:, each].argmax()] + _FINE
        finest = _count_edges(bands[each : each + 1], tilts)[:, 0].argmax()
        found.append((int(tops[each]), float(tilts[finest])))
    return found


def _count_edges(bands: NDArray[np.int32], tilts: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each tilt and band how many edges from white to black and back its mean shows, in half the resolution."""
    lines = np.arange(0, _BAND, _SAMPLE)
    low, high = np.percentile(bands[:, ::3, ::3], (3, 97), axis=(1, 2))
    whole = np.square(np.maximum(high - low, 40.0) * len(lines))
    padded = np.pad(bands, ((0, 0), (0, 0), (_REACH, _REACH)), mode="edge")
    sums = (_add_up(padded, (lines - _BAND / 2) * tilt / 2) for tilt in tilts)
    return np.array([np.square(np.diff(total, axis=1)).sum(1) / whole for total in sums])


def _add_up(padded: NDArray[np.int32], shifts: NDArray[np.float64]) -> NDArray[np.int32]:
    """The sum of each band's lines, each moved by whole pixels; bands come with `_REACH` more at either end."""
    width = padded.shape[2] - 2 * _REACH
    total = np.zeros((padded.shape[0], width), np.int32)
    for line, shift in enumerate(np.rint(shifts).astype(int).tolist()):
        total += padded[:, line, _REACH - shift : _REACH - shift + width]
    return total


def _straighten(band: Grey, tilt: float) -> Grey:
    shifts = np.rint((np.arange(_BAND) - _BAND / 2) * tilt).astype(int)
    columns = np.clip(np.arange(band.shape[1]) - shifts[:, None], 0, band.shape[1] - 1)
    return np.take_along_axis(band, columns, axis=1)


def _make_profiles(lines: Grey) -> Iterator[Grey]:
    """The band and its halves, by rank and by mean, each as it is and with its edges made sharper."""
    half = _BAND // 2
    for part in (lines, lines[:half], lines[half:]):
        rank = int(len(part) * _RANK)
        yield from _finish(np.partition(part, rank, axis=0)[rank].astype(np.float64))
    yield from _finish(lines.mean(0))


def _finish(profile: NDArray[np.float64]) -> Iterator[Grey]:
    smooth = _smooth(profile, 1)
    for each in (smooth, 3 * smooth - 2 * _smooth(_smooth(smooth, 1), 2)):
        low, high = np.percentile(each, (3, 97))
        yield np.clip((each - low) * (255 / max(1.0, float(high - low))), 0, 255).astype(np.uint8)


def _smooth(profile: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """By the kernel [1 2 1] / 4, its taps `step` pixels apart."""
    padded = np.pad(profile, step, mode="edge")
    return (padded[: -2 * step] + 2 * padded[step:-step] + padded[2 * step :]) / 4
