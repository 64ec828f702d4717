"""A page at the resolution that readers work in, the four places in which the mark may lie, and the way back to pixels.

All pages come to 200 dpi, dots square: there the bars of a mark are 4 pixels wide and its cells 6.7, the filters mean
the same on every page, and what a page costs does not grow with what it was scanned at.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mfp_client.marksheet.filters import Grey
from mfp_client.marksheet.layout import MM_PER_INCH, SEARCH_HEIGHT, SEARCH_WIDTH
from mfp_client.marksheet.scans import Scan

DPI = 200.0
_NEAR = 0.06
"""Resolutions that differ by less are taken for the same: a fax's 204 dots are left alone."""
_MOST_PIXELS = 16_000_000
"""A2; a larger page is looked at in a lower resolution."""
EDGE = 24
"""White pixels around each view: a symbol that reaches the edge of a badly laid page gets its quiet zone back."""
_LEAST_CONTRAST = 25


@dataclass(frozen=True, slots=True)
class View:
    """A part of the page, turned so that a mark in it stands upright.

    Its upper left pixel, before it was turned by `quarters` (counter-clockwise), lies at `left`, `top`.
    """

    pixels: Grey
    left: int = 0
    top: int = 0
    quarters: int = 0

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the view lies on the working page."""
        height, width = self.pixels.shape
        back = {0: (x, y), 1: (height - y, x), 2: (width - x, height - y), 3: (y, width - x)}
        # turned by 1: a row of the view runs up a column of the page, counted from the right
        inner = back[self.quarters]
        return self.left + inner[0], self.top + inner[1]


class WorkPage:
    """A scan in working resolution, made part by part as it is asked for: most marks are found in the first part."""

    def __init__(self, scan: Scan) -> None:
        height, width = scan.pixels.shape
        across, down = scan.dpi
        area = max(1.0, width / across * DPI * (height / down * DPI))
        self.dpi = min(DPI, DPI * (_MOST_PIXELS / area) ** 0.5)
        self.size = _fit(width, across, self.dpi), _fit(height, down, self.dpi)
        self.step = width / self.size[0], height / self.size[1]
        """How many pixels of the file one pixel of this page is, across and down."""
        self._scan = scan
        self._places: dict[int, View | None] = {}

    @functools.cached_property
    def whole(self) -> View:
        """All of it, as it lies."""
        return View(np.pad(self._cut(0, 0, *self.size), EDGE, constant_values=255), -EDGE, -EDGE)

    def places(self) -> Iterator[View]:
        """Where the mark lies on a page that is upright, upside down, or on either side; empty ones are left out."""
        for place in range(4):
            if place not in self._places:
                self._places[place] = self._cut_place(place)
            view = self._places[place]
            if view is not None:
                yield view

    def _cut_place(self, place: int) -> View | None:
        width, height = self.size
        long, short = (round(side * self.dpi / MM_PER_INCH) for side in (SEARCH_WIDTH, SEARCH_HEIGHT))
        left, top, across, down, quarters = (
            (width - long, 0, long, short, 0),
            (0, height - short, long, short, 2),
            (width - short, height - long, short, long, 1),
            (0, 0, short, long, 3),
        )[place]
        left, top = max(0, left), max(0, top)
        pixels = self._cut(left, top, min(across, width), min(down, height))
        if not _has_contrast(pixels):
            return None
        padded = np.pad(pixels, EDGE, constant_values=255)
        return View(np.ascontiguousarray(np.rot90(padded, quarters)), left - EDGE, top - EDGE, quarters)

    def _cut(self, left: int, top: int, width: int, height: int) -> Grey:
        across, down = self.step
        if (across, down) == (1.0, 1.0):
            return self._scan.pixels[top : top + height, left : left + width]
        box = (left * across, top * down, (left + width) * across, (top + height) * down)
        whole = Image.fromarray(self._scan.pixels)
        return np.asarray(whole.resize((width, height), Image.Resampling.BILINEAR, box=box, reducing_gap=1.0))


def _fit(pixels: int, have: float, dpi: float) -> int:
    return pixels if abs(have / dpi - 1) < _NEAR else max(1, round(pixels * dpi / have))


def _has_contrast(pixels: Grey) -> bool:
    """False for paper without anything on it; a mark covers a twelfth of its place with ink, those of others less."""
    if pixels.size == 0:
        return False
    dark, light = np.percentile(pixels[::4, ::4], (0.5, 60))
    return bool(light - dark >= _LEAST_CONTRAST)
