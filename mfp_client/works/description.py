"""Documents, jobs and deliveries as JSON for screens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from distwire.api.base import format_time
from distwire.api.jobs import Delivery, Job
from mfp_client.memory.records import Asker, StoredDocument


def describe_document(document: StoredDocument, asker: Asker, *, waiting: bool = False) -> dict[str, Any]:
    """A stored document for whoever asks; `waiting`: it has not been sent yet."""
    facts, draft = document.facts, document.draft
    return {
        "id": str(document.id),
        "number": document.number,
        "state": document.state,
        "title": draft.title,
        "owner": draft.owner,
        "private": draft.private,
        "made": _say_time(document.made),
        "expires": None if draft.expires is None else _say_time(draft.expires),
        "pages": document.pages,
        "octets": document.octets,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "dpi": list(facts.dpi) if facts else None,
        "tone": facts.tone.value if facts else None,
        "copies": [{"server": one.server, "job": one.job, "since": _say_time(one.since)} for one in document.copies],
        "mine": document.may_change(asker),
        "waiting": waiting,
    }


def describe_job(job: Job) -> dict[str, Any]:
    """A job of the server."""
    return {
        "id": job.id,
        "title": job.title,
        "state": job.state,
        "reasons": job.reasons,
        "words": job.words,
        "counts": job.counts.model_dump(),
        "created": format_time(job.created),
        "ended": None if job.ended is None else format_time(job.ended),
    }


def describe_delivery(delivery: Delivery) -> dict[str, Any]:
    """A destination of a job, and its receipt."""
    return {
        "number": delivery.number,
        "job": delivery.job,
        "destination": delivery.destination,
        "address": delivery.address,
        "channel": delivery.channel,
        "state": delivery.state,
        "evidence": delivery.evidence,
        "reason": delivery.reason,
        "words": delivery.words,
        "message": delivery.message,
        "device_reasons": delivery.device_reasons,
        "pages": delivery.pages,
        "pages_total": delivery.pages_total,
        "next_try": None if delivery.next_try is None else format_time(delivery.next_try),
    }


def _say_time(moment: float) -> str:
    return format_time(datetime.fromtimestamp(moment, UTC))
