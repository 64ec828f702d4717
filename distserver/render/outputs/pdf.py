"""PDF: pictures are placed on pages of the paper's size, PDF parts stay as they are, and all become one file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pypdfium2 as pdfium
from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import AS_EVER, JPEG, PDF, RenditionClass
from distserver.render.outputs.pdf_sheets import BROKEN, Part, keep_layers, to_box, to_grid, to_points, write_sheets
from distserver.render.outputs.sides import Plan, open_sources, plan_sides
from distserver.render.placement import Cell, place_page
from distserver.render.sources import PageSource, Picture, SourceLimits, blank_page
from distserver.render.sources.pdf import DAMAGED, repair_pdf
from distserver.render.sources.picture import PILLOW_ERRORS
from distserver.render.sources.resolution import picture_dpi
from distserver.render.tasks import InputFile
from distwire.pdf.pictures import Box, PicturePdf

_Opened = tuple[InputFile, PageSource]

_BLANK = blank_page((595.0, 842.0))
_ORIENTATION = 274
_FINEST_DPI = 600
"""Colour and grey pictures are averaged down to this; no printer shows more, and files stay small."""


def write_pdf(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Write the documents as one PDF; the number of sides. Raises `DocumentRefused`."""
    with ExitStack() as stack:
        sources = open_sources(inputs, limits, stack)
        plan = plan_sides(sources, klass)
        both = list(zip(inputs, sources, strict=True))
        if klass.layout == AS_EVER and all(item.format != PDF for item in inputs):
            _write_pictures(both, plan, klass, output)
            return plan.total
        folder = Path(stack.enter_context(TemporaryDirectory(dir=output.parent, prefix="part-")))
        parts = [_make_part(one, plan.chosen[n], klass, folder / f"{n}.pdf") for n, one in enumerate(both)]
        return _merge(parts, plan, output) if klass.layout == AS_EVER else write_sheets(parts, plan, klass, output)


def _make_part(one: _Opened, chosen: list[int], klass: RenditionClass, path: Path) -> Part:
    """The document as a PDF by itself, of which `Part.pages` are wanted; pictures as they are if they are laid out."""
    item, source = one
    if item.format == PDF:
        if chosen:
            _settle_pdf(item.path, path)
        return Part(path, chosen, source.oriented)
    if chosen:
        alone = Plan((chosen,), (len(chosen),), two_sided=False)
        _write_pictures([one], alone, klass if klass.layout == AS_EVER else replace(klass, media_size=None), path)
    return Part(path, range(len(chosen)), source.oriented)


def _write_pictures(both: Sequence[_Opened], plan: Plan, klass: RenditionClass, output: Path) -> None:
    with output.open("wb") as file:
        document = PicturePdf(file)
        for number, (item, source) in enumerate(both):
            if not plan.chosen[number]:
                continue
            if item.format != JPEG or not _add_jpeg(document, item.path, klass):
                for page in source.read_pages(plan.chosen[number]):
                    if isinstance(page, Picture):
                        document.add_page(_thin_out(page), _place(page.size, klass))
            if plan.needs_back(number):
                document.add_page(_BLANK.image, _place(_BLANK.size, klass))
        document.close()


def _place(size: tuple[float, float], klass: RenditionClass) -> Box:
    """On paper of the class's size if there is one, else on a page of the picture's own size."""
    if klass.media_size is None:
        return Box(size, 0, 0, *size)
    paper = to_points(klass.media_size)
    grid = to_grid(paper)
    return to_box(place_page(size, grid.size, grid.dpi), Cell(0, 0, *grid.size), paper)


def _thin_out(page: Picture) -> Image.Image:
    finest = max(page.dpi)
    if page.image.mode == "1" or finest < 2 * _FINEST_DPI:
        return page.image
    return page.image.reduce(int(finest // _FINEST_DPI))


def _add_jpeg(document: PicturePdf, path: str, klass: RenditionClass) -> bool:
    """Put a JPEG in as it is; False when it has to be decoded (CMYK, a profile, turned by EXIF)."""
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            if image.mode not in ("L", "RGB") or image.getexif().get(_ORIENTATION, 1) != 1:
                return False
            said = image.info.get("dpi")
            dpi = picture_dpi(image.size, (float(said[0]), float(said[1])) if said else None)
            image.load()
            mode, size = image.mode, image.size
    except PILLOW_ERRORS as error:
        raise DocumentRefused(f"the picture is damaged: {error}") from error
    points = (size[0] * 72 / dpi[0], size[1] * 72 / dpi[1])
    document.add_jpeg_page(Path(path).read_bytes(), mode, size, _place(points, klass))
    return True


def _settle_pdf(path: str, part: Path) -> None:
    """A PDF that can be merged: repaired, without encryption, form fields drawn into their pages."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        part.write_bytes(repair_pdf(path))
        return
    with ExitStack() as stack:
        stack.callback(document.close)
        if document.init_forms():
            for page in document:
                page.flatten()
                page.close()
            document.save(part)
            return
    part.write_bytes(repair_pdf(path))


def _merge(parts: Sequence[Part], plan: Plan, output: Path) -> int:
    """Their pages as they are, one after the other. Which layers are shown is kept for the first that has any."""
    try:
        with ExitStack() as stack, pikepdf.new() as whole:
            for number, part in enumerate(parts):
                if not part.pages:
                    continue
                document = stack.enter_context(pikepdf.open(part.path))
                pages = document.pages
                chosen = pages if len(part.pages) == len(pages) else [pages[index] for index in part.pages]
                whole.pages.extend(chosen)
                keep_layers(document, whole)
                if plan.needs_back(number):
                    box = whole.pages[-1].mediabox
                    whole.add_blank_page(page_size=(float(box[2]) - float(box[0]), float(box[3]) - float(box[1])))
            whole.save(output)
            return len(whole.pages)
    except BROKEN as error:
        raise DocumentRefused(DAMAGED) from error
