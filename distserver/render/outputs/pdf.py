"""PDF: pictures are placed on pages of the paper's size, PDF parts stay as they are, and all become one file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pypdfium2 as pdfium
from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import JPEG, PDF, RenditionClass, Sides
from distserver.render.outputs.pdf_pictures import Box, PicturePdf
from distserver.render.placement import place_page
from distserver.render.sources import Picture, SourceLimits, blank_page, open_source
from distserver.render.sources.pdf import DAMAGED, PdfSource, repair_pdf
from distserver.render.sources.picture import PILLOW_ERRORS
from distserver.render.sources.resolution import picture_dpi
from distserver.render.tasks import InputFile

_POINT_GRID = 7200
"""Hundredths of a point to the inch: the geometry of pixels, used on paper without pixels."""

_BLANK = blank_page((595.0, 842.0))
_ORIENTATION = 274
_FINEST_DPI = 600
"""Colour and grey pictures are averaged down to this; no printer shows more, and files stay small."""


def write_pdf(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Write the documents as one PDF; the number of pages. Raises `DocumentRefused`."""
    if all(item.format != PDF for item in inputs):
        return _write_pictures(inputs, klass, output, limits)
    with TemporaryDirectory(dir=output.parent, prefix="part-") as folder:
        parts = []
        for number, item in enumerate(inputs):
            part = Path(folder, f"{number}.pdf")
            if item.format == PDF:
                _settle_pdf(item.path, part, limits)
            else:
                _write_pictures([item], klass, part, limits)
            parts.append(part)
        return _merge(parts, output, klass.sides is not Sides.ONE_SIDED)


def _write_pictures(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    total = 0
    with output.open("wb") as file:
        document = PicturePdf(file)
        for item in inputs:
            if total % 2 and klass.sides is not Sides.ONE_SIDED:
                document.add_page(_BLANK.image, _place(_BLANK.size, klass))
                total += 1
            with open_source(item.path, item.format, limits) as source:
                total += source.pages
                if item.format == JPEG and _add_jpeg(document, item.path, klass):
                    continue
                for page in source.read_pages():
                    if isinstance(page, Picture):
                        document.add_page(_thin_out(page), _place(page.size, klass))
        document.close()
    return total


def _place(size: tuple[float, float], klass: RenditionClass) -> Box:
    """On paper of the class's size if there is one, else on a page of the picture's own size."""
    if klass.media_size is None:
        return Box(size, 0, 0, *size)
    paper = (klass.media_size[0] * 72 / 2540, klass.media_size[1] * 72 / 2540)
    grid = (round(paper[0] * 100), round(paper[1] * 100))
    place = place_page(size, grid, (_POINT_GRID, _POINT_GRID))
    bottom = (grid[1] - place.top - place.height) / 100
    return Box(paper, place.left / 100, bottom, place.width / 100, place.height / 100, bool(place.turns))


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


def _settle_pdf(path: str, part: Path, limits: SourceLimits) -> None:
    """A PDF that can be merged: repaired, without encryption, form fields drawn into their pages."""
    with PdfSource(path, limits):
        pass
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


def _merge(parts: Sequence[Path], output: Path, two_sided: bool) -> int:
    try:
        with ExitStack() as stack, pikepdf.new() as whole:
            for part in parts:
                if two_sided and len(whole.pages) % 2:
                    box = whole.pages[-1].mediabox
                    whole.add_blank_page(page_size=(float(box[2]) - float(box[0]), float(box[3]) - float(box[1])))
                whole.pages.extend(stack.enter_context(pikepdf.open(part)).pages)
            whole.save(output)
            return len(whole.pages)
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, RuntimeError) as error:
        raise DocumentRefused(DAMAGED) from error
