"""What the wall is given: the overview, and for each running job the troubles that most destinations share."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.jobs.query import JobQuery
from distserver.model.jobs import Actor
from distserver.model.states import DeliveryState
from distserver.report import words
from distserver.web.jobs.pages import JobItem
from distserver.web.start.pages import Overview

JOBS_SHOWN = 5
_MOST_LOOKED_AT = 2000
_NAMES = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason in words and the first destinations that it concerns, with how many `more` there are."""

    reason: str
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class WallJob:
    """A running job and what most of its destinations in trouble suffer from."""

    item: JobItem
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """The newest running jobs, and how many more there are."""

    jobs: tuple[WallJob, ...]
    more: int
    overview: Overview


def make_wall(query: JobQuery, overview: Overview, by: Actor) -> Wall:
    """The wall of what `overview` says is running."""
    running = overview.running[:JOBS_SHOWN]
    most = 2 if len(running) < 3 else 1
    shown = tuple(WallJob(item, _find_troubles(query, item, by)[:most]) for item in running)
    return Wall(shown, max(0, len(overview.running) - len(shown)), overview)


def _find_troubles(query: JobQuery, item: JobItem, by: Actor) -> tuple[Trouble, ...]:
    counts = item.job.counts
    if not counts.processing + counts.retry + counts.aborted or counts.total > _MOST_LOOKED_AT:
        return ()
    found: dict[str, list[str]] = {}
    for delivery in query.deliveries(item.job.id, by, limit=_MOST_LOOKED_AT):
        if words.needs_attention(delivery) or delivery.state in (DeliveryState.PENDING_RETRY, DeliveryState.ABORTED):
            found.setdefault(words.describe_delivery(delivery, job=item.job).says, []).append(delivery.name)
    ordered = sorted(found.items(), key=lambda entry: -len(entry[1]))
    return tuple(Trouble(reason, tuple(names[:_NAMES]), max(0, len(names) - _NAMES)) for reason, names in ordered)
