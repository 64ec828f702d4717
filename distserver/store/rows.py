"""Rows ⇄ records of `distserver.model`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from distserver.model.address import Address, Channel, Destination
from distserver.model.documents import (
    ColorMode,
    Document,
    Orientation,
    PrintOptions,
    Quality,
    RasterTraits,
    Scaling,
    Sides,
)
from distserver.model.jobs import AttemptView, Claimed, Counts, DeliveryView, JobView, KnownDevice
from distserver.model.states import DeliveryState, Evidence, JobState, OutcomeKind, Priority, Reason, Resend

RANKS = {Priority.URGENT: 0, Priority.NORMAL: 1, Priority.BULK: 2}

Row = Any  # an sqlalchemy.Row: its columns are those of tables.py


def delivery_name(job_id: str, number: int, generation: int) -> str:
    """The name a device knows a delivery by: new whenever it is certain that the earlier one printed nothing."""
    return f"{job_id}-{number}" if generation == 0 else f"{job_id}-{number}.{generation}"


def options_to_json(options: PrintOptions) -> str:
    return json.dumps(asdict(options))


def options_from_json(text: str) -> PrintOptions:
    """Jobs of earlier versions have fewer options: what is missing was not asked."""
    table = json.loads(text)
    sides, orientation = table["sides"], table.get("orientation")
    return PrintOptions(
        copies=table["copies"],
        sides=Sides(sides) if sides else None,
        media=table["media"],
        color=ColorMode(table["color"]),
        page_ranges=tuple((first, last) for first, last in table.get("page_ranges", ())),
        number_up=table.get("number_up", 1),
        orientation=Orientation(orientation) if orientation else None,
        scaling=Scaling(table.get("scaling", Scaling.AUTO)),
        quality=Quality(table["quality"]) if table.get("quality") else None,
    )


def counts_from_row(row: Row) -> Counts:
    return Counts(row.n_pending, row.n_retry, row.n_processing, row.n_completed, row.n_aborted, row.n_canceled)


def raster_to_json(traits: RasterTraits | None) -> str | None:
    return None if traits is None else json.dumps(asdict(traits))


def _raster_from_json(text: str | None) -> RasterTraits | None:
    if text is None:
        return None
    table = json.loads(text)
    dpi, sizes = (tuple((x, y) for x, y in table[key]) for key in ("dpi", "sizes"))
    return RasterTraits(tuple(table["types"]), dpi, sizes, table["two_sided"])


def document_to_values(document: Document) -> dict[str, object]:
    """Columns of a document, whichever table keeps it."""
    return {
        "digest": document.digest,
        "size": document.size,
        "format": document.format,
        "name": document.name,
        "pages": document.pages,
        "raster": raster_to_json(document.raster),
    }


def document_from_row(row: Row) -> Document:
    return Document(row.digest, row.size, row.format, row.name, row.pages, _raster_from_json(row.raster))


def add_paused(reasons: tuple[str, ...], *, first: bool) -> tuple[str, ...]:
    """The reasons of a job of which a delivery is held because its group is paused."""
    paused, others = Reason.GROUP_PAUSED.value, tuple(one for one in reasons if one != Reason.GROUP_PAUSED)
    return (paused, *others) if first else (*others, paused)


def job_from_row(row: Row, documents: tuple[Document, ...], *, stopped: bool = False) -> JobView:
    """`stopped`: a delivery is held because its group is paused; the first reason while no other is under way."""
    reasons = tuple(row.reasons.split())
    if stopped:
        reasons = add_paused(reasons, first=not (row.n_processing or row.held))
    return JobView(
        id=row.id,
        title=row.title,
        sender=row.sender,
        state=JobState(row.state),
        reasons=reasons,
        priority=Priority(row.priority),
        options=options_from_json(row.options),
        groups=tuple(json.loads(row.chosen)),
        counts=counts_from_row(row),
        documents=documents,
        keep=row.keep,
        held=row.held,
        document_erased=row.erased,
        created=row.created,
        updated=row.updated,
        not_before=row.not_before,
        deadline=row.deadline,
        ended=row.ended,
    )


def delivery_from_row(row: Row) -> DeliveryView:
    state = DeliveryState(row.state)
    return DeliveryView(
        id=f"{row.job_id}-{row.number}",
        job_id=row.job_id,
        number=row.number,
        name=row.name,
        address=row.written,
        channel=row.channel,
        groups=tuple(json.loads(row.groups)),
        state=state,
        evidence=Evidence(row.evidence),
        reason=row.reason,
        message=row.message,
        device_reasons=tuple(row.device_reasons.split()),
        attempts=row.attempts,
        pages=row.pages,
        pages_total=row.pages_total,
        rendition=row.rendition,
        resend=Resend(row.resend),
        created=row.created,
        updated=row.updated,
        started=row.started,
        ended=row.ended,
        next_try=row.due if state in (DeliveryState.PENDING, DeliveryState.PENDING_RETRY) else None,
        cancel_requested=row.cancel_requested and not state.ended,
    )


def attempt_from_row(row: Row) -> AttemptView:
    return AttemptView(row.number, row.started, row.ended, row.outcome, row.reason, row.message, row.remote_id)


def destination_from_row(row: Row) -> Destination:
    address = Address(row.destination, row.written, Channel(row.channel))
    said = json.loads(row.options)
    asked, options = (said["asked"], said["options"]) if isinstance(said, dict) else (0, said)
    return Destination(address, row.name, tuple((k, v) for k, v in options), asked)


def line_to_json(destination: Destination) -> str:
    """A destination's options for its row; `destination_from_row` reads them."""
    asked = destination.asked
    said = {"asked": asked, "options": destination.options} if asked else destination.options
    return json.dumps(said, ensure_ascii=False)


