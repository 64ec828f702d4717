"""SQL over everything, for the metrics: what is alive is counted in its rows, what has ended stands in counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from distserver.model.states import DeliveryState, Queue
from distserver.store import counters, executors
from distserver.store.executors import Executor
from distserver.store.tables import delivery, destination, job

_LIVE = (DeliveryState.PENDING, DeliveryState.PENDING_RETRY, DeliveryState.PROCESSING)


@dataclass(frozen=True, slots=True)
class Live:
    """Deliveries that have not ended: by (state, reason, channel); those that wait by (queue, rank); and for each rank
    since when (seconds since the epoch) the oldest has been free to go."""

    standing: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    waiting: Counter[tuple[str, int]] = field(default_factory=Counter)
    oldest: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """Jobs by state; deliveries that live; what was counted by (family, labels); destinations in trouble and suspended;
    workers alive."""

    jobs: dict[str, int]
    live: Live
    counted: dict[tuple[str, str], float]
    troubled: int
    suspended: int
    workers: list[Executor]


def read_figures(connection: sa.Connection) -> Figures:
    """All figures, as they stand now."""
    jobs = connection.execute(sa.select(job.c.state, sa.func.count()).group_by(job.c.state))
    troubled, suspended = _count_troubled(connection)
    return Figures(
        jobs={state: count for state, count in jobs},
        live=read_live(connection),
        counted=counters.read_all(connection),
        troubled=troubled,
        suspended=suspended,
        workers=executors.list_executors(connection),
    )


def read_live(connection: sa.Connection) -> Live:
    """Count the deliveries of jobs that have not ended: the index of job and state leads to them, whatever else the
    store holds."""
    d = delivery.c
    free_since = sa.func.min(sa.case((d.due > d.updated, d.due), else_=d.updated))
    kinds = (d.state, d.reason, d.channel, d.queue, d.rank)
    query = (
        sa.select(*kinds, sa.func.count(), free_since)
        .join(job, job.c.id == d.job_id)
        .where(job.c.ended.is_(None), d.state.in_(_LIVE))
        .group_by(*kinds)
    )
    found = Live()
    for state, reason, channel, queue, rank, count, since in connection.execute(query):
        found.standing[state, reason, channel] += count
        if queue != Queue.NONE:
            found.waiting[queue, rank] += count
        if queue == Queue.READY:
            found.oldest[rank] = min(since, found.oldest.get(rank, since))
    return found


def _count_troubled(connection: sa.Connection) -> tuple[int, int]:
    """Destinations in trouble that are still tried, and those that are suspended."""
    suspended = destination.c.suspended.is_not(None)
    known = destination.c.trouble_since.is_not(None)  # in the words of the index
    query = sa.select(suspended, sa.func.count()).where(known).group_by(suspended)
    found = {bool(is_suspended): count for is_suspended, count in connection.execute(query)}
    return found.get(False, 0), found.get(True, 0)
