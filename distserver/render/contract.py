"""What the renderer promises, what it may use up, and what it needs of the store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from distserver.model.documents import RasterTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """What one document may use up. Beyond it, the document is refused with words that say which limit it was.

    `memory_mb` is the child's address space; `cpu_seconds` and `wall_seconds` are for one task; `output_mb` for one
    rendition; `pages` for one document (its default is that of the setting `max_pages`, and stands there only);
    `pixel_mb` for one page's unpacked pixels; `attempts` is how often a child that was killed is started again;
    `parallel` children run at a time. `stream_pages`: a raster rendition of so many pages or more may be sent while it
    is being made; a shorter one is soon done, and a length that is known from the start is kinder to printers.
    """

    pages: int
    memory_mb: int = 2048
    cpu_seconds: int = 120
    wall_seconds: float = 300.0
    inspect_cpu_seconds: int = 20
    inspect_wall_seconds: float = 60.0
    output_mb: int = 4096
    pixel_mb: int = 640
    attempts: int = 3
    parallel: int = max(1, os.cpu_count() or 1)
    stream_pages: int = 4


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a look into a file tells: MIME type by its content, number of pages, and more for raster documents."""

    format: str
    pages: int
    raster: RasterTraits | None = None


class Purpose(StrEnum):
    """What a conversion was for; only renditions count as conversions of SPEC N2."""

    RENDITION = "rendition"
    THUMBNAIL = "thumbnail"


class ConversionOutcome(StrEnum):
    """How a conversion ended."""

    COMPLETED = "completed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion that was carried out, for the ledger and the metrics.

    `class_key` is `RenditionClass.key`, or `thumbnail`; `digests` are the documents in order; times in seconds;
    `peak_mb` is the child's largest resident set; `octets` and `pages` are of the result (0 when there is none).
    """

    purpose: Purpose
    class_key: str
    digests: tuple[str, ...]
    outcome: ConversionOutcome
    seconds: float
    cpu_seconds: float
    peak_mb: float
    pages: int = 0
    octets: int = 0
    reason: str = ""


class Spool(Protocol):
    """Where stored documents and renditions lie."""

    @property
    def rendition_dir(self) -> Path:
        """Folder that the renderer alone writes in; on one file system, local to the machine."""
        ...

    def document_path(self, digest: str) -> Path:
        """The stored document's file."""
        ...

    def check_room(self) -> None:
        """Raises `NoSpace` when there is none for a rendition."""
        ...


class RenditionLedger(Protocol):
    """The book of conversions."""

    def record(self, conversion: Conversion) -> None:
        """Write one line. Called from a thread, never from the event loop: it may use the database."""
        ...
