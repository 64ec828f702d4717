"""A job as its IPP attributes (RFC 8011 §5.3, PWG 5100.5, PWG 5100.7)."""

from __future__ import annotations

from datetime import UTC, datetime

from distwire.ipp.attributes import Attribute, attribute
from distwire.ipp.values import (
    NO_VALUE,
    Value,
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
from mfp_client.printing.addresses import job_uri, printer_uri
from mfp_client.printing.device import Device
from mfp_client.printing.job import Job
from mfp_client.printing.ticket import write_ticket

SHORT = ("job-id", "job-uri", "job-state", "job-state-reasons", "job-state-message", "number-of-intervening-jobs")
"""What the answer to Print-Job, Create-Job and Send-Document holds (RFC 8011 §4.2.1.2)."""


def describe_job(device: Device, job: Job, authority: str) -> tuple[Attribute, ...]:
    """All attributes of a job."""
    return (
        *_identity(job, authority),
        *_status(device, job),
        *_counters(job),
        *_times(device, job),
        *_document(job),
        *write_ticket(job.ticket),
    )


def _identity(job: Job, authority: str) -> tuple[Attribute, ...]:
    return (
        attribute("job-id", integer(job.id)),
        attribute("job-uri", uri(job_uri(authority, job))),
        attribute("job-uuid", uri(f"urn:uuid:{job.uuid}")),
        attribute("job-printer-uri", uri(printer_uri(authority))),
        attribute("job-more-info", uri(f"http://{authority}/")),
        attribute("job-name", name(job.name)),
        attribute("job-originating-user-name", name(job.user)),
        attribute("attributes-charset", charset("utf-8")),
        attribute("attributes-natural-language", natural_language("en")),
    )


def _status(device: Device, job: Job) -> tuple[Attribute, ...]:
    before = sum(1 for other in device.jobs if not other.ended and other.id < job.id) if not job.ended else 0
    return (
        attribute("job-state", enum(job.state)),
        attribute("job-state-reasons", *keywords(job.reasons)),
        attribute("job-state-message", text(cut_octets(job.words, 1023))),
        attribute("number-of-intervening-jobs", integer(before)),
        attribute("number-of-documents", integer(0 if job.document is None else 1)),
        attribute("output-device-assigned", name(cut_octets(device.options.name, 127))),
    )


def _counters(job: Job) -> tuple[Attribute, ...]:
    octets = job.document.octets if job.document else 0
    whole = integer(job.pages * job.ticket.copies) if job.pages is not None else NO_VALUE
    return (
        attribute("job-k-octets", integer((octets + 1023) // 1024)),
        attribute("job-k-octets-processed", integer((octets + 1023) // 1024 if job.impressions else 0)),
        attribute("job-impressions", whole),
        attribute("job-impressions-completed", integer(job.impressions)),
        attribute("job-media-sheets-completed", integer(job.sheets)),
        attribute("job-pages-completed", integer(job.impressions)),
    )


def _times(device: Device, job: Job) -> tuple[Attribute, ...]:
    moments = (("creation", job.created), ("processing", job.processing_at), ("completed", job.ended_at))
    ticks = [
        attribute(f"time-at-{what}", NO_VALUE if at is None else integer(device.up_time(at))) for what, at in moments
    ]
    dates = [attribute(f"date-time-at-{what}", _date(at)) for what, at in moments]
    return (*ticks, *dates, attribute("job-printer-up-time", integer(device.up_time())))


def _date(moment: float | None) -> Value:
    return NO_VALUE if moment is None else date_time(datetime.fromtimestamp(moment, UTC))


def _document(job: Job) -> tuple[Attribute, ...]:
    supplied = job.supplied
    attributes = [attribute("compression-supplied", keyword(supplied.get("compression", "none")))]
    if "document-format" in supplied:
        attributes.append(attribute("document-format-supplied", mime_type(supplied["document-format"])))
    if job.document is not None and job.document.name:
        attributes.append(attribute("document-name-supplied", name(job.document.name)))
    attributes.append(attribute("ipp-attribute-fidelity", boolean(supplied.get("fidelity") == "true")))
    return tuple(attributes)
