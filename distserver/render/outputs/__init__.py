"""Pages written page by page: raster, PDF, JPEG, faxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from distserver.model.documents import JPEG, PDF, TIFF_F
from distserver.render.outputs.fax import write_fax
from distserver.render.outputs.jpeg import write_jpeg
from distserver.render.outputs.pdf import write_pdf
from distserver.render.outputs.raster import write_raster
from distserver.render.sources import SourceLimits
from distserver.render.tasks import ConvertTask, Progress

__all__ = ["write_rendition"]


def write_rendition(task: ConvertTask, limits: SourceLimits, report: Callable[[Progress], None]) -> int:
    """Write the documents, in order, as one file of the task's class; the number of sides. Raises `DocumentRefused`.

    Raster is good up to the last page that is written: `report` is told after each. The other formats have something
    at their end without which the rest is worth nothing.
    """
    if task.klass.format == PDF:
        return write_pdf(task.inputs, task.klass, Path(task.output), limits)
    if task.klass.format == JPEG:
        return write_jpeg(task.inputs, task.klass, Path(task.output), limits)
    if task.klass.format == TIFF_F:
        return write_fax(task.inputs, task.klass, Path(task.output), limits)
    return write_raster(task, limits, report)
