"""A job as its IPP attributes: what they say is what the deliveries say (RFC 8011 §5.3, PWG 5100.7, PWG 5100.15)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from distserver.intake.ipp.addresses import Origin, Place
from distserver.intake.ipp.description import House, up_time
from distserver.intake.ipp.gate import name_sender
from distserver.intake.ipp.printers import Printers
from distserver.jobs.incoming import IppJob
from distserver.model.documents import Document
from distserver.model.jobs import DeliveryView, JobView
from distserver.model.states import JobState as OurState
from distserver.model.states import Reason
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import DocumentState, JobState
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import (
    NO_VALUE,
    boolean,
    charset,
    cut_octets,
    date_time,
    enum,
    integer,
    keyword,
    keywords,
    mime_type,
    name,
    natural_language,
    text,
    uri,
)

SHORT = ("job-id", "job-uri", "job-state", "job-state-reasons", "job-state-message", "number-of-intervening-jobs")
"""What the answer to Print-Job, Create-Job and Send-Document holds (RFC 8011 §4.2.1.2)."""

LONG = (
    "destination-statuses",
    "destination-uris",
    "job-impressions-completed",
    "job-pages-completed",
    "job-media-sheets-completed",
)
"""What is read from the deliveries, and only when it is asked for."""

_STATES = {
    OurState.PENDING: JobState.PENDING,
    OurState.PENDING_HELD: JobState.PENDING_HELD,
    OurState.PROCESSING: JobState.PROCESSING,
    OurState.PROCESSING_STOPPED: JobState.PROCESSING_STOPPED,
    OurState.CANCELED: JobState.CANCELED,
    OurState.ABORTED: JobState.ABORTED,
    OurState.COMPLETED: JobState.COMPLETED,
}
_OUR_WORDS = {Reason.GROUP_PAUSED.value: "printer-stopped"}
"""Reasons of ours and what IPP calls them (RFC 8011 §5.3.8)."""


def state_of(found: IppJob) -> JobState:
    """`job-state`."""
    if found.job is not None:
        return JobState.PENDING_HELD if _is_timed(found.job) else _STATES[found.job.state]
    return {"open": JobState.PENDING_HELD, "canceled": JobState.CANCELED}.get(found.row.state, JobState.ABORTED)


def _is_timed(job: JobView) -> bool:
    """It waits for its time (RFC 8011 §5.2.2: such a job is pending-held)."""
    return job.state is OurState.PENDING and (job.not_before or 0.0) > time.time()


def describe_job(
    found: IppJob, printers: Printers, house: House, origin: Origin, deliveries: Sequence[DeliveryView]
) -> tuple[Attribute, ...]:
    """All attributes; `deliveries` may be left out where nothing of them is asked for."""
    return (
        *_identity(found, printers, house, origin),
        *_status(found),
        *_counters(found, deliveries),
        *_times(found, house),
        *_documents(found),
    )


def _identity(found: IppJob, printers: Printers, house: House, origin: Origin) -> tuple[Attribute, ...]:
    row, place = found.row, Place.of_key(found.row.printer)
    page = f"{house.board}/jobs/{row.job_id}" if row.job_id else f"{house.board}/jobs"
    return (
        attribute("job-id", integer(row.number)),
        attribute("job-uri", uri(origin.job_uri(place, row.number))),
        attribute("job-uuid", uri(printers.job_uuid(row.number))),
        attribute("job-printer-uri", uri(origin.printer_uri(place))),
        attribute("job-more-info", uri(page)),
        attribute("job-name", name(cut_octets(row.title, 255))),
        attribute("job-originating-user-name", name(cut_octets(name_sender(row.sender), 255))),
        attribute("attributes-charset", charset("utf-8")),
        attribute("attributes-natural-language", natural_language("en")),
    )


def _status(found: IppJob) -> tuple[Attribute, ...]:
    return (
        attribute("job-state", enum(state_of(found))),
        attribute("job-state-reasons", *keywords(_reasons(found))),
        attribute("job-state-message", text(cut_octets(_words(found), 1023))),
        attribute("number-of-intervening-jobs", integer(0)),
        attribute("number-of-documents", integer(len(found.documents))),
    )


def describe_hold(found: IppJob, asked: Group) -> tuple[Attribute, ...]:
    """`job-hold-until` as it stands: a job may have been held or released since it was asked for."""
    word = asked.string("job-hold-until") or "no-hold"
    if found.job is not None and (found.job.held or word == "indefinite"):
        word = "indefinite" if found.job.held else "no-hold"
    return (attribute("job-hold-until", keyword(word)),)


def _reasons(found: IppJob) -> tuple[str, ...]:
    job = found.job
    if job is None:
        if found.open:
            return ("job-data-insufficient",) if not found.documents else ("job-incoming",)
        return (found.row.reason or "aborted-by-system",)
    if _is_timed(job):
        return ("job-hold-until-specified",)
    reasons = tuple(_OUR_WORDS.get(word, word) for word in job.reasons if word)
    if job.counts.aborted and job.state.ended:
        reasons = (*reasons, "destination-uri-failed")
    return tuple(dict.fromkeys(reasons)) or ("none",)


def _words(found: IppJob) -> str:
    job = found.job
    if job is None:
        return "Waits for its documents." if found.open else found.row.message or "Canceled before it was complete."
    counts = job.counts
    parts = (
        (counts.completed, "delivered"),
        (counts.processing, "under way"),
        (counts.pending, "waiting"),
        (counts.retry, "to be tried again"),
        (counts.aborted, "failed"),
        (counts.canceled, "canceled"),
    )
    return f"Of {counts.total} destinations: " + ", ".join(f"{count} {word}" for count, word in parts if count) + "."


def _counters(found: IppJob, deliveries: Sequence[DeliveryView]) -> tuple[Attribute, ...]:
    octets = sum(document.size for document in found.documents)
    kilo = min(2**31 - 1, (octets + 1023) // 1024)
    pages = sum(document.pages for document in found.documents)
    out = sum(one.pages or 0 for one in deliveries)
    return (
        attribute("job-k-octets", integer(kilo)),
        attribute("job-k-octets-processed", integer(kilo if found.ended else 0)),
        attribute("job-impressions", integer(pages) if found.documents else NO_VALUE),
        attribute("job-impressions-completed", integer(min(2**31 - 1, out))),
        attribute("job-pages-completed", integer(min(2**31 - 1, out))),
        attribute("job-media-sheets-completed", integer(min(2**31 - 1, out))),
    )


def _times(found: IppJob, house: House) -> tuple[Attribute, ...]:
    row, job = found.row, found.job
    started = None if job is None or job.counts.pending == job.counts.total else job.created
    ended = row.ended if job is None else job.ended
    moments = (("creation", row.created), ("processing", started), ("completed", ended))
    ticks = [
        attribute(f"time-at-{what}", NO_VALUE if at is None else integer(up_time(house, at))) for what, at in moments
    ]
    dates = [
        attribute(f"date-time-at-{what}", NO_VALUE if at is None else date_time(_date(at))) for what, at in moments
    ]
    return (*ticks, *dates, attribute("job-printer-up-time", integer(up_time(house, datetime.now(UTC).timestamp()))))


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _documents(found: IppJob) -> tuple[Attribute, ...]:
    attributes = [attribute("compression-supplied", keyword("none"))]
    if found.documents:
        first = found.documents[0]
        attributes.append(attribute("document-format-supplied", mime_type(first.format)))
        attributes.append(attribute("document-format-detected", mime_type(first.format)))
        attributes.append(attribute("document-name-supplied", name(cut_octets(first.name, 255))))
    return tuple(attributes)


def describe_document(
    found: IppJob, no: int, document: Document, place: Place, origin: Origin
) -> tuple[Attribute, ...]:
    """A document of a job (PWG 5100.5)."""
    state = state_of(found)
    states = {JobState.PENDING_HELD: DocumentState.PENDING, JobState.PENDING: DocumentState.PENDING}
    document_state = states.get(state) or DocumentState[state.name]
    last = not found.open and no == len(found.documents)
    return (
        attribute("document-number", integer(no)),
        attribute("document-job-id", integer(found.row.number)),
        attribute("document-job-uri", uri(origin.job_uri(place, found.row.number))),
        attribute("document-printer-uri", uri(origin.printer_uri(place))),
        attribute("document-name", name(cut_octets(document.name, 255))),
        attribute("document-format", mime_type(document.format)),
        attribute("document-state", enum(document_state)),
        attribute("document-state-reasons", keyword("none")),
        attribute("impressions", integer(document.pages)),
        attribute("k-octets", integer(min(2**31 - 1, (document.size + 1023) // 1024))),
        attribute("last-document", boolean(last)),
        attribute("attributes-charset", charset("utf-8")),
        attribute("attributes-natural-language", natural_language("en")),
    )


def job_group(attributes: Iterable[Attribute]) -> Group:
    return Group(GroupTag.JOB, tuple(attributes))
