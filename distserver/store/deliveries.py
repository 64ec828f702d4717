"""SQL over deliveries: progress, outcome, and what users ask. One statement each, whatever their number.

A delivery is held by one worker at a time (`owner`): who is not its owner any more writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from distserver.model.jobs import AttemptView, DeliveryView
from distserver.model.states import DeliveryState, Queue, Reason
from distserver.store import rows
from distserver.store.inserting import insert_missing
from distserver.store.queues import WAITING, stands_in
from distserver.store.tables import attempt, delivery, executor, job

_NAME = re.compile(r"([0-9a-z]{1,20})-([0-9]{1,8})(?:\.[0-9]{1,6})?")

DEADLINE_REASON = sa.case(
    (delivery.c.uncertain, Reason.UNCERTAIN.value),
    (delivery.c.state == DeliveryState.PENDING_RETRY, delivery.c.reason),
    else_=Reason.DEADLINE.value,
)
"""Of a waiting delivery whose deadline has passed: what was tried keeps the reason why it did not go."""

CANCELED_REASON = sa.case((delivery.c.uncertain, Reason.UNCERTAIN.value), else_=Reason.CANCELED_BY_USER.value)
"""Of a waiting delivery that is canceled: an earlier attempt may have reached the device, and then nobody can tell."""
STOPPED_MESSAGE = sa.case((delivery.c.uncertain, delivery.c.message), else_="")
"""Of a waiting delivery that is held or canceled: why its last try failed is no word about that."""


def release_all(connection: sa.Connection, owner: str, crash: float) -> int:
    """The worker `owner` is dead: others may take its deliveries at once; how many there were.

    `crash` weighs how much its death may be their fault.
    """
    return _let_go(connection, delivery.c.owner == owner, crash)


def release(connection: sa.Connection, owner: str, keys: Sequence[int], crash: float = 0.0) -> int:
    """Free what bears the name of `owner`, and it does not know of (a commit whose answer was lost) or cannot write."""
    return _let_go(connection, sa.and_(delivery.c.owner == owner, delivery.c.key.in_(keys)), crash)


def release_ownerless(connection: sa.Connection, crash: float) -> int:
    """Free what bears the name of a worker that is dead, or that nobody knows."""
    alive = sa.select(executor.c.id).where(sa.not_(executor.c.reaped))
    return _let_go(connection, delivery.c.owner.not_in(alive), crash)


def _let_go(connection: sa.Connection, which: sa.ColumnElement[bool], crash: float) -> int:
    statement = delivery.update().where(which, delivery.c.owner.is_not(None))
    return connection.execute(
        statement.values(owner=None, queue=Queue.READY, crashes=delivery.c.crashes + crash)
    ).rowcount


def find_over(connection: sa.Connection, uri: str, names: Sequence[str]) -> dict[str, str]:
    """Which of these names (`JOB-NUMBER`, `JOB-NUMBER.GENERATION`) were those of deliveries to `uri` that were canceled
    or given up, and who sent each."""
    wanted = {name: (found[1], int(found[2])) for name in names if (found := _NAME.fullmatch(name))}
    query = (
        sa.select(delivery.c.job_id, delivery.c.number, job.c.sender)
        .join(job, job.c.id == delivery.c.job_id)
        .where(delivery.c.destination == uri, delivery.c.state.in_((DeliveryState.CANCELED, DeliveryState.ABORTED)))
        .where(sa.tuple_(delivery.c.job_id, delivery.c.number).in_(list(wanted.values())))
    )
    over = {(row.job_id, row.number): row.sender for row in connection.execute(query)} if wanted else {}
    return {name: over[key] for name, key in wanted.items() if key in over}


def owned_keys(connection: sa.Connection, owner: str) -> set[int]:
    """Keys of what bears the worker's name."""
    return set(connection.execute(sa.select(delivery.c.key).where(delivery.c.owner == owner)).scalars())


def cancel_requests(connection: sa.Connection, owner: str) -> list[int]:
    """Keys of the deliveries that `owner` holds and somebody wants canceled."""
    query = sa.select(delivery.c.key).where(delivery.c.owner == owner, delivery.c.cancel_requested)
    return list(connection.execute(query).scalars())


