"""JPEG, for devices that take nothing else: one page."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import RenditionClass
from distserver.model.states import Reason
from distserver.render.outputs.raster import A4_SIZE
from distserver.render.placement import paper_pixels, place_page
from distserver.render.sources import SourceLimits, open_source
from distserver.render.tasks import InputFile

QUALITY = 90


def write_jpeg(item: InputFile, klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Draw the one page on its paper. Raises `DocumentRefused` when there are more."""
    dpi = klass.dpi or (300, 300)
    paper = paper_pixels(klass.media_size or A4_SIZE, dpi)
    with open_source(item.path, item.format, limits) as source:
        if source.pages != 1:
            message = f"the device takes single pictures only, and the document has {source.pages} pages"
            raise DocumentRefused(message, Reason.FORMAT_NOT_SUPPORTED)
        for page in source.read_pages():
            pixels = page.draw(paper, place_page(page.size, paper, dpi), klass.type != "sgray_8")
            Image.fromarray(pixels).save(output, "JPEG", quality=QUALITY, dpi=dpi)
    return 1
