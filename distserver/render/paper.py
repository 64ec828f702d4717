"""What of a page is paper: of a scan, how dark it is where; of a drawn page, which even tints can be left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from distserver.render.screens import Grey

_SAMPLE = 4
_WHITE = 252
_TINT, _PALEST_TINT = 190, 248
"""A lighter even tint is left out: as dots it would cost more than all the text on it, which it would blot."""

_TINT_SHARE, _TINT_PEAK = 0.004, 8
_MOST_TINTS = 8
_DRAWN_SHARE = 0.02
_PAPER_SHARE = 0.1
_PARTS, _PAPER_PARTS = 6, 0.6
_DARKEST = 110
_EVEN = 40
_CELL = 4
"""Blocks to a side of the squares in which the paper's tone is told."""

_STEP = 0.06
_MOST_STEPS = 100


def find_tints(grey: Grey) -> tuple[int, ...]:
    """The tones of the light even tints of a page.

    A program draws a tint in one tone all over, which stands out of the tones of a page like a needle; no picture and
    no scan has such a needle, and so none is harmed.
    """
    sample = grey[::_SAMPLE, ::_SAMPLE]
    count = np.bincount(sample.ravel(), minlength=256)
    around = np.convolve(count, [1, 1, 0, 1, 1], "same")
    needles = (count > _TINT_SHARE * sample.size) & (count > _TINT_PEAK * around)
    needles[:_TINT] = needles[_PALEST_TINT:] = False
    return tuple(int(tone) for tone in np.flatnonzero(needles)[-_MOST_TINTS:])


def clear_tints(grey: Grey, tints: tuple[int, ...]) -> Grey:
    """The page with these tones made white; the same array where there are none."""
    for tone in tints:
        grey = np.maximum(grey, (grey == np.uint8(tone)).view(np.uint8) * np.uint8(255))
    return grey


def find_paper(low: Grey, high: Grey) -> Grey | None:
    """The tone of the paper at each block, from the darkest and lightest dot of each; None where paper is white.

    It starts from the tone that most even blocks have, and goes on from neighbour to neighbour as long as the tone
    changes little: into the shadow of a fold, but not into the sky of a picture. What is not paper takes the tone of
    the paper around it, and so does the white around a scan that is smaller than the page.
    """
    scan = _find_scan(low)
    if scan is None:
        return None
    even = np.zeros(low.shape, np.bool_)
    even[scan] = (high[scan] - low[scan] <= _EVEN) & (high[scan] >= _DARKEST)
    tone, known = _average(low, high, even)
    if not known.any():
        return None
    usual = float(np.argmax(np.bincount(tone[known].astype(np.int_) // 4, minlength=64)) * 4 + 2)
    paper = known & (np.abs(tone - usual) <= usual * _STEP)
    inside = tuple(
        slice(-(-side.start // _CELL), max(side.stop // _CELL, -(-side.start // _CELL) + 1)) for side in scan
    )
    if not _is_everywhere(paper[inside]):
        return None
    tones = _fill(tone, _follow(tone, known, paper))
    whole = np.repeat(np.repeat(tones, _CELL, axis=0), _CELL, axis=1)[: low.shape[0], : low.shape[1]]
    return whole.clip(_DARKEST, 255).astype(np.uint8)


def _find_scan(low: Grey) -> tuple[slice, slice] | None:
    """Rows and columns of what stands on the page, if there is next to no white within."""
    filled = low < _WHITE
    rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
    if not rows.size:
        return None
    scan = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return scan if filled[scan].mean() >= 1 - _DRAWN_SHARE else None


def _is_everywhere(paper: NDArray[np.bool_]) -> bool:
    """Paper is seen in most parts of a page, also between what is written on it; sky only in some of a picture."""
    parts = [part for row in np.array_split(paper, _PARTS) for part in np.array_split(row, _PARTS, axis=1) if part.size]
    return bool(np.mean([part.mean() >= _PAPER_SHARE for part in parts]) >= _PAPER_PARTS)


def _average(low: Grey, high: Grey, even: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The tone of each cell's even blocks, and whether it has any."""
    short = -low.shape[0] % _CELL, -low.shape[1] % _CELL
    pad = ((0, short[0]), (0, short[1]))
    there = np.pad(even, pad).astype(np.float32)
    tones = np.pad((low.astype(np.float32) + high) / 2, pad) * there
    cells = tuple((side // _CELL, _CELL) for side in there.shape)
    count, total = (part.reshape(*cells[0], *cells[1]).sum(axis=(1, 3)) for part in (there, tones))
    return total / np.maximum(count, 1), count > 0


def _follow(tone: NDArray[np.float32], known: NDArray[np.bool_], paper: NDArray[np.bool_]) -> NDArray[np.bool_]:
    for _ in range(_MOST_STEPS):
        mean, count = _neighbours(tone, paper)
        more = known & ~paper & (count > 0) & (np.abs(tone - mean) <= mean * _STEP)
        if not more.any():
            break
        paper = paper | more
    return paper


def _fill(tone: NDArray[np.float32], paper: NDArray[np.bool_]) -> NDArray[np.float32]:
    for _ in range(_MOST_STEPS):
        if paper.all():
            break
        mean, count = _neighbours(tone, paper)
        new = ~paper & (count > 0)
        tone = np.where(new, mean, tone)
        paper = paper | new
    return tone


def _neighbours(tone: NDArray[np.float32], paper: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean tone of the eight neighbours that are paper, and how many they are."""
    there = paper.astype(np.float32)
    count = _sum_around(there)
    return (_sum_around(tone * there) / np.maximum(count, 1)).astype(np.float32), count


def _sum_around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    padded: NDArray[np.float32] = np.pad(values, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    around: NDArray[np.float32] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return around