def lock_held(connection: sa.Connection, owner: str, keys: Sequence[int]) -> dict[int, bool]:
    """Those of these deliveries that `owner` still holds, and whether somebody wants them canceled; nobody takes them
    over before the transaction ends."""
    if not keys:
        return {}
    query = sa.select(delivery.c.key, delivery.c.cancel_requested).where(
        delivery.c.key.in_(keys), delivery.c.owner == owner, delivery.c.state == DeliveryState.PROCESSING
    )
    return {key: canceled for key, canceled in connection.execute(query.with_for_update())}


def write_changes(connection: sa.Connection, owner: str, changes: Sequence[dict[str, Any]]) -> None:
    """Write what happened to deliveries that `owner` holds. Each change names its `key` and the same set of columns;
    one that has lost its lease is not written."""
    if not changes:
        return
    statement = delivery.update().where(
        delivery.c.key == sa.bindparam("k"),
        delivery.c.owner == owner,
        delivery.c.state == DeliveryState.PROCESSING,
    )
    connection.execute(statement, [{"k": c["key"], **{n: v for n, v in c.items() if n != "key"}} for c in changes])


def insert_attempts(connection: sa.Connection, attempts: Sequence[dict[str, Any]]) -> None:
    """Write how attempts ended; one that is written already stays."""
    insert_missing(connection, attempt, attempts)


def change(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[DeliveryState],
    values: dict[str, Any],
    numbers: Sequence[int] | None = None,
) -> int:
    """Set columns of a job's deliveries that stand in `states` (of those numbered, if given); how many there were."""
    statement = delivery.update().where(delivery.c.job_id == job_id, delivery.c.state.in_(states)).values(**values)
    if numbers is not None:
        statement = statement.where(delivery.c.number.in_(numbers))
    return connection.execute(statement).rowcount


def count_reasons(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[DeliveryState],
    reason: sa.ColumnElement[str],
    numbers: Sequence[int] | None = None,
) -> dict[tuple[str, str], int]:
    """How many of a job's deliveries that stand in `states` have which (channel, `reason`)."""
    query = sa.select(delivery.c.channel, reason.label("why"), sa.func.count()).group_by(delivery.c.channel, "why")
    query = query.where(delivery.c.job_id == job_id, delivery.c.state.in_(states))
    if numbers is not None:
        query = query.where(delivery.c.number.in_(numbers))
    return {(channel, why): count for channel, why, count in connection.execute(query)}


def ask_to_cancel(connection: sa.Connection, job_id: str, numbers: Sequence[int] | None, now: float) -> int:
    """Have the devices of deliveries under way asked to stop; how many there are."""
    unowned = delivery.c.owner.is_(None)
    values = {
        "cancel_requested": True,
        "queue": sa.case((unowned, Queue.READY.value), else_=delivery.c.queue),
        "due": now,
        "updated": now,
    }
    return change(connection, job_id, [DeliveryState.PROCESSING], values, numbers)


def bring_forward(connection: sa.Connection, job_id: str, now: float) -> None:
    """What was not tried yet of a job is due now."""
    untried = sa.and_(delivery.c.job_id == job_id, delivery.c.state == DeliveryState.PENDING, delivery.c.due > now)
    connection.execute(delivery.update().where(untried).values(due=now))


def bring_retries_forward(connection: sa.Connection, uri: str, now: float) -> None:
    """What waits for another try at this destination is due now, so that it goes before what came later."""
    c = delivery.c
    tried = sa.and_(stands_in(Queue.TIMED), c.destination == uri, c.state == DeliveryState.PENDING_RETRY, c.due > now)
    connection.execute(delivery.update().where(tried).values(due=now))


def release_held(connection: sa.Connection, job_id: str, now: float) -> int:
    """Let what is held of a job go on: at once, or when its time comes; how many there were."""
    later = sa.case((delivery.c.due > now, Queue.TIMED.value), else_=Queue.READY.value)
    values = {"queue": later, "reason": Reason.NONE.value, "updated": now}
    return change(connection, job_id, WAITING, values)


