"""SQL over subscriptions to events of printers, jobs and the system (RFC 3995 §5).

Those that have `ended` stay for a while, so that their last events can be fetched; the others are live.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from distserver.store.rows import Row
from distserver.store.tables import ipp_subscription

_c = ipp_subscription.c
_LIVE = _c.ended.is_(None)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Subscription:
    """One of them. `printer` is the path of a printer, empty for the system; `job` the number of the one job that it is
    about, if it is. `uri` is how the client named the printer. `lease` is in seconds, None for a job's; `interval` is
    the least time between two words of progress, `progressed` when there was the last; `sequence` the number of the
    newest event. Times are seconds since the epoch."""

    id: int
    printer: str
    job: int | None
    owner: str
    role: str
    uri: str
    events: tuple[str, ...]
    attributes: tuple[str, ...]
    user_data: bytes
    language: str
    lease: int | None
    interval: int
    sequence: int
    progressed: float
    created: float
    expires: float | None
    ended: float | None


def insert_subscription(connection: sa.Connection, values: dict[str, Any]) -> int:
    """Its id, which is never given to another."""
    key = connection.execute(ipp_subscription.insert().returning(_c.id), values).scalar_one()
    return int(key)


def find_subscriptions(connection: sa.Connection, ids: Collection[int]) -> list[Subscription]:
    """Those that are there, by id."""
    found: list[Subscription] = []
    for some in _pieces(sorted(ids)):
        query = ipp_subscription.select().where(_c.id.in_(some)).order_by(_c.id)
        found.extend(_read(row) for row in connection.execute(query))
    return found


def list_live(connection: sa.Connection) -> list[Subscription]:
    """All that wait for events, by id."""
    query = ipp_subscription.select().where(_LIVE).order_by(_c.id)
    return [_read(row) for row in connection.execute(query)]


def list_subscriptions(
    connection: sa.Connection, printer: str, *, job: int | None, owner: str | None, limit: int
) -> list[Subscription]:
    """The live ones of a job, or of a printer itself; of one owner or of all."""
    query = ipp_subscription.select().where(_LIVE).order_by(_c.id).limit(limit)
    query = query.where(_c.printer == printer, _c.job.is_(None)) if job is None else query.where(_c.job == job)
    if owner is not None:
        query = query.where(_c.owner == owner)
    return [_read(row) for row in connection.execute(query)]


def count_subscriptions(connection: sa.Connection, *, owner: str, printer: str) -> tuple[int, int]:
    """How many live ones somebody has, and a printer."""
    counts = sa.select(sa.func.count().filter(_c.owner == owner), sa.func.count().filter(_c.printer == printer)).where(
        _LIVE, sa.or_(_c.owner == owner, _c.printer == printer)
    )
    mine, its = connection.execute(counts).one()
    return int(mine), int(its)


def change_subscription(connection: sa.Connection, id_: int, **values: Any) -> None:
    connection.execute(ipp_subscription.update().where(_c.id == id_).values(**values))


def note_heard(connection: sa.Connection, heard: Sequence[tuple[int, int, float]]) -> None:
    """By id the number of the newest event, and when there was the last word of progress."""
    update = ipp_subscription.update().where(_c.id == sa.bindparam("b_id"))
    values = [{"b_id": id_, "sequence": sequence, "progressed": at} for id_, sequence, at in heard]
    if values:
        connection.execute(update, values)


def delete_subscription(connection: sa.Connection, id_: int) -> None:
    connection.execute(ipp_subscription.delete().where(_c.id == id_))


def end_of_jobs(connection: sa.Connection, numbers: Collection[int], now: float) -> None:
    """These jobs have ended: nothing more will be heard of them."""
    for some in _pieces(sorted(numbers)):
        connection.execute(ipp_subscription.update().where(_c.job.in_(some), _LIVE).values(ended=now))


def any_over(connection: sa.Connection, now: float, before: float) -> bool:
    """Whether there is a lease that has run out, or one that ended before `before`."""
    over = sa.or_(sa.and_(_LIVE, _c.expires <= now), _c.ended < before)
    return bool(connection.execute(sa.select(sa.exists().where(over))).scalar())


def end_leases(connection: sa.Connection, now: float) -> list[int]:
    """End those whose lease has run out; their ids."""
    over = ipp_subscription.update().where(_LIVE, _c.expires <= now).values(ended=now).returning(_c.id)
    return list(connection.execute(over).scalars())


def forget_ended(connection: sa.Connection, before: float) -> None:
    """Delete those that ended before then, with their events."""
    connection.execute(ipp_subscription.delete().where(_c.ended < before))


def sequences(connection: sa.Connection, ids: Collection[int]) -> dict[int, int]:
    """Numbers of the newest events of those of them that are live."""
    found: dict[int, int] = {}
    for some in _pieces(sorted(ids)):
        query = sa.select(_c.id, _c.sequence).where(_c.id.in_(some), _LIVE)
        found.update((row.id, row.sequence) for row in connection.execute(query))
    return found


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _read(row: Row) -> Subscription:
    return Subscription(
        row.id, row.printer, row.job, row.owner, row.role, row.uri, tuple(row.events.split()),
        tuple(row.attributes.split()), bytes(row.user_data), row.language, row.lease, row.interval, row.sequence,
        row.progressed, row.created, row.expires, row.ended,
    )  # fmt: skip
