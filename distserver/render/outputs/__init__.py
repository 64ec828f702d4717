"""Pages written page by page: raster, PDF, JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from distserver.model.documents import JPEG, PDF, RenditionClass
from distserver.render.outputs.jpeg import write_jpeg
from distserver.render.outputs.pdf import write_pdf
from distserver.render.outputs.raster import write_raster
from distserver.render.sources import SourceLimits
from distserver.render.tasks import InputFile

__all__ = ["write_rendition"]


def write_rendition(inputs: Sequence[InputFile], klass: RenditionClass, output: Path, limits: SourceLimits) -> int:
    """Write the documents, in order, as one file of class `klass`; the number of pages. Raises `DocumentRefused`."""
    if klass.format == PDF:
        return write_pdf(inputs, klass, output, limits)
    if klass.format == JPEG:
        return write_jpeg(inputs[0], klass, output, limits)
    return write_raster(inputs, klass, output, limits)
