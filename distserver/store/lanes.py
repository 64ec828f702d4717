"""SQL over destinations: what is remembered of each between deliveries (SPEC N4). What it means: `jobs.lanes`.

A destination has a row here only when there is something to remember.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from distserver.model.lanes import Lane
from distserver.model.states import Queue, Reason
from distserver.store.inserting import insert_missing
from distserver.store.queues import stands_in
from distserver.store.rows import Row
from distserver.store.tables import delivery, destination

_AT_ONCE = 5000
_c = destination.c


def lock_lanes(connection: sa.Connection, uris: Iterable[str]) -> dict[str, Lane]:
    """How these destinations stand; nobody else changes them before the transaction ends."""
    wanted = sorted(set(uris))
    _make_known(connection, wanted)
    query = destination.select().where(_c.uri.in_(wanted)).order_by(_c.uri).with_for_update()
    return {row.uri: _lane(row) for row in connection.execute(query)}


def _make_known(connection: sa.Connection, uris: Sequence[str]) -> None:
    known = set(connection.execute(sa.select(_c.uri).where(_c.uri.in_(uris))).scalars())
    insert_missing(connection, destination, [{"uri": uri} for uri in uris if uri not in known])


def write_lane(connection: sa.Connection, lane: Lane) -> None:
    """Write how a destination stands."""
    connection.execute(
        destination.update()
        .where(_c.uri == lane.uri)
        .values(
            strikes=lane.strikes,
            closed_until=lane.closed_until,
            score=lane.score,
            suspended=lane.suspended,
            trouble=lane.trouble[:80],
            trouble_message=lane.message[:2000],
            trouble_since=lane.since,
        )
    )


def tell_waiting(connection: sa.Connection, lane: Lane, now: float) -> None:
    """Have what waits for this destination say why, and until when, after that has changed.

    A row that somebody has in hand is passed over: it waits for nobody who could wait for it.
    """
    closed = lane.closed_until is not None and (lane.suspended is not None or lane.closed_until > now)
    reason = Reason.WAITS_FOR_DESTINATION.value if not closed else lane.trouble
    reason = Reason.SUSPENDED.value if lane.suspended is not None else reason
    c = delivery.c
    waiting = sa.select(c.key).where(stands_in(Queue.LANE), c.destination == lane.uri).order_by(c.key)
    keys = list(connection.execute(waiting.with_for_update(skip_locked=True)).scalars())
    values = {"reason": reason, "message": lane.message[:2000] if closed else "", "updated": now}
    due = lane.closed_until if closed else now
    for start in range(0, len(keys), _AT_ONCE):
        some = delivery.update().where(c.key.in_(keys[start : start + _AT_ONCE]))
        connection.execute(some.values(due=due, **values))


def reopen(connection: sa.Connection, uris: Iterable[str], *, suspended: bool = False) -> None:
    """Have these destinations tried now, whatever their pause; `suspended` ones too, which are asked how they are."""
    closed = _c.closed_until.is_not(None)
    which = closed if suspended else sa.and_(closed, _c.suspended.is_(None))
    wanted = sorted(set(uris))
    for start in range(0, len(wanted), _AT_ONCE):
        _set_closed(connection, sa.and_(which, _c.uri.in_(wanted[start : start + _AT_ONCE])), 0.0)


def open_over(connection: sa.Connection, now: float) -> list[str]:
    """End the pauses that are over; of which destinations. Suspended ones are asked before."""
    which = sa.and_(_c.closed_until <= now, _c.closed_until.is_not(None), _c.suspended.is_(None))
    return _set_closed(connection, which, None)


def _set_closed(connection: sa.Connection, which: sa.ColumnElement[bool], until: float | None) -> list[str]:
    """Set `closed_until` of these destinations, in the order in which all take them (`lock_lanes`); their URIs."""
    chosen = sa.select(_c.uri).where(which).order_by(_c.uri).with_for_update()
    uris = list(connection.execute(chosen).scalars())
    for start in range(0, len(uris), _AT_ONCE):
        some = destination.update().where(_c.uri.in_(uris[start : start + _AT_ONCE]))
        connection.execute(some.values(closed_until=until))
    return uris


def probes_due(connection: sa.Connection, now: float) -> bool:
    """A suspended destination is to be asked how it is."""
    return connection.execute(_due_probes(now).limit(1)).first() is not None


def take_probe(connection: sa.Connection, now: float, again: float) -> tuple[str, str | None, Row | None] | None:
    """A suspended destination that is to be asked how it is, its certificate, and the row of its last delivery.

    The next time is `again`. None when there is none.
    """
    chosen = _due_probes(now).order_by(_c.closed_until).limit(1)
    found = connection.execute(chosen.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    moved = destination.update().where(_c.uri == found.uri).values(closed_until=again).returning(*_c)
    tell_waiting(connection, _lane(connection.execute(moved).one()), now)
    last = delivery.select().where(delivery.c.destination == found.uri).order_by(delivery.c.key.desc()).limit(1)
    return found.uri, found.pinned, connection.execute(last).first()


def _due_probes(now: float) -> sa.Select[tuple[str, str | None]]:
    due = sa.and_(_c.closed_until.is_not(None), _c.closed_until <= now, _c.suspended.is_not(None))
    return sa.select(_c.uri, _c.pinned).where(due)


def remember(connection: sa.Connection, learned: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep columns of these destinations; the certificate seen first is not replaced by a later one."""
    if not learned:
        return
    uris = sorted(learned)
    lock_lanes(connection, uris)  # else they are taken in the order of what was learned, which others do not keep
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for uri in uris:
        by_columns.setdefault(tuple(sorted(learned[uri])), []).append({"k": uri, **learned[uri]})
    for columns, values in by_columns.items():
        new: dict[str, Any] = {name: sa.bindparam(name) for name in columns}
        if "pinned" in new:
            new["pinned"] = sa.func.coalesce(_c.pinned, sa.bindparam("pinned"))
        connection.execute(destination.update().where(_c.uri == sa.bindparam("k")).values(**new), values)


