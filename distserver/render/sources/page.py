"""What every source offers: pages that know their size and can draw themselves on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distserver.errors import DocumentRefused
from distserver.render.placement import Placement, Points, Size

Pixels = NDArray[np.uint8]

WHITE = 255


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """Pages of a document, and bytes of the unpacked pixels of one page."""

    pages: int
    pixel_bytes: int

    def check_pages(self, pages: int) -> None:
        """Raises `DocumentRefused` when there are none or too many."""
        if pages < 1:
            raise DocumentRefused("the document has no pages")
        if pages > self.pages:
            raise DocumentRefused(f"the document has {pages} pages, and {self.pages} is the most: send it in parts")

    def check_pixels(self, width: int, height: int, bytes_per_pixel: float, page: int = 1) -> None:
        """Raises `DocumentRefused` when page number `page` (from 1) is empty or too large to be unpacked."""
        if width < 1 or height < 1:
            raise DocumentRefused(f"page {page} is damaged: it is {width} x {height} pixels large")
        if width * height * bytes_per_pixel > self.pixel_bytes:
            raise DocumentRefused(
                f"page {page} is too large: {width} x {height} pixels. Scan it with fewer dots per inch"
            )


class SourcePage(Protocol):
    """One page, right way up. Good until the next page is asked for."""

    @property
    def size(self) -> Points:
        """(width, height) in points."""
        ...

    def draw(self, paper: Size, place: Placement, color: bool) -> Pixels:
        """The paper with the page on it: (height, width) of grey or (height, width, 3) of RGB, 255 is white."""
        ...


class PageSource(Protocol):
    """An open document."""

    @property
    def pages(self) -> int:
        """How many pages it has."""
        ...

    @property
    def oriented(self) -> bool:
        """Whether its pages have an orientation of their own (RFC 8011 §5.2.10): pictures have none."""
        ...

    def read_pages(self, chosen: Sequence[int] | None = None) -> Iterator[SourcePage]:
        """The pages in order, one in memory at a time; of `chosen` (from 0, ascending) only these.

        Raises `DocumentRefused` at a page that cannot be read.
        """
        ...

    def __enter__(self) -> PageSource: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A page that is one picture: mode `1`, `L` or `RGB`, right way up, `dpi` (x, y) dots per inch."""

    image: Image.Image
    dpi: tuple[float, float]

    @property
    def size(self) -> Points:
        """(width, height) in points."""
        return self.image.width * 72 / self.dpi[0], self.image.height * 72 / self.dpi[1]

    def draw(self, paper: Size, place: Placement, color: bool) -> Pixels:
        """See `SourcePage.draw`."""
        image = self.image
        turned = image.transpose(_TURNS[place.turns]) if place.turns else image
        mode = "RGB" if color and image.mode == "RGB" else "L"
        canvas = Image.new(mode, paper, WHITE if mode == "L" else (WHITE, WHITE, WHITE))
        canvas.paste(_resize(turned, mode, paper, place), (max(0, place.left), max(0, place.top)))
        pixels = np.asarray(canvas, np.uint8)
        return np.repeat(pixels[:, :, None], 3, axis=2) if color and mode == "L" else pixels


_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}


def _resize(image: Image.Image, mode: str, paper: Size, place: Placement) -> Image.Image:
    """What is seen of it on the paper, averaged down (a thin line must not vanish), or smoothly up; halved in whole
    steps first, which costs little."""
    image = image.convert(mode) if image.mode != mode else image
    full = place.width, place.height
    left, right = max(0, -place.left), min(place.width, paper[0] - place.left)
    top, bottom = max(0, -place.top), min(place.height, paper[1] - place.top)
    size = right - left, bottom - top
    if size == full == image.size:
        return image
    shrink = image.width / place.width, image.height / place.height
    seen: tuple[float, float, float, float] | None
    seen = left * shrink[0], top * shrink[1], right * shrink[0], bottom * shrink[1]
    factor = (max(1, image.width // place.width // 2), max(1, image.height // place.height // 2))
    if factor != (1, 1) and size == full:
        image, seen = image.reduce(factor), None
    larger = image.width >= place.width and image.height >= place.height
    return image.resize(size, Image.Resampling.BOX if larger else Image.Resampling.BILINEAR, seen)


def blank_page(points: tuple[float, float]) -> Picture:
    """An empty page of this size, in points: the back of a sheet whose front ended a document."""
    side = 8
    return Picture(Image.new("L", (side, side), WHITE), (side * 72 / points[0], side * 72 / points[1]))
