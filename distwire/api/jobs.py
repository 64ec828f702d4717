"""Jobs, deliveries and receipts (SPEC D4). States, evidence and priorities are the words of IPP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from distwire.api.base import Message, Request, Time


def _read_number(value: object) -> object:
    """Fields of a form are text; what is no number is left to be refused."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9 else value


JobState = Literal["pending", "pending-held", "processing", "processing-stopped", "canceled", "aborted", "completed"]
DeliveryState = Literal["pending", "pending-retry", "processing", "canceled", "aborted", "completed"]
Evidence = Literal["none", "accepted", "completed"]
Priority = Literal["urgent", "normal", "bulk"]
Resend = Literal["at-most-once", "at-least-once"]
Sides = Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"]
Color = Literal["auto", "color", "monochrome"]
NumberUp = Annotated[Literal[1, 2, 4, 6, 9, 16], BeforeValidator(_read_number)]
Orientation = Literal["portrait", "landscape", "reverse-landscape", "reverse-portrait"]
Scaling = Literal["auto", "auto-fit", "fill", "fit", "none"]
Name = Annotated[str, Field(min_length=1, max_length=1024)]


class SubmissionForm(Request):
    """A job as a sender asks for it, as the fields of multipart/form-data; the files are parts called `document`.

    `group` (name or file) and `destination` (address or name) may come any number of times, and `document` too: several
    files are printed one after the other as one job. Without `keep` the documents are erased when all has gone well.
    """

    group: list[Name] = Field(default_factory=list)
    destination: list[Name] = Field(default_factory=list)
    title: str | None = Field(default=None, max_length=255, description="The first file's name when left out.")
    copies: int = Field(default=1, ge=1, le=999)
    sides: Sides | None = None
    media: str | None = Field(
        default=None,
        max_length=255,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="A4, letter or the like, or a PWG 5101.1 name such as iso_a4_210x297mm.",
    )
    color: Color = "auto"
    page_ranges: str | None = Field(
        default=None,
        max_length=1000,
        description="Which pages, such as 1-3,7 or 5-, counted through all documents of the job; all when left out.",
    )
    number_up: NumberUp = Field(default=1, description="Pages on a side.")
    orientation: Orientation | None = Field(
        default=None, description="How pictures stand on the paper; PDF and raster pages say it themselves."
    )
    scaling: Scaling = Field(
        default="auto",
        description="fit: as large as the paper; fill: no paper stays white; none: as large as they are; "
        "auto: smaller if need be.",
    )
    priority: Priority = "normal"
    not_before: Time | None = Field(default=None, description="Nothing is sent before this time.")
    deadline: Time | None = Field(default=None, description="What has not gone out by then is given up.")
    keep: bool = Field(default=False, description="Keep the documents after the job has ended.")
    hold: bool = Field(default=False, description="Wait until the job is released.")


class Options(Message):
    """How it is printed; null leaves it to the destination, `page_ranges` null is all pages."""

    copies: int
    sides: Sides | None
    media: str | None
    color: Color
    page_ranges: str | None
    number_up: int
    orientation: Orientation | None
    scaling: Scaling


class Counts(Message):
    """How many deliveries stand in each state."""

    pending: int
    retry: int
    processing: int
    completed: int
    aborted: int
    canceled: int
    total: int


class Document(Message):
    """A document of a job; `number` counts from 1, `size` is in bytes."""

    number: int
    name: str
    format: str
    size: int
    pages: int


class Job(Message):
    """A job. `reasons` are keywords, such as `completed-with-errors`; `chosen`: groups and destinations."""

    id: str
    title: str
    sender: str
    state: JobState
    reasons: list[str]
    words: str
    priority: Priority
    options: Options
    chosen: list[str]
    counts: Counts
    documents: list[Document]
    keep: bool
    held: bool
    document_erased: bool
    created: Time
    updated: Time
    not_before: Time | None
    deadline: Time | None
    ended: Time | None


class JobList(Message):
    """A page of jobs, newest first. `next` is the `before` of the next page, null on the last."""

    jobs: list[Job]
    next: str | None


class Delivery(Message):
    """One destination of a job, and its receipt. `id` is the name the device knows it by.

    `evidence`: `accepted` says that the device took it, `completed` that the device says it is out. `reason` is a
    keyword, `words` the same for people, `message` the device's own words; `pages` are those out so far, null when the
    device does not count.
    """

    id: str
    job: str
    number: int
    destination: str
    address: str
    channel: str
    groups: list[str]
    state: DeliveryState
    evidence: Evidence
    reason: str
    words: str
    message: str
    device_reasons: list[str]
    attempts: int
    pages: int | None
    pages_total: int
    rendition: str
    resend: Resend
    cancel_requested: bool
    created: Time
    updated: Time
    started: Time | None
    ended: Time | None
    next_try: Time | None


class DeliveryPage(Message):
    """Deliveries in the order of their numbers. `next` is the `after` of the next page, null on the last.

    `as_of` is the `changed_since` to ask for next; it lies a little back: some come twice, none is missed.
    `state` is the job's.
    """

    deliveries: list[Delivery]
    next: int | None
    as_of: Time
    state: JobState


class Attempt(Message):
    """One attempt at a delivery, as it ended."""

    number: int
    started: Time
    ended: Time
    outcome: str
    reason: str
    message: str
    remote_id: str | None


class DeliveryWithAttempts(Delivery):
    """A delivery and its attempts, oldest first."""

    history: list[Attempt]


class Selection(Request):
    """Which deliveries an operation is for, by number; all of the job when left out."""

    deliveries: list[Annotated[int, Field(ge=1, le=10_000_000)]] | None = Field(default=None, max_length=100_000)


class Answer(Message):
    """What an operation really did. `changed` were changed at once; `asked` are under way and their device is being
    asked; `left` had ended before."""

    job: Job
    changed: int
    asked: int
    left: int
    message: str