def list_troubled(connection: sa.Connection, limit: int = 500) -> list[Lane]:
    """Destinations that are suspended or in trouble, the suspended first, then the longest in trouble."""
    query = destination.select().where(_c.trouble_since.is_not(None))  # in the words of the index
    ordered = query.order_by(_c.suspended.is_(None), _c.trouble_since).limit(limit)
    return [_lane(row) for row in connection.execute(ordered)]


def list_all_troubled(connection: sa.Connection) -> list[Lane]:
    """All destinations that are suspended, or that failed at the last try."""
    query = destination.select().where(_c.trouble_since.is_not(None))
    return [_lane(row) for row in connection.execute(query) if row.strikes or row.suspended is not None]


def find_lane(connection: sa.Connection, uri: str) -> Lane | None:
    """What is remembered of a destination, None when nothing is."""
    row = connection.execute(destination.select().where(_c.uri == uri)).first()
    return None if row is None else _lane(row)


def shift_times(connection: sa.Connection, seconds: float) -> None:
    """The clock has jumped: the pauses of destinations keep their length."""
    connection.execute(
        destination.update().where(_c.closed_until.is_not(None)).values(closed_until=_c.closed_until + seconds)
    )


def _lane(row: Row) -> Lane:
    return Lane(
        uri=row.uri,
        strikes=row.strikes,
        closed_until=row.closed_until,
        score=row.score,
        suspended=row.suspended,
        trouble=row.trouble,
        message=row.trouble_message,
        since=row.trouble_since,
    )


class Standing(NamedTuple):
    """What a destination `said` of itself, as JSON, and `at` what time; why it is in `trouble`, or empty."""

    uri: str
    said: str | None
    at: float | None
    trouble: str
    suspended: bool


def standings(connection: sa.Connection, uris: Sequence[str]) -> list[Standing]:
    """Of these destinations, those of which something is known."""
    found = []
    for start in range(0, len(uris), _AT_ONCE):
        query = sa.select(_c.uri, _c.capabilities, _c.capabilities_at, _c.trouble, _c.strikes, _c.suspended)
        for row in connection.execute(query.where(_c.uri.in_(uris[start : start + _AT_ONCE]))):
            suspended = row.suspended is not None
            trouble = row.trouble if row.strikes or suspended else ""
            found.append(Standing(row.uri, row.capabilities, row.capabilities_at, trouble, suspended))
    return found
