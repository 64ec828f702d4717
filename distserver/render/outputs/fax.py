"""TIFF-F: each page as black and white lines of a fax, coded as it goes over the line (RFC 3949, T.4, T.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distserver.model.documents import RenditionClass
from distserver.render.halftone import to_bits
from distserver.render.outputs.ccitt import encode_lines
from distserver.render.outputs.fax_cover import draw_covers
from distserver.render.outputs.fax_header import HeaderLine
from distserver.render.outputs.fax_pages import cut_sides
from distserver.render.outputs.sides import A4_SIZE, Plan, draw_side, open_sources, plan_sides, read_sides
from distserver.render.placement import Sheet, Size
from distserver.render.screens import fax_grid
from distserver.render.sources import PageSource, SourceLimits
from distserver.render.tasks import InputFile
from distwire.tiff.fax import LINE_WIDTHS, LINES_MM, MMR, FaxFacts, FaxPage, FaxWriter

_FINE = (204, 196)
_BEYOND_MM = 2.5
"""How much wider than its line a paper may be: Letter and B4 are, and their margins are white."""


@dataclass(frozen=True, slots=True)
class _Documents:
    """What is to be faxed, opened, and the lines it is to be faxed in."""

    sources: list[PageSource]
    plan: Plan
    klass: RenditionClass
    size: Size
    dpi: tuple[int, int]

    def read_sides(self, top: int) -> Iterator[Any]:
        """The sides, each to be drawn below the first `top` lines."""
        sheet = Sheet((self.size[0], self.size[1] - top), self.dpi)
        return cut_sides(read_sides(self.sources, self.plan, self.klass, sheet), self.klass.layout, sheet)


def write_fax(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Write the documents as one TIFF-F; the number of its pages. Holds one page. Raises `DocumentRefused`."""
    dpi = klass.dpi or _FINE
    size = fax_size(klass.media_size or A4_SIZE, dpi)
    facts = FaxFacts(*size, dpi, klass.coding or MMR)
    with ExitStack() as stack, output.open("wb") as file:
        sources = open_sources(inputs, limits, stack)
        documents = _Documents(sources, plan_sides(sources, klass), klass, size, dpi)
        writer = FaxWriter(file)
        for grey in _draw_pages(documents, limits):
            writer.add(FaxPage(facts, encode_lines(to_bits(grey, fax_grid(dpi)), facts)))
        return writer.finish()


def fax_size(paper: tuple[int, int], dpi: tuple[int, int]) -> Size:
    """Dots in a line and lines of a page for a paper in hundredths of a millimetre, held upright.

    Lines are rounded down: fax software makes a page smaller that is a hair longer than its paper.
    """
    across, down = min(paper) / 100, max(paper) / 100
    widths = LINE_WIDTHS.get(dpi[0], LINE_WIDTHS[_FINE[0]])
    fitting = (width for width, line in zip(widths, LINES_MM, strict=True) if across <= line + _BEYOND_MM)
    return next(fitting, widths[-1]), max(1, int(down * dpi[1] / 25.4))


def _draw_pages(documents: _Documents, limits: SourceLimits) -> Iterator[NDArray[np.uint8]]:
    """Each page in grey, its header on it, the cover sheet first."""
    header, cover = documents.klass.header, documents.klass.cover
    if header is None and cover is None:
        for side in documents.read_sides(0):
            yield draw_side(side, documents.size, False)
        return
    line = None if header is None else HeaderLine(header, documents.size[0], documents.dpi)
    top = line.lines if line else 0
    pages = sum(1 for _ in documents.read_sides(top))
    limits.check_pages(pages)
    below = Sheet((documents.size[0], documents.size[1] - top), documents.dpi)
    sides = (draw_side(side, below.size, False) for side in documents.read_sides(top))
    for number, grey in enumerate(chain(draw_covers(cover, pages, below), sides), 1):
        yield grey if line is None else np.concatenate([line.draw(number, pages + (cover is not None)), grey])