def retry(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[DeliveryState],
    numbers: Sequence[int] | None,
    now: float,
    turn: int,
) -> int:
    """Make deliveries in these states due now, as if never tried, with the turns after `turn`; how many there were.

    The name for the device is a new one, unless the device may have the old one's paper: then it is asked first.
    """
    values = {
        "state": DeliveryState.PENDING,
        "queue": Queue.READY,
        "turn": turn + delivery.c.number,
        "reason": Reason.NONE.value,
        "message": "",
        "device_reasons": "",
        "generation": delivery.c.generation + sa.case((delivery.c.uncertain, 0), else_=1),
        "tries": "",
        "crashes": 0,
        "cancel_requested": False,
        "accepted": False,
        "resent": sa.and_(delivery.c.resent, delivery.c.uncertain),
        "remote_id": sa.case((delivery.c.uncertain, delivery.c.remote_id)),
        "pages": None,
        "due": now,
        "ended": None,
        "updated": now,
    }
    return change(connection, job_id, states, values, numbers)


def destinations_waiting(connection: sa.Connection, job_id: str, numbers: Sequence[int] | None = None) -> list[str]:
    """Where deliveries of the job wait to go."""
    query = sa.select(delivery.c.destination).where(delivery.c.job_id == job_id, delivery.c.state.in_(WAITING))
    if numbers is not None:
        query = query.where(delivery.c.number.in_(numbers))
    return list(connection.execute(query).scalars())


def shift_times(connection: sa.Connection, seconds: float) -> None:
    """The clock has jumped: what waits for another try or look waits as long as it would have."""
    tried = sa.or_(delivery.c.state != DeliveryState.PENDING, delivery.c.attempts > 0)
    connection.execute(delivery.update().where(stands_in(Queue.TIMED), tried).values(due=delivery.c.due + seconds))


def expired(connection: sa.Connection, now: float, limit: int = 500) -> list[str]:
    """Jobs past their deadline with deliveries that still wait; those for a paused group only count where the sender
    named the deadline."""
    waits = sa.and_(delivery.c.job_id == job.c.id, delivery.c.state.in_(WAITING), delivery.c.queue != Queue.PAUSED)
    query = (
        sa.select(job.c.id)
        .where(job.c.deadline < now, job.c.ended.is_(None))
        .where(sa.or_(job.c.n_pending > 0, job.c.n_retry > 0))
        .where(sa.or_(job.c.own_deadline, sa.exists().where(waits)))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def find_unpaused(connection: sa.Connection, job_id: str) -> list[int] | None:
    """Numbers of the job's deliveries that wait for no paused group; None: of all."""
    mine = sa.select(delivery.c.number).where(delivery.c.job_id == job_id)
    if connection.execute(mine.where(stands_in(Queue.PAUSED)).limit(1)).first() is None:
        return None
    return list(connection.execute(mine.where(delivery.c.queue != Queue.PAUSED)).scalars())


def list_deliveries(
    connection: sa.Connection, job_id: str, *, changed_since: float | None = None, limit: int = 10_000, after: int = 0
) -> list[DeliveryView]:
    """Deliveries of a job in the order of their numbers, from the one after `after`."""
    query = delivery.select().where(delivery.c.job_id == job_id, delivery.c.number > after)
    if changed_since is not None:
        query = query.where(delivery.c.updated > changed_since)
    found = connection.execute(query.order_by(delivery.c.number).limit(limit))
    return [rows.delivery_from_row(row) for row in found]


def find_delivery(connection: sa.Connection, job_id: str, number: int) -> DeliveryView | None:
    row = connection.execute(delivery.select().where(delivery.c.job_id == job_id, delivery.c.number == number)).first()
    return None if row is None else rows.delivery_from_row(row)


def list_attempts(connection: sa.Connection, job_id: str, number: int) -> list[AttemptView]:
    """Attempts at one delivery, oldest first."""
    query = (
        attempt.select()
        .join(delivery, delivery.c.key == attempt.c.delivery_key)
        .where(delivery.c.job_id == job_id, delivery.c.number == number)
        .order_by(attempt.c.number)
    )
    return [rows.attempt_from_row(row) for row in connection.execute(query)]