def tries_to_text(tries: Mapping[OutcomeKind, int]) -> str:
    return " ".join(f"{kind}={count}" for kind, count in tries.items())


def tries_from_text(text: str) -> dict[OutcomeKind, int]:
    return {OutcomeKind(kind): int(count) for kind, _, count in (word.partition("=") for word in text.split())}


def refusals_to_text(refusals: Mapping[str, float]) -> str:
    return " ".join(f"{form}={at:.0f}" for form, at in sorted(refusals.items()))


def refusals_from_text(text: str) -> dict[str, float]:
    return {form: float(at) for form, _, at in (word.rpartition("=") for word in text.split())}


def claimed_from_row(row: Row, job: Row, documents: tuple[Document, ...], lane: Row | None) -> Claimed:
    """`lane` is the row of its destination, if there is one."""
    destination = destination_from_row(row)
    known = None
    if lane is not None and (lane.capabilities or lane.refuses):
        known = KnownDevice(lane.capabilities, lane.capabilities_at or 0.0, refusals_from_text(lane.refuses))
    return Claimed(
        key=row.key,
        id=delivery_name(row.job_id, row.number, row.generation),
        job_id=row.job_id,
        number=row.number,
        destination=destination,
        title=job.title,
        sender=job.sender,
        options=options_from_json(job.options).at(destination.options),
        documents=documents,
        attempt=row.attempts,
        crashes=row.crashes,
        uncertain=row.uncertain,
        accepted=row.accepted,
        resent=row.resent,
        cancel_requested=row.cancel_requested,
        remote_id=row.remote_id,
        resend=Resend(row.resend),
        deadline=job.deadline,
        pinned=lane.pinned if lane is not None else None,
        learnt=lane.learnt if lane is not None else "",
        host=row.host,
        subnet=row.subnet,
        tries=tries_from_text(row.tries),
        strikes=lane.strikes if lane is not None else 0,
        marked=lane is not None and (lane.score > 0 or lane.suspended is not None),
        known=known,
        priority=Priority(job.priority),
        since=max(row.created, job.not_before or 0.0),
    )
