"""SQL over deliveries: claim, lease, progress, outcome, and what users ask. One statement each, whatever their number.

A delivery is held by one worker at a time (`owner`, `lease_until`), and one delivery at a time goes to a destination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from distserver.model.jobs import AttemptView, BatchRef, Claimed, DeliveryView
from distserver.model.states import DeliveryState, Reason
from distserver.store import rows
from distserver.store.jobs import documents_of
from distserver.store.tables import attempt, delivery, destination, job

_WAITING = (DeliveryState.PENDING, DeliveryState.PENDING_RETRY)

DEADLINE_REASON = sa.case(
    (delivery.c.uncertain, Reason.UNCERTAIN.value),
    (delivery.c.state == DeliveryState.PENDING_RETRY, delivery.c.reason),
    else_=Reason.DEADLINE.value,
)
"""Of a waiting delivery whose deadline has passed: what was tried keeps the reason why it did not go."""

CANCELED_REASON = sa.case((delivery.c.uncertain, Reason.UNCERTAIN.value), else_=Reason.CANCELED_BY_USER.value)
"""Of a waiting delivery that is canceled: an earlier attempt may have reached the device, and then nobody can tell."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker asks for: up to `limit` deliveries of one batch, held until `lease_until`.

    `held` are the keys that it carries already: what bears its name besides (a commit whose answer was lost) is free.
    """

    batch: BatchRef
    owner: str
    limit: int
    now: float
    lease_until: float
    held: frozenset[int] = frozenset()


def claim(connection: sa.Connection, ask: Claim) -> list[Claimed]:
    """Take deliveries that may go now: due ones whose destination is free and has nothing older due, accepted ones
    that are due for a look, and those of a worker that died. Only under `Database.lock_claims`."""
    d = delivery
    taken_over = sa.and_(d.c.state == DeliveryState.PROCESSING, d.c.owner.is_not(None))
    statement = (
        d.update()
        .where(d.c.key.in_(_claimable(ask)))
        .values(
            state=DeliveryState.PROCESSING,
            owner=ask.owner,
            lease_until=ask.lease_until,
            attempts=d.c.attempts + sa.case((d.c.accepted, 0), else_=1),
            crashes=d.c.crashes + sa.case((taken_over, 1), else_=0),
            reason=sa.case((d.c.accepted, d.c.reason), else_=Reason.CONNECTING.value),
            started=sa.func.coalesce(d.c.started, ask.now),
            attempt_started=sa.case((d.c.accepted, d.c.attempt_started), else_=ask.now),
            updated=ask.now,
        )
        .returning(*d.c)
    )
    found = sorted(connection.execute(statement).all(), key=lambda row: row.number)
    if not found:
        return []
    job_row = connection.execute(job.select().where(job.c.id == ask.batch.job_id)).one()
    documents = documents_of(connection, [ask.batch.job_id])[ask.batch.job_id]
    uris = [row.destination for row in found]
    known = connection.execute(sa.select(destination.c.uri, destination.c.pinned).where(destination.c.uri.in_(uris)))
    pins = {uri: pinned for uri, pinned in known}
    return [rows.claimed_from_row(row, job_row, documents, pins.get(row.destination)) for row in found]


def _claimable(ask: Claim) -> Any:
    q, s, o = delivery.alias("q"), delivery.alias("s"), delivery.alias("o")
    oj = job.alias("oj")
    busy = sa.exists().where(
        s.c.ended.is_(None),
        s.c.destination == q.c.destination,
        s.c.state == DeliveryState.PROCESSING,
        s.c.key != q.c.key,
    )
    older = (
        sa.exists()
        .select_from(o.join(oj, oj.c.id == o.c.job_id))
        .where(
            o.c.ended.is_(None),
            o.c.destination == q.c.destination,
            o.c.state.in_(_WAITING),
            o.c.due <= ask.now,
            sa.or_(o.c.rank < q.c.rank, sa.and_(o.c.rank == q.c.rank, o.c.key < q.c.key)),
            sa.not_(oj.c.held),
        )
    )
    may_start = sa.and_(q.c.state.in_(_WAITING), q.c.due <= ask.now, sa.not_(job.c.held), sa.not_(busy), sa.not_(older))
    processing = q.c.state == DeliveryState.PROCESSING
    to_follow = sa.and_(processing, q.c.owner.is_(None), q.c.due <= ask.now)
    not_ours = sa.or_(q.c.owner != ask.owner, q.c.key.not_in(sorted(ask.held)))
    orphaned = sa.and_(processing, q.c.owner.is_not(None), not_ours, q.c.lease_until < ask.now)
    return (
        sa.select(q.c.key)
        .select_from(q.join(job, job.c.id == q.c.job_id))
        .where(q.c.job_id == ask.batch.job_id, q.c.batch == ask.batch.number)
        .where(sa.or_(may_start, to_follow, orphaned))
        .order_by(q.c.number)
        .limit(ask.limit)
    )


def batch_left(connection: sa.Connection, batch: BatchRef) -> tuple[int, float | None]:
    """How many deliveries of the batch have not ended and may go on, and when the next is due (None: none)."""
    d = delivery
    waits = sa.case((sa.and_(d.c.state == DeliveryState.PROCESSING, d.c.owner.is_not(None)), d.c.lease_until))
    query = (
        sa.select(sa.func.count(), sa.func.min(sa.func.coalesce(waits, d.c.due)))
        .select_from(d.join(job, job.c.id == d.c.job_id))
        .where(d.c.job_id == batch.job_id, d.c.batch == batch.number, d.c.ended.is_(None))
        .where(sa.or_(sa.not_(job.c.held), d.c.state == DeliveryState.PROCESSING))
    )
    count, due = connection.execute(query).one()
    return count, due


def renew(connection: sa.Connection, owner: str, keys: Sequence[int], until: float) -> set[int]:
    """Give `owner` until then; the keys that are not its own any more, because another took it for dead.

    What somebody is just changing is passed over until the next time, not waited for.
    """
    query = sa.select(delivery.c.key).where(delivery.c.owner == owner, delivery.c.key.in_(keys))
    own = set(connection.execute(query).scalars())
    free = list(connection.execute(query.with_for_update(skip_locked=True)).scalars())
    connection.execute(delivery.update().where(delivery.c.key.in_(free)).values(lease_until=until))
    return set(keys) - own


def expire_leases(connection: sa.Connection, owner: str) -> None:
    """The worker `owner` is dead: others may take its deliveries at once."""
    connection.execute(delivery.update().where(delivery.c.owner == owner).values(lease_until=0))


def cancel_requests(connection: sa.Connection, owner: str) -> list[int]:
    """Keys of the deliveries that `owner` holds and somebody wants canceled."""
    query = sa.select(delivery.c.key).where(delivery.c.owner == owner, delivery.c.cancel_requested)
    return list(connection.execute(query).scalars())


def lock_held(connection: sa.Connection, owner: str, keys: Sequence[int]) -> set[int]:
    """Those of these deliveries that `owner` still holds; nobody takes them over before the transaction ends."""
    query = sa.select(delivery.c.key).where(
        delivery.c.key.in_(keys), delivery.c.owner == owner, delivery.c.state == DeliveryState.PROCESSING
    )
    return set(connection.execute(query.with_for_update()).scalars())


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


def settle_canceled(connection: sa.Connection, keys: Sequence[int], now: float) -> None:
    """What was to be tried again but somebody has canceled meanwhile is canceled."""
    connection.execute(
        delivery.update()
        .where(delivery.c.key.in_(keys), delivery.c.cancel_requested)
        .where(delivery.c.state == DeliveryState.PENDING_RETRY)
        .values(state=DeliveryState.CANCELED, reason=CANCELED_REASON, ended=now, updated=now)
    )


def insert_attempts(connection: sa.Connection, attempts: Sequence[dict[str, Any]]) -> None:
    """Write how attempts ended; one that is written already stays."""
    if not attempts:
        return
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        connection.execute(sqlite_insert(attempt).on_conflict_do_nothing(), attempts)
    else:
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        connection.execute(postgresql_insert(attempt).on_conflict_do_nothing(), attempts)


def change(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[DeliveryState],
    values: dict[str, Any],
    numbers: Sequence[int] | None = None,
) -> list[int]:
    """Set columns of a job's deliveries that stand in `states` (of those numbered, if given); their batches."""
    statement = (
        delivery.update()
        .where(delivery.c.job_id == job_id, delivery.c.state.in_(states))
        .values(**values)
        .returning(delivery.c.batch)
    )
    if numbers is not None:
        statement = statement.where(delivery.c.number.in_(numbers))
    return list(connection.execute(statement).scalars())


