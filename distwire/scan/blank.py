"""Whether a page carries anything: marks are told from dirt, shadows, holes, folds and what shines through.

The decision leans to one side: a page with one digit on it is kept, and so is a blank one whose stain could be ink.
Figures are in docs/decisions/0034-scanning.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DPI = 150
"""What pages are looked at in; finer brings nothing, coarser loses pencil."""

_MM = DPI / 25.4
_BLOCK = 24
_EDGE_MM = 4.0
_SMALLEST_MM = 20.0
_SHADOW_MM = 6.0
_CONTRAST = 0.18
_DARK_PAPER = 100
_PAPER_SHARE = 0.74
_MOST_RUNS = 20_000
_DIRT_MM = 1.2
_LONE_MARK_MM = 1.7
_NEIGHBOUR_MM = 14.0
_NEIGHBOURS = 2
_HOLE_MM = (4.0, 9.0)
_HOLE_EDGE_MM = 25.0
_FOLD_MM = 40.0
_FOLD_WIDTH_MM = 1.0
_FOLD_CONTRAST = 0.35
_HAIR_MM = 0.45
_HAIR_CONTRAST = 0.3
_STREAK_SHARE = 0.6
_STREAK_MM = 1.5

Plane = NDArray[np.float32]
Runs = NDArray[np.int64]


@dataclass(slots=True)
class Mark:
    """Dark pixels that hang together: a box in millimetres, area in square millimetres, mean contrast to the paper."""

    left: float
    top: float
    right: float
    bottom: float
    area: float
    contrast: float

    @property
    def width(self) -> float:
        """Of the box."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Of the box."""
        return self.bottom - self.top

    @property
    def length(self) -> float:
        """The longer side of the box."""
        return max(self.width, self.height)

    def is_near(self, other: Mark) -> bool:
        """Whether both could be of one word or line."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return max(across, down) < _NEIGHBOUR_MM


def is_blank(page: Image.Image) -> bool:
    """Judge a grey page (mode L) of `DPI` dots per inch."""
    if min(page.size) < _SMALLEST_MM * _MM:
        return False  # nobody lays such a thing into a feeder without a reason
    contrast = _measure_contrast(page)
    if np.median(np.asarray(page)) < _DARK_PAPER:
        return False
    runs = _find_runs(_clear_streaks(contrast > _CONTRAST))
    if len(runs) > _MOST_RUNS:
        return False
    size = contrast.shape[1] / _MM, contrast.shape[0] / _MM
    marks = [mark for mark in _join_runs(runs, contrast) if not _is_dirt(mark, size)]
    if any(mark.length >= _LONE_MARK_MM for mark in marks):
        return False
    return not any(sum(mark.is_near(other) for other in marks) > _NEIGHBOURS for mark in marks)


def _measure_contrast(page: Image.Image) -> Plane:
    """How much darker than the paper around it each pixel is, 0 to 1; the outermost millimetres are left out."""
    grey = np.asarray(page, dtype=np.uint8)
    rows, columns = grey.shape[0] // _BLOCK, grey.shape[1] // _BLOCK
    blocks = grey[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    flat = blocks.transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    at = flat.shape[2] * 4 // 5
    tones = np.partition(flat, at, axis=2)[:, :, at].astype(np.float32)
    paper = float(np.percentile(tones, 90))  # a picture may cover most of the page
    tones[tones < _PAPER_SHARE * paper] = paper  # a dark block is a picture, not paper
    smooth = Image.fromarray(tones).resize(page.size, Image.Resampling.BILINEAR)
    contrast = 1.0 - grey.astype(np.float32) / np.maximum(np.asarray(smooth), 1.0)
    edge = round(min(_EDGE_MM * _MM, 0.02 * min(grey.shape)))
    inner: Plane = contrast[edge:-edge, edge:-edge]
    return inner


def _clear_streaks(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without columns that are dark all the way, where they are few: shadows beside the paper, dust on the glass.

    Many of them side by side are a picture.
    """
    width = dark.shape[1]
    kept = dark.copy()
    for _, first, end in _find_runs((dark.mean(axis=0) > _STREAK_SHARE)[None, :]).tolist():
        most = _SHADOW_MM if first == 0 or end == width else _STREAK_MM
        if end - first <= most * _MM:
            kept[:, first:end] = False
    return kept


