"""Jobs: list, show, and what may be done with them (SPEC D4)."""

from __future__ import annotations

import re
from typing import Literal

from flask import Response, jsonify
from pydantic import Field

from distserver.accounts.access import EVERYONE, SENDERS
from distserver.errors import NotFound
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.jobs.query import OVERLAP_SECONDS
from distserver.model.states import JobState
from distserver.report import export
from distwire.api import jobs as wire
from distwire.api.base import Request, Time

_JOB_ID = re.compile(r"[0-9a-z]{1,20}")


_ALL = 10_000_000


class JobsQuery(Request):
    """Which jobs: a page of `limit` before the job `before`; those in one of the states, if given."""

    limit: int = Field(default=50, ge=1, le=500)
    before: str | None = Field(default=None, pattern=r"^[0-9a-z]{1,20}$")
    state: list[wire.JobState] = Field(default_factory=list)


class DeliveriesQuery(Request):
    """Which deliveries: a page of `limit` after the number `after`; those changed since, if given."""

    limit: int = Field(default=1000, ge=1, le=10_000)
    after: int = Field(default=0, ge=0, le=10_000_000)
    changed_since: Time | None = None


@operation("GET /api/v1/jobs", roles(*EVERYONE), Messages(query=JobsQuery, answer=wire.JobList))
def list_jobs(call: Call[JobsQuery, None]) -> wire.JobList:
    """List jobs, newest first: all for operators, their own for others."""
    ask = call.query
    found = call.services.query.list(
        call.actor, limit=ask.limit, before=ask.before, states=[JobState(state) for state in ask.state]
    )
    more = found[-1].id if len(found) == ask.limit else None
    return wire.JobList(jobs=[messages.to_job(job) for job in found], next=more)


@operation("GET /api/v1/jobs/<job>", roles(*EVERYONE), Messages(answer=wire.Job), errors=(404,))
def show_job(call: Call[None, None], job: str) -> wire.Job:
    """Show a job."""
    return messages.to_job(call.services.query.get(check_job_id(job), call.actor))


@operation(
    "GET /api/v1/jobs/<job>/deliveries",
    roles(*EVERYONE),
    Messages(query=DeliveriesQuery, answer=wire.DeliveryPage),
    errors=(404,),
)
def list_deliveries(call: Call[DeliveriesQuery, None], job: str) -> wire.DeliveryPage:
    """List the deliveries of a job with their receipts, page by page, or what changed since a time."""
    ask, as_of = call.query, call.services.clock() - OVERLAP_SECONDS
    query, by = call.services.query, call.actor
    whole = query.get(check_job_id(job), by)
    since = None if ask.changed_since is None else ask.changed_since.timestamp()
    found = query.deliveries(job, by, changed_since=since, after=ask.after, limit=ask.limit)
    more = found[-1].number if len(found) == ask.limit else None
    page = [messages.to_delivery(delivery, whole) for delivery in found]
    return wire.DeliveryPage(deliveries=page, next=more, as_of=messages.to_time(as_of), state=whole.state.value)


@operation(
    "GET /api/v1/jobs/<job>/deliveries/<int:number>",
    roles(*EVERYONE),
    Messages(answer=wire.DeliveryWithAttempts),
    errors=(404,),
)
def show_delivery(call: Call[None, None], job: str, number: int) -> wire.DeliveryWithAttempts:
    """Show one delivery with its attempts."""
    if number > 10_000_000:
        raise NotFound(f"job {job} has no delivery {number}")
    query, by = call.services.query, call.actor
    delivery, attempts = query.delivery(check_job_id(job), number, by)
    return messages.to_delivery_with_attempts(delivery, list(attempts), query.get(job, by))


class ReceiptsQuery(Request):
    """In which form."""

    format: Literal["csv", "json"] = "csv"


@operation(
    "GET /api/v1/jobs/<job>/receipts", roles(*EVERYONE), Messages(query=ReceiptsQuery, media="text/csv"), errors=(404,)
)
def export_receipts(call: Call[ReceiptsQuery, None], job: str) -> Response:
    """Export all receipts of a job, as a table for a spreadsheet (CSV) or as JSON."""
    view = call.services.query.get(check_job_id(job), call.actor)
    deliveries = call.services.query.deliveries(job, call.actor, limit=_ALL)
    if call.query.format == "json":
        return jsonify(export.receipts_table(view, deliveries))
    disposition = f'attachment; filename="receipts-{job}.csv"'
    lines = export.receipts_csv(deliveries)
    return Response(lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


_CHANGE = Messages(answer=wire.Answer)
_CHANGE_SOME = Messages(body=wire.Selection, answer=wire.Answer)


@operation("POST /api/v1/jobs/<job>/cancel", roles(*SENDERS), _CHANGE_SOME, errors=(404, 409))
def cancel_job(call: Call[None, wire.Selection], job: str) -> wire.Answer:
    """Cancel a job, or some of its deliveries; those under way are asked to stop."""
    numbers = _check_numbers(call, job)
    return messages.to_answer(call.services.jobs.cancel(job, call.actor, numbers))


@operation("POST /api/v1/jobs/<job>/hold", roles(*SENDERS), _CHANGE, errors=(404, 409))
def hold_job(call: Call[None, None], job: str) -> wire.Answer:
    """Hold a job: start no further delivery until it is released."""
    return messages.to_answer(call.services.jobs.hold(check_job_id(job), call.actor))


@operation("POST /api/v1/jobs/<job>/release", roles(*SENDERS), _CHANGE, errors=(404, 409))
def release_job(call: Call[None, None], job: str) -> wire.Answer:
    """Release a held job."""
    return messages.to_answer(call.services.jobs.release(check_job_id(job), call.actor))


@operation("POST /api/v1/jobs/<job>/retry", roles(*SENDERS), _CHANGE_SOME, errors=(404, 409))
def retry_job(call: Call[None, wire.Selection], job: str) -> wire.Answer:
    """Send again what failed, or the deliveries that are named."""
    numbers = _check_numbers(call, job)
    return messages.to_answer(call.services.jobs.retry(job, call.actor, numbers))


def _check_numbers(call: Call[None, wire.Selection], job: str) -> list[int] | None:
    """The deliveries that are meant. Raises `NotFound` when the job, or one of the numbers, does not exist."""
    numbers = call.body.deliveries
    total = call.services.query.get(check_job_id(job), call.actor).counts.total
    strange = next((number for number in numbers or () if number > total), None)
    if strange is not None:
        raise NotFound(f"job {job} has no delivery {strange}: its deliveries are numbered from 1 to {total}")
    return numbers


def check_job_id(text: str) -> str:
    """The id. Raises `NotFound` on what no id looks like."""
    if not _JOB_ID.fullmatch(text):
        raise NotFound(f"there is no job {text[:40]}")
    return text


OPERATIONS = (
    list_jobs,
    show_job,
    list_deliveries,
    show_delivery,
    export_receipts,
    cancel_job,
    hold_job,
    release_job,
    retry_job,
)
