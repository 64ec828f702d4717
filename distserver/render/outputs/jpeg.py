"""JPEG, for devices that take nothing else: one side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import RenditionClass
from distserver.model.states import Reason
from distserver.render.outputs.sides import A4_SIZE, draw_side, open_sources, plan_sides, read_sides
from distserver.render.placement import Sheet, paper_pixels
from distserver.render.sources import SourceLimits
from distserver.render.tasks import InputFile

QUALITY = 90


def write_jpeg(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Draw the one side. Raises `DocumentRefused` when there are more."""
    dpi = klass.dpi or (300, 300)
    paper = paper_pixels(klass.media_size or A4_SIZE, dpi)
    with ExitStack() as stack:
        sources = open_sources(inputs, limits, stack)
        plan = plan_sides(sources, klass)
        if plan.total != 1:
            message = f"the device takes single pictures only, and the document has {plan.total} pages"
            raise DocumentRefused(message, Reason.FORMAT_NOT_SUPPORTED)
        for side in read_sides(sources, plan, klass, Sheet(paper, dpi)):
            pixels = draw_side(side, paper, klass.type != "sgray_8")
            Image.fromarray(pixels).save(output, "JPEG", quality=QUALITY, dpi=dpi)
    return 1
