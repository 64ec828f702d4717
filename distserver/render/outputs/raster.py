"""PWG raster and URF: each page drawn on its paper, and back sides turned as the printer wants them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from distserver.errors import DocumentRefused
from distserver.model.documents import URF, RenditionClass, Sides
from distserver.render.halftone import to_black
from distserver.render.outputs.sides import A4_SIZE, Side, draw_side, open_sources, plan_sides, read_sides
from distserver.render.placement import Sheet, Size, paper_pixels
from distserver.render.sources import SourceLimits
from distserver.render.tasks import ConvertTask, Progress
from distwire.raster import PageHeader, PageWriter, PwgWriter, UrfWriter, back_transform

NORMAL_QUALITY = 4


def write_raster(task: ConvertTask, limits: SourceLimits, report: Callable[[Progress], None]) -> int:
    """Write the documents as one raster file; the number of sides. Holds one side. Raises `DocumentRefused`.

    `report` is told after each page, when it is in the file. What an earlier child got so far is not touched.
    """
    klass = task.klass
    dpi = klass.dpi or (300, 300)
    paper = paper_pixels(klass.media_size or A4_SIZE, dpi)
    with ExitStack() as stack, Path(task.output).open("r+b" if task.begun else "wb") as file:
        sources = open_sources(task.inputs, limits, stack)
        plan = plan_sides(sources, klass)
        total = plan.total
        writer = _open_writer(klass, file, total)
        there = _go_on(file, task.begun, total) if task.begun else 0
        for number, side in enumerate(read_sides(sources, plan, klass, Sheet(paper, dpi))):
            if number >= there:
                header = _make_header(klass, paper, dpi, total, number)
                writer.write_page(header, _draw(side, klass, paper, header))
                file.flush()
                report(Progress(number + 1, total, file.tell()))
    return total


def _open_writer(klass: RenditionClass, file: BinaryIO, total: int) -> PageWriter:
    return UrfWriter(file, total) if klass.format == URF else PwgWriter(file)


def _go_on(file: BinaryIO, begun: Progress, total: int) -> int:
    """Stand behind the last page that an earlier child has finished, and take away what it left of the next; how many
    pages there are. The writer has put the stream's first bytes over themselves, which changes nothing."""
    if total != begun.total:
        raise DocumentRefused(f"the document had {begun.total} pages, and has {total} when it is read again")
    file.seek(begun.octets)
    file.truncate()
    return begun.pages


def _make_header(klass: RenditionClass, paper: Size, dpi: tuple[int, int], total: int, number: int) -> PageHeader:
    """The header of page `number` (from 0); odd ones are back sides when the class is two-sided."""
    duplex, tumble = klass.sides is not Sides.ONE_SIDED, klass.sides is Sides.SHORT_EDGE
    cross_feed, feed = back_transform(klass.sheet_back, tumble) if duplex and number % 2 else (1, 1)
    width, height = klass.media_size or A4_SIZE
    return PageHeader(
        width=paper[0],
        height=paper[1],
        dpi=dpi,
        type=klass.type or "srgb_8",
        media=(klass.media or "")[:63],
        page_size=(round(width * 72 / 2540), round(height * 72 / 2540)),
        duplex=duplex,
        tumble=tumble,
        total_pages=total,
        cross_feed=cross_feed,
        feed=feed,
        image_box=(0, 0, *paper),
        quality=NORMAL_QUALITY,
    )


def _draw(side: Side, klass: RenditionClass, paper: Size, header: PageHeader) -> NDArray[Any]:
    pixels = draw_side(side, paper, header.type.startswith("srgb"))
    if klass.type == "black_1":
        pixels = to_black(pixels)
    if header.cross_feed < 0:
        pixels = pixels[:, ::-1]
    if header.feed < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
