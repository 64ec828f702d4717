"""Documents as sides of paper: the chosen pages, so many on each, every document on a sheet of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distserver.errors import DocumentRefused
from distserver.model.documents import RenditionClass, Sides
from distserver.model.pages import choose_pages, count_sides
from distserver.render.placement import Sheet, Size, Spot, lay_pages
from distserver.render.sources import PageSource, SourceLimits, SourcePage, open_source
from distserver.render.tasks import InputFile

A4_SIZE = (21000, 29700)
WHITE = 255

Side = Iterator[Spot[SourcePage]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`chosen` pages (from 0) and `sides` of each document; those without chosen pages are left out everywhere."""

    chosen: tuple[list[int], ...]
    sides: tuple[int, ...]
    two_sided: bool

    @property
    def total(self) -> int:
        """All sides, with the empty backs between documents."""
        return count_all_sides(self.sides, self.two_sided)

    def needs_back(self, number: int) -> bool:
        """Whether an empty back follows document `number`, so that the next begins on a sheet of its own."""
        return self.two_sided and self.sides[number] % 2 == 1 and any(self.sides[number + 1 :])


def open_sources(inputs: Sequence[InputFile], limits: SourceLimits, stack: ExitStack) -> list[PageSource]:
    """The documents, opened; one that comes several times is opened once. Raises `DocumentRefused`."""
    opened: dict[str, PageSource] = {}
    for item in inputs:
        if item.path not in opened:
            opened[item.path] = stack.enter_context(open_source(item.path, item.format, limits))
    return [opened[item.path] for item in inputs]


def plan_sides(sources: Sequence[PageSource], klass: RenditionClass) -> Plan:
    """What becomes of the documents. Raises `DocumentRefused` when none of their pages is chosen."""
    once = [source.pages for source in sources[: len(sources) // klass.copies]]
    chosen = choose_pages(once, klass.page_ranges) * klass.copies
    sides = count_sides(map(len, chosen), klass.layout.number_up)
    if not any(sides):
        raise DocumentRefused("none of the pages that were asked for is in the document")
    return Plan(tuple(chosen), tuple(sides), klass.sides is not Sides.ONE_SIDED)


def count_all_sides(sides: Sequence[int], two_sided: bool) -> int:
    """Sides of the whole when documents of so many sides follow each other, each on a sheet of its own."""
    there = [count for count in sides if count]
    filled = [count + count % 2 if two_sided else count for count in there[:-1]]
    return sum(filled) + there[-1]


def read_sides(sources: Sequence[PageSource], plan: Plan, klass: RenditionClass, sheet: Sheet) -> Iterator[Side]:
    """The sides in order; an empty one is white. A side is good until the next is asked for, and so are its pages."""
    number_up = klass.layout.number_up
    for number, source in enumerate(sources):
        if not plan.sides[number]:
            continue
        spots = lay_pages(source.read_pages(plan.chosen[number]), klass.layout, source.oriented, sheet)
        for _ in range(plan.sides[number]):
            side = islice(spots, number_up)
            yield side
            deque(side, maxlen=0)  # who has no use for a side need not look at its pages
        if plan.needs_back(number):
            yield iter(())


def draw_side(side: Side, paper: Size, color: bool) -> NDArray[Any]:
    """(height, width) of grey or (height, width, 3) of RGB, 255 is white."""
    canvas: NDArray[Any] | None = None
    for spot in side:
        cell = spot.cell
        pixels = spot.page.draw((cell.width, cell.height), spot.place, color)
        if (cell.width, cell.height) == paper:
            return pixels
        canvas = _white(paper, color) if canvas is None else canvas
        canvas[cell.top : cell.top + cell.height, cell.left : cell.left + cell.width] = pixels
    return _white(paper, color) if canvas is None else canvas


def _white(paper: Size, color: bool) -> NDArray[Any]:
    return np.full((paper[1], paper[0], 3) if color else (paper[1], paper[0]), WHITE, np.uint8)
