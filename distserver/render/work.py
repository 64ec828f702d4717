"""What happens inside a fenced child: one task, with the imaging packages, then the end."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.states import Reason
from distserver.render.contract import DocumentFacts
from distserver.render.formats import read_format
from distserver.render.outputs import write_rendition
from distserver.render.placement import place_page
from distserver.render.sources import SourceLimits, open_source
from distserver.render.sources.raster import RasterSource
from distserver.render.tasks import (
    Answer,
    ConvertTask,
    Done,
    Failed,
    Fence,
    InspectTask,
    LookTask,
    Progress,
    Refused,
    Task,
    ThumbnailTask,
)

_THUMBNAIL_DPI = (72, 72)


def preload() -> None:
    """Have every decoder loaded before children are forked."""
    Image.init()
    warnings.simplefilter("ignore")  # a warning about a document would only go to a closed stderr


def run_task(task: Task, fence: Fence, report: Callable[[Progress], None]) -> Answer:
    """Carry it out; what can go wrong with a document or a disk comes back as an answer. `report` is told how far a
    raster rendition has come."""
    limits = SourceLimits(fence.pages, fence.pixel_mb << 20)
    try:
        match task:
            case InspectTask():
                facts = _inspect(task, limits)
                return Done(facts.pages, facts)
            case ConvertTask():
                return Done(_convert(task, limits, report))
            case ThumbnailTask():
                return Done(_draw_thumbnail(task, limits))
            case LookTask():
                return Failed("a looker is told what to look into")
    except DocumentRefused as refusal:
        return Refused(str(refusal), refusal.reason)
    except MemoryError:
        return _too_complex(f"it needs more than {fence.memory_mb} MB of memory")
    except OSError as error:
        if error.errno == errno.EFBIG:
            return _too_complex(f"its printable form is larger than {fence.output_mb} MB")
        return Failed(str(error), no_space=error.errno in (errno.ENOSPC, errno.EDQUOT))


def _too_complex(why: str) -> Refused:
    return Refused(f"the document is too complex: {why}", Reason.DOCUMENT_ERROR)


def _inspect(task: InspectTask, limits: SourceLimits) -> DocumentFacts:
    name = read_format(Path(task.path))
    with open_source(task.path, name, limits) as source:
        traits = source.traits if isinstance(source, RasterSource) else None
        if traits is None:
            reading = source.read_pages()
            next(reading)
        return DocumentFacts(name, source.pages, traits)


def _convert(task: ConvertTask, limits: SourceLimits, report: Callable[[Progress], None]) -> int:
    pages = write_rendition(task, limits, report)
    _sync(Path(task.output))
    return pages


def _draw_thumbnail(task: ThumbnailTask, limits: SourceLimits) -> int:
    with open_source(task.input.path, task.input.format, limits) as source:
        reading = source.read_pages()  # held: the page is only good as long as it is
        page = next(reading)
        width, height = page.size
        shape = min(max(width / height, 0.1), 10.0) if width > 0 and height > 0 else 1.0
        paper = (max(1, round(task.height * shape)), task.height)
        whole = place_page((paper[0], paper[1]), paper, _THUMBNAIL_DPI)
        Image.fromarray(page.draw(paper, whole, color=True)).save(task.output, "PNG")
    _sync(Path(task.output))
    return 1


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
