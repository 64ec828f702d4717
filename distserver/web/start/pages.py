"""What the start page and the wall are given."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.groups.snapshot import Snapshot
from distserver.jobs.query import JobQuery
from distserver.model.jobs import Actor, JobView
from distserver.model.states import JobState
from distserver.web.groups.pages import Problem, list_problems
from distserver.web.jobs.pages import JobItem, make_item, make_items

DAY_SECONDS = 86_400.0
_BEGUN = (JobState.PROCESSING, JobState.PROCESSING_STOPPED)
_WAITING = (JobState.PENDING, JobState.PENDING_HELD)
_SHOWN = 20


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
        tuple(make_items(query, _list_running(query, by), snapshot)),
        tuple(make_items(query, query.failed_since(by, now - DAY_SECONDS, limit=_SHOWN), snapshot)),
        tuple(list_problems(snapshot)),
        make_item(latest[0], snapshot) if latest else None,
    )


def _list_running(query: JobQuery, by: Actor) -> list[JobView]:
    """Those that have begun come first: what waits for tomorrow hides nothing of today. Held jobs come last: nothing
    happens in them."""
    jobs = [job for states in (_BEGUN, _WAITING) for job in query.list(by, limit=_SHOWN, states=states)]
    return sorted(jobs, key=lambda job: job.held)[:_SHOWN]
