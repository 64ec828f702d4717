"""What is asked of a fenced child, and what it answers: JSON, as a document may have taken over the child."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from distserver.model.documents import Layout, Orientation, RasterTraits, RenditionClass, Scaling, Sides
from distserver.model.states import Reason
from distserver.render.contract import DocumentFacts


@dataclass(frozen=True, slots=True)
class InputFile:
    """A document to read: its file and MIME type."""

    path: str
    format: str


@dataclass(frozen=True, slots=True)
class InspectTask:
    """Look into a file and tell its `DocumentFacts`."""

    path: str


@dataclass(frozen=True, slots=True)
class LookTask:
    """Look into one file after the other while all is well. Paths come over the job's socket, as lines of JSON."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A raster rendition has so many of its `total` pages in its file, and the first `octets` of the file are good."""

    pages: int
    total: int
    octets: int


@dataclass(frozen=True, slots=True)
class ConvertTask:
    """Turn `inputs`, in order, into one file `output` of class `klass`.

    `begun` is how far an earlier child came: what is good stays as it is, and the pages after it are added.
    """

    inputs: tuple[InputFile, ...]
    output: str
    klass: RenditionClass
    begun: Progress | None = None


@dataclass(frozen=True, slots=True)
class ThumbnailTask:
    """Draw page 1 of `input` as a PNG of `height` pixels."""

    input: InputFile
    output: str
    height: int


Task = InspectTask | LookTask | ConvertTask | ThumbnailTask


@dataclass(frozen=True, slots=True)
class Fence:
    """Limits that the child sets on itself, and those its code keeps."""

    memory_mb: int
    cpu_seconds: int
    wall_seconds: float
    output_mb: int
    pages: int
    pixel_mb: int


@dataclass(frozen=True, slots=True)
class Done:
    """It worked. `facts` only for `InspectTask`."""

    pages: int
    facts: DocumentFacts | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The document is at fault; `message` is for people."""

    message: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Failed:
    """The machine is at fault: `no_space` on the disk, or something else that `message` names."""

    message: str
    no_space: bool = False


Answer = Done | Refused | Failed


def pack_task(task: Task, fence: Fence) -> bytes:
    """A task and its limits as JSON."""
    return json.dumps({"task": type(task).__name__, "fence": asdict(fence), **asdict(task)}).encode()


def unpack_task(data: bytes) -> tuple[Task, Fence]:
    """The reverse of `pack_task`."""
    fields: dict[str, Any] = json.loads(data)
    fence = Fence(**fields.pop("fence"))
    kind = fields.pop("task")
    if kind == "InspectTask":
        return InspectTask(**fields), fence
    if kind == "LookTask":
        return LookTask(), fence
    if kind == "ThumbnailTask":
        return ThumbnailTask(InputFile(**fields["input"]), fields["output"], fields["height"]), fence
    inputs = tuple(InputFile(**item) for item in fields["inputs"])
    begun = Progress(**fields["begun"]) if fields["begun"] else None
    return ConvertTask(inputs, fields["output"], _read_class(fields["klass"]), begun), fence


def _read_class(fields: dict[str, Any]) -> RenditionClass:
    dpi, size = fields.pop("dpi"), fields.pop("media_size")
    layout, ranges = fields.pop("layout"), fields.pop("page_ranges")
    orientation = layout["orientation"]
    return RenditionClass(
        **{**fields, "sides": Sides(fields["sides"])},
        dpi=tuple(dpi) if dpi else None,
        media_size=tuple(size) if size else None,
        layout=Layout(
            layout["number_up"], Orientation(orientation) if orientation else None, Scaling(layout["scaling"])
        ),
        page_ranges=tuple((first, last) for first, last in ranges),
    )


def pack_answer(answer: Answer) -> bytes:
    """An answer as one line of JSON."""
    return json.dumps({"answer": type(answer).__name__, **asdict(answer)}).encode() + b"\n"


def unpack_answer(data: bytes) -> Answer | None:
    """The reverse of `pack_answer`; None for what is no answer, whatever the child wrote."""
    try:
        fields = json.loads(data)
        match fields.pop("answer"):
            case "Done":
                return Done(int(fields["pages"]), _read_facts(fields["facts"]))
            case "Refused":
                return Refused(str(fields["message"]), Reason(fields["reason"]))
            case "Failed":
                return Failed(str(fields["message"]), bool(fields["no_space"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return None


def pack_progress(progress: Progress) -> bytes:
    """A child's word on its progress as one line of JSON."""
    return json.dumps({"progress": asdict(progress)}).encode() + b"\n"


def unpack_progress(data: bytes) -> Progress | None:
    """The reverse of `pack_progress`; None for anything else. Whether it can be true is not looked into."""
    try:
        fields = json.loads(data)["progress"]
        numbers = fields["pages"], fields["total"], fields["octets"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Progress(*numbers) if all(type(number) is int for number in numbers) else None


def _read_facts(fields: dict[str, Any] | None) -> DocumentFacts | None:
    if fields is None:
        return None
    raster = fields["raster"]
    traits = None
    if raster is not None:
        dpi = tuple((int(x), int(y)) for x, y in raster["dpi"])
        sizes = tuple((int(x), int(y)) for x, y in raster["sizes"])
        traits = RasterTraits(tuple(map(str, raster["types"])), dpi, sizes, bool(raster["two_sided"]))
    return DocumentFacts(str(fields["format"]), int(fields["pages"]), traits)
