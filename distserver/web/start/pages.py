"""What the start page and the wall are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from distserver.groups.snapshot import Snapshot
from distserver.jobs.query import JobQuery
from distserver.model.jobs import Actor, JobView
from distserver.model.states import JobState
from distserver.web.groups.pages import Problem, list_problems
from distserver.web.jobs.pages import JobItem, make_item

DAY_SECONDS = 86_400.0
_LIVE = (JobState.PENDING, JobState.PENDING_HELD, JobState.PROCESSING, JobState.PROCESSING_STOPPED)
_MAY_HAVE_FAILED = (JobState.COMPLETED, JobState.ABORTED)
_SHOWN = 20
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """What is going on: jobs under way, jobs with failures in the last day, and what is wrong in the group files."""

    running: tuple[JobItem, ...]
    failed: tuple[JobItem, ...]
    problems: tuple[Problem, ...]
    latest: JobItem | None


def make_overview(query: JobQuery, snapshot: Snapshot, by: Actor, now: float) -> Overview:
    """The newest of each."""
    latest = query.list(by, limit=1)
    return Overview(
        tuple(make_item(job, snapshot) for job in _order(query.list(by, limit=_SHOWN, states=_LIVE))),
        tuple(make_item(job, snapshot) for job in _failed_since(query, by, now - DAY_SECONDS)),
        tuple(list_problems(snapshot)),
        make_item(latest[0], snapshot) if latest else None,
    )


def _order(jobs: Iterable[JobView]) -> list[JobView]:
    """Held jobs come last: nothing happens in them."""
    return sorted(jobs, key=lambda job: job.held)


def _failed_since(query: JobQuery, by: Actor, since: float) -> Iterator[JobView]:
    """Jobs that ended since then with a failed delivery; only the newest jobs are looked at."""
    found = query.list(by, limit=_LOOKED_AT, states=_MAY_HAVE_FAILED)
    failed = [job for job in found if job.counts.aborted and (job.ended or 0.0) >= since]
    yield from failed[:_SHOWN]
