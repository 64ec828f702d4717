"""Receipts of a job as a table (CSV) and as data (JSON). Pure; times are ISO 8601, UTC."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from distserver.model.jobs import DeliveryView, JobView
from distserver.report import words

COLUMNS = (
    "number",
    "destination",
    "address",
    "groups",
    "state",
    "evidence",
    "reason",
    "words",
    "message",
    "attempts",
    "pages",
    "pages_total",
    "started",
    "ended",
)
_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheet programs take UTF-8 for something else
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def receipts_csv(deliveries: Iterable[DeliveryView], job: JobView | None = None) -> Iterator[str]:
    """Lines of RFC 4180, a heading first. A text that a spreadsheet would run as a formula gets an apostrophe."""
    yield _BYTE_ORDER_MARK + _line(COLUMNS)
    for delivery in deliveries:
        yield _line([_cell(value) for value in receipt_values(delivery, job).values()])


def receipts_table(job: JobView, deliveries: Iterable[DeliveryView]) -> dict[str, Any]:
    """The job and all its receipts, as JSON takes it."""
    return {
        "job": job.id,
        "title": job.title,
        "sender": job.sender,
        "state": job.state,
        "reasons": list(job.reasons),
        "created": show_time(job.created),
        "ended": show_time(job.ended),
        "deliveries": [receipt_values(delivery, job) for delivery in deliveries],
    }


def receipt_values(delivery: DeliveryView, job: JobView | None = None) -> dict[str, Any]:
    """One receipt by the names of `COLUMNS`; `pages` is empty when the device does not count."""
    values = (
        delivery.number,
        delivery.name,
        delivery.address,
        list(delivery.groups),
        delivery.state.value,
        delivery.evidence.value,
        delivery.reason,
        words.describe_delivery(delivery, job=job).sentence,
        delivery.message,
        delivery.attempts,
        words.count_pages(delivery),
        delivery.pages_total,
        show_time(delivery.started),
        show_time(delivery.ended),
    )
    return dict(zip(COLUMNS, values, strict=True))


def show_time(at: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601, to the second."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _line(values: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = ", ".join(value)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value