def _find_runs(dark: NDArray[np.bool_]) -> Runs:
    """Every stretch of dark pixels in a row: (row, first, after last), in reading order."""
    padded = np.zeros((dark.shape[0], dark.shape[1] + 2), np.int8)
    padded[:, 1:-1] = dark
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    return np.stack((rows, starts, ends), axis=1)


def _join_runs(runs: Runs, contrast: Plane) -> list[Mark]:
    """Runs that touch, also across a corner, become one mark; one that leads over the edge counts as far as it comes
    in: a shadow does not, a picture does."""
    listed = runs.tolist()
    roots = _find_roots(listed)
    height, width = contrast.shape
    over = {
        root
        for root, (row, first, end) in zip(roots, listed, strict=True)
        if row in (0, height - 1) or first == 0 or end == width
    }
    sums = np.zeros((height, width + 1), np.float64)
    np.cumsum(contrast, axis=1, out=sums[:, 1:])
    band = round(_SHADOW_MM * _MM)
    boxes: dict[int, list[float]] = {}
    for root, (row, first, end) in zip(roots, listed, strict=True):
        left, right = (max(first, band), min(end, width - band)) if root in over else (first, end)
        if right <= left or (root in over and not band <= row < height - band):
            continue
        box = boxes.setdefault(root, [left, row, right, row + 1, 0, 0.0])
        box[:4] = min(box[0], left), min(box[1], row), max(box[2], right), max(box[3], row + 1)
        box[4] += right - left
        box[5] += float(sums[row, right] - sums[row, left])
    return [_make_mark(box) for box in boxes.values()]


def _make_mark(box: list[float]) -> Mark:
    left, top, right, bottom, pixels, darkness = box
    return Mark(left / _MM, top / _MM, right / _MM, bottom / _MM, pixels / _MM**2, darkness / pixels)


def _find_roots(runs: list[list[int]]) -> list[int]:
    """For each run the number of the first one that it hangs together with."""
    parents = list(range(len(runs)))

    def find(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    above = 0
    for number, (row, first, end) in enumerate(runs):
        while runs[above][0] < row - 1 or (runs[above][0] == row - 1 and runs[above][2] < first):
            above += 1
        other = above
        while runs[other][0] == row - 1 and runs[other][1] <= end:
            one, two = sorted((find(number), find(other)))
            parents[two] = one
            other += 1
    return [find(number) for number in range(len(runs))]


def _is_dirt(mark: Mark, size: tuple[float, float]) -> bool:
    return mark.length < _DIRT_MM or _is_hole(mark, size) or _is_fold(mark)


def _is_hole(mark: Mark, size: tuple[float, float]) -> bool:
    """Punched: round, filled, as large as holes are, near an edge."""
    round_ = abs(mark.width - mark.height) < 1.5 and 0.6 < mark.area / (mark.width * mark.height) < 0.95
    fits = all(_HOLE_MM[0] < side < _HOLE_MM[1] for side in (mark.width, mark.height))
    edge = min(mark.left, mark.top, size[0] - mark.right, size[1] - mark.bottom)
    return round_ and fits and edge < _HOLE_EDGE_MM


def _is_fold(mark: Mark) -> bool:
    """A long, thin and faint line, or a piece of one: straight along the page, a hair wide, fainter still."""
    thin = mark.area / mark.length < _FOLD_WIDTH_MM
    long = mark.length > _FOLD_MM and thin and mark.contrast < _FOLD_CONTRAST
    return long or (min(mark.width, mark.height) < _HAIR_MM and mark.contrast < _HAIR_CONTRAST)
