"""Taking deliveries for a worker, under `Database.lock_claims`, and bringing back what may be taken again (SPEC N4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from distserver.model.jobs import Claimed
from distserver.model.states import DeliveryState, Queue, Reason
from distserver.store import jobs, lanes, rows, stops, turns
from distserver.store.choice import Choice, Chooser, Claim, Limits, Place, order_of
from distserver.store.heads import next_parked
from distserver.store.queues import WAITING, in_lane, stands_in, under_way
from distserver.store.rows import Row
from distserver.store.tables import delivery, destination, job

_AT_ONCE = 5000
_d = delivery.c
_IN_ORDER = _d.key + 0
_SOME_JOB = _d.job_id + ""
"""Not the columns themselves: SQLite would go through the whole table by the column's index to save the sorting."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a claim brought: rows of `ds_delivery` that are the worker's now, how many of each job left which state,
    and whether another claim would find more."""

    rows: Sequence[Row] = ()
    left: Mapping[tuple[str, str], int] = field(default_factory=dict)
    more: bool = False


def claim(connection: sa.Connection, ask: Claim) -> Taken:
    """Take what may go now. Reads first, then locks jobs before deliveries, as all do who change both."""
    choice = Chooser(connection, ask).choose()
    involved = [*choice.taken.values(), *choice.up.values(), *(row for row, *_ in choice.parked.values())]
    if not involved:
        return Taken()
    jobs.hold_jobs(connection, {row.job_id for row in involved})
    _park(connection, choice, ask.now)
    if not choice.taken:
        return Taken(more=choice.more)
    return _take(connection, ask, choice)


def next_time(connection: sa.Connection) -> float | None:
    """When the next delivery's time comes, or a destination's pause is over; None when nothing waits for a time."""
    due = connection.execute(sa.select(sa.func.min(_d.due)).where(stands_in(Queue.TIMED))).scalar()
    pause = connection.execute(
        sa.select(sa.func.min(destination.c.closed_until)).where(
            destination.c.closed_until.is_not(None), destination.c.suspended.is_(None)
        )
    ).scalar()
    return min((time for time in (due, pause) if time is not None), default=None)


def bring_back(connection: sa.Connection, now: float) -> list[Place]:
    """Have what waited for a time that has come up again; destinations whose pause is over.

    A transaction of its own: it waits for nobody who could wait for it. What was tried before its group was paused is
    held now.
    """
    stops.lock_stops(connection, shared=True)
    paused = stops.paused_files(connection)
    scheduled = sa.select(_SOME_JOB).where(stands_in(Queue.TIMED), _d.due <= now).distinct()
    fresh = scheduled.where(_d.state == DeliveryState.PENDING, _d.turn == 0)
    for job_id in sorted(connection.execute(fresh).scalars()):
        jobs.hold_jobs(connection, [job_id])
        turns.line_up(connection, job_id, now)
    columns = (_d.key, _d.state, _d.via)
    due = sa.select(*columns).where(stands_in(Queue.TIMED), _d.due <= now).order_by(_IN_ORDER).limit(_AT_ONCE)
    found = connection.execute(due.with_for_update(skip_locked=True)).all()
    held = {row.key for row in found if row.state in WAITING and stops.is_held(stops.read_via(row.via), paused)}
    _stand(connection, [row.key for row in found if row.key not in held], queue=Queue.READY)
    _stand(connection, sorted(held), queue=Queue.PAUSED, reason=Reason.GROUP_PAUSED, message="", updated=now)
    return [Place(uri, "", "") for uri in lanes.open_over(connection, now)]


def _stand(connection: sa.Connection, keys: Sequence[int], **values: object) -> None:
    if keys:
        connection.execute(delivery.update().where(_d.key.in_(keys)).values(**values))


def unpark_idle(connection: sa.Connection, limits: Limits) -> int:
    """Have what is next at destinations that are free looked at again: whoever freed them has died since. The others
    there come up with the end of the one before; so does what waits for a host or a subnet that serves another."""
    parked = sa.select(_d.destination).where(stands_in(Queue.LANE)).distinct()
    for column, limit in ((_d.host, limits.host), (_d.subnet, limits.subnet)):
        if limit:
            serving = sa.select(column).where(under_way(), column != "")
            parked = parked.where(sa.not_(sa.and_(_d.reason == Reason.WAITS_FOR_HOST.value, column.in_(serving))))
    busy = sa.select(_d.destination).where(under_way()).distinct()
    closed = sa.select(destination.c.uri).where(destination.c.closed_until.is_not(None))
    wanted, *others = (set(connection.execute(query).scalars()) for query in (parked, busy, closed))
    heads = next_parked(connection, sorted(wanted.difference(*others))[:_AT_ONCE])
    query = sa.select(_d.key).where(_d.key.in_(sorted(heads)), stands_in(Queue.LANE)).order_by(_IN_ORDER)
    keys = list(connection.execute(query.with_for_update(skip_locked=True)).scalars()) if heads else []
    _stand(connection, keys, queue=Queue.READY)
    return len(keys)


def _park(connection: sa.Connection, choice: Choice, now: float) -> None:
    """Put aside what may not go, with the reason that people see; and the other way."""
    if choice.up:
        connection.execute(delivery.update().where(_d.key.in_(list(choice.up)), in_lane()).values(queue=Queue.READY))
    changes = [
        {"k": key, "r": reason, "d": until if until is not None else now, "m": words}
        for key, (row, reason, until, words) in choice.parked.items()
        if row.queue != Queue.LANE or until is not None
    ]
    if not changes:
        return
    connection.execute(
        delivery.update()
        .where(_d.key == sa.bindparam("k"), in_lane())
        .values(
            queue=Queue.LANE, reason=sa.bindparam("r"), due=sa.bindparam("d"), message=sa.bindparam("m"), updated=now
        ),
        changes,
    )


def _take(connection: sa.Connection, ask: Claim, choice: Choice) -> Taken:
    """Make the rows the worker's. Somebody may have changed one since it was chosen: it is passed over."""
    chosen = sa.select(_d.key, _d.job_id, _d.state).where(_d.key.in_(list(choice.taken)), in_lane())
    before = connection.execute(chosen.with_for_update()).all()
    left = Counter((row.job_id, row.state) for row in before if row.state != DeliveryState.PROCESSING)
    statement = (
        delivery.update()
        .where(_d.key.in_([row.key for row in before]))
        .values(
            state=DeliveryState.PROCESSING,
            queue=Queue.NONE,
            owner=ask.owner,
            attempts=_d.attempts + sa.case((_d.accepted, 0), else_=1),
            reason=sa.case((_d.accepted, _d.reason), else_=Reason.CONNECTING.value),
            started=sa.func.coalesce(_d.started, ask.now),
            attempt_started=sa.case((_d.accepted, _d.attempt_started), else_=ask.now),
            updated=ask.now,
        )
        .returning(*_d)
    )
    taken = sorted(connection.execute(statement).all(), key=order_of)
    return Taken(taken, left, choice.more)


def read_claimed(connection: sa.Connection, found: Sequence[Row]) -> list[Claimed]:
    """All that is needed to carry these rows of `ds_delivery` out."""
    if not found:
        return []
    ids = {row.job_id for row in found}
    of_jobs = {row.id: row for row in connection.execute(job.select().where(job.c.id.in_(sorted(ids))))}
    documents = jobs.documents_of(connection, ids)
    uris = sorted({row.destination for row in found})
    of_lanes = {row.uri: row for row in connection.execute(destination.select().where(destination.c.uri.in_(uris)))}
    return [
        rows.claimed_from_row(row, of_jobs[row.job_id], documents[row.job_id], of_lanes.get(row.destination))
        for row in found
    ]