def retry(
    connection: sa.Connection,
    job_id: str,
    states: Sequence[DeliveryState],
    numbers: Sequence[int] | None,
    now: float,
) -> list[int]:
    """Make deliveries in these states due now, as if never tried; their batches.

    The name for the device is a new one, unless the device may have the old one's paper: then it is asked first.
    """
    values = {
        "state": DeliveryState.PENDING,
        "reason": Reason.NONE.value,
        "message": "",
        "device_reasons": "",
        "generation": delivery.c.generation + sa.case((delivery.c.uncertain, 0), else_=1),
        "crashes": 0,
        "cancel_requested": False,
        "accepted": False,
        "remote_id": sa.case((delivery.c.uncertain, delivery.c.remote_id)),
        "pages": None,
        "due": now,
        "ended": None,
        "updated": now,
    }
    return change(connection, job_id, states, values, numbers)


def live_batches(connection: sa.Connection, job_id: str) -> list[int]:
    """Numbers of the batches with a delivery that has not ended."""
    query = sa.select(delivery.c.batch).where(delivery.c.job_id == job_id, delivery.c.ended.is_(None)).distinct()
    return sorted(connection.execute(query).scalars())


def overdue_batches(connection: sa.Connection, before: float, limit: int = 500) -> list[BatchRef]:
    """Batches with something that should have moved before the time `before`: nobody carries them any more."""
    d = delivery
    waiting = sa.and_(d.c.state.in_(_WAITING), d.c.due < before, sa.not_(job.c.held))
    processing = d.c.state == DeliveryState.PROCESSING
    stuck = sa.or_(
        sa.and_(processing, d.c.owner.is_(None), d.c.due < before),
        sa.and_(processing, d.c.owner.is_not(None), d.c.lease_until < before),
    )
    query = (
        sa.select(d.c.job_id, d.c.batch, job.c.priority)
        .select_from(d.join(job, job.c.id == d.c.job_id))
        .where(d.c.ended.is_(None), sa.or_(waiting, stuck))
        .distinct()
        .limit(limit)
    )
    return [BatchRef(row.job_id, row.batch, row.priority) for row in connection.execute(query)]


def expired(connection: sa.Connection, now: float, limit: int = 500) -> list[str]:
    """Jobs past their deadline with deliveries that still wait."""
    query = (
        sa.select(job.c.id)
        .where(job.c.deadline < now, job.c.ended.is_(None))
        .where(sa.or_(job.c.n_pending > 0, job.c.n_retry > 0))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


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


def remember_pin(connection: sa.Connection, uri: str, fingerprint: str, now: float) -> None:
    """Keep the certificate seen first at a destination; a later one does not replace it."""
    done = connection.execute(
        destination.update().where(destination.c.uri == uri, destination.c.pinned.is_(None)).values(pinned=fingerprint)
    )
    if done.rowcount == 0 and connection.execute(destination.select().where(destination.c.uri == uri)).first() is None:
        connection.execute(destination.insert().values(uri=uri, pinned=fingerprint, seen=now))
