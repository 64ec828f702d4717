"""Choosing deliveries: which of those that wait may go now (SPEC D4, N4). Reads only; nothing is locked.

One at a time to a destination (`at_once` says how many), the oldest first within a rank; at most so many to one host
and one subnet; nobody to a destination that is in trouble, but one after its pause. What may not go is put aside
(`Queue.LANE`) and brought back when its destination is free: however much waits, a claim looks at what can go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from distserver.model.states import DeliveryState, Priority, Queue, Reason
from distserver.store.heads import SUSPECT, next_parked, oldest_waiting
from distserver.store.queues import stands_in, under_way
from distserver.store.rows import RANKS, Row
from distserver.store.tables import delivery, destination

_BESIDES = 16
_ROUNDS = 8
_d = delivery.c


@dataclass(frozen=True, slots=True)
class Limits:
    """Deliveries at once to one host and to one subnet, over all workers; 0: as many as there are."""

    host: int = 0
    subnet: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a delivery has just ended: what waits for it may go."""

    destination: str
    host: str
    subnet: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker asks for: up to `room` deliveries, and of urgent jobs up to `urgent_room` in all.

    `freed` are the places of what has ended since it asked last; `carries_suspect` says that it carries a delivery
    with which a worker has crashed: such go one at a time, so that a crash tells whose it is.
    """

    owner: str
    room: int
    urgent_room: int
    now: float
    freed: Sequence[Place] = ()
    limits: Limits = Limits()
    carries_suspect: bool = False


@dataclass(slots=True)
class Choice:
    """What was decided: `taken` and `parked` by key (parked: why, until when, in what words).

    `up` were put aside and may go, but there is no room for them now; `more` may be there.
    """

    taken: dict[int, Row] = field(default_factory=dict)
    parked: dict[int, tuple[Row, str, float | None, str]] = field(default_factory=dict)
    up: dict[int, Row] = field(default_factory=dict)
    more: bool = False


class Chooser:
    """One choice among what may go. Reads only; nothing is locked."""

    def __init__(self, connection: sa.Connection, ask: Claim) -> None:
        self._connection = connection
        self._ask = ask
        self._choice = Choice()
        self._at: Counter[str] = Counter()
        self._known: set[str] = set()
        self._lanes: dict[str, Row] = {}
        self._hosts: Counter[str] | None = None
        self._subnets: Counter[str] | None = None
        self._suspect = ask.carries_suspect

    def choose(self) -> Choice:
        """Go through what is up, until there is no room or no more of it."""
        candidates = freed = self._freed()
        self._go_through(candidates)
        self._choice.up = {row.key: row for row in freed if row.key not in self._decided()}
        return self._choice

    def _go_through(self, candidates: list[Row]) -> None:
        for _ in range(_ROUNDS):
            candidates = [*candidates, *self._read(stands_in(Queue.READY))]
            if not candidates or not self._decide(self._oldest_first(sorted(candidates, key=order_of))):
                return
            candidates = []
        self._choice.more = True

    def _freed(self) -> list[Row]:
        """What was put aside for places that are free now."""
        freed, limits = self._ask.freed, self._ask.limits
        keys = next_parked(self._connection, {place.destination for place in freed})
        if limits.host:
            keys |= _heads_of(self._connection, _d.host, {place.host for place in freed if place.host})
        if limits.subnet:
            keys |= _heads_of(self._connection, _d.subnet, {place.subnet for place in freed if place.subnet})
        return self._rows(_d.key.in_(sorted(keys)), len(keys), every_rank=True) if keys else []

    def _decided(self) -> set[int]:
        return self._choice.taken.keys() | self._choice.parked.keys()

    def _read(self, which: sa.ColumnElement[bool]) -> list[Row]:
        """The next that are up, in order, and the first with which a worker has crashed if it may go."""
        limit = (self._ask.room if self._ask.room > 0 else self._ask.urgent_room) + _BESIDES
        decided = self._decided()
        found = self._rows(sa.and_(which, _d.crashes < SUSPECT), limit + len(decided))
        if not self._suspect:
            found += self._rows(sa.and_(which, _d.crashes >= SUSPECT), 1)
        return [row for row in found if row.key not in decided]

    def _rows(self, which: sa.ColumnElement[bool], limit: int, *, every_rank: bool = False) -> list[Row]:
        columns = (_d.key, _d.job_id, _d.rank, _d.turn, _d.state, _d.queue, _d.destination, _d.host, _d.subnet)
        query = sa.select(*columns, _d.at_once, _d.crashes).where(which)
        if self._ask.room <= 0 and not every_rank:
            query = query.where(_d.rank == RANKS[Priority.URGENT])
        return list(self._connection.execute(query.order_by(_d.rank, _d.turn, _d.key).limit(limit)).all())

    def _decide(self, candidates: Sequence[Row]) -> bool:
        """Decide these in order; True while there may be more and room for them."""
        self._learn(candidates)
        for row in candidates:
            room = self._ask.urgent_room if row.rank == RANKS[Priority.URGENT] else self._ask.room
            if len(self._choice.taken) >= room:
                return False
            self._decide_one(row)
        return True

    def _decide_one(self, row: Row) -> None:
        if self._suspect and row.crashes >= SUSPECT:
            return
        if row.state != DeliveryState.PROCESSING:  # else its place is its own already
            hindrance = self._hindrance(row)
            if hindrance is not None:
                self._choice.parked[row.key] = (row, *hindrance)
                return
            self._at[row.destination] += 1
            if self._hosts is not None and row.host:
                self._hosts[row.host] += 1
            if self._subnets is not None and row.subnet:
                self._subnets[row.subnet] += 1
        self._suspect = self._suspect or row.crashes >= SUSPECT
        self._choice.taken[row.key] = row

    def _hindrance(self, row: Row) -> tuple[str, float | None, str] | None:
        """Why it may not go now, until when if that is known, and in what words; None when it may."""
        lane = self._lanes.get(row.destination)
        if lane is not None and lane.suspended is not None:  # until it is asked and well, also when that is overdue
            return Reason.SUSPENDED.value, lane.closed_until or self._ask.now, lane.trouble_message
        if lane is not None and lane.closed_until is not None and lane.closed_until > self._ask.now:
            return lane.trouble, lane.closed_until, lane.trouble_message
        at_once = 1 if lane is not None and lane.strikes else row.at_once
        if self._at[row.destination] >= at_once:
            return Reason.WAITS_FOR_DESTINATION.value, None, ""
        limits = self._ask.limits
        busy = self._hosts is not None and bool(row.host) and self._hosts[row.host] >= limits.host
        busy = busy or (self._subnets is not None and bool(row.subnet) and self._subnets[row.subnet] >= limits.subnet)
        return (Reason.WAITS_FOR_HOST.value, None, "") if busy else None

    def _oldest_first(self, candidates: Sequence[Row]) -> list[Row]:
        """The same, but before each the oldest of its rank that wait for its destination, as many as go at once."""
        oldest = self._oldest([row for row in candidates if row.state != DeliveryState.PROCESSING])
        rows = {row.key: row for row in candidates}
        missing = sorted({key for keys in oldest.values() for key in keys} - rows.keys())
        if missing:
            rows.update({row.key: row for row in self._rows(_d.key.in_(missing), len(missing))})
        ordered: dict[int, Row] = {}
        for row in candidates:
            waits = row.state != DeliveryState.PROCESSING
            for key in oldest.get((row.destination, row.rank), ()) if waits else ():
                if key < row.key and key in rows:
                    ordered.setdefault(key, rows[key])
            ordered.setdefault(row.key, row)
        return list(ordered.values())

    def _oldest(self, waiting: Sequence[Row]) -> dict[tuple[str, int], list[int]]:
        """Keys of what has waited longest at the destinations of these, by destination and rank, in order."""
        decided = self._decided()
        oldest: dict[tuple[str, int], list[int]] = {}
        places = {(row.destination, row.rank, row.at_once) for row in waiting}
        for uri, rank, key in oldest_waiting(self._connection, places):
            if key not in decided:
                oldest.setdefault((uri, rank), []).append(key)
        return oldest

    def _learn(self, candidates: Sequence[Row]) -> None:
        """Read how these destinations stand, and how many deliveries are at them."""
        new = sorted({row.destination for row in candidates} - self._known)
        if not new:
            return
        self._known.update(new)
        counts = (
            sa.select(_d.destination, sa.func.count())
            .where(under_way(), _d.destination.in_(new))
            .group_by(_d.destination)
        )
        for uri, count in self._connection.execute(counts):
            self._at[uri] += count
        c = destination.c
        known = sa.select(c.uri, c.strikes, c.closed_until, c.suspended, c.trouble, c.trouble_message)
        troubled = sa.or_(c.strikes > 0, c.closed_until.is_not(None))
        for row in self._connection.execute(known.where(c.uri.in_(new), troubled)):
            self._lanes[row.uri] = row
        if self._ask.limits.host and self._hosts is None:
            self._hosts = self._count_by(_d.host)
        if self._ask.limits.subnet and self._subnets is None:
            self._subnets = self._count_by(_d.subnet)

    def _count_by(self, column: sa.Column[str]) -> Counter[str]:
        query = sa.select(column, sa.func.count()).where(under_way()).group_by(column)
        return Counter({value: count for value, count in self._connection.execute(query)})


def order_of(row: Row) -> tuple[int, int, int]:
    return row.rank, row.turn, row.key


def _heads_of(connection: sa.Connection, column: sa.Column[Any], values: set[str]) -> set[int]:
    """Some of those put aside at these hosts (or subnets): as many destinations as may matter, the oldest first."""
    if not values:
        return set()
    query = sa.select(_d.destination).where(stands_in(Queue.LANE), column.in_(sorted(values)))
    found = connection.execute(query.group_by(_d.destination).order_by(sa.func.min(_d.key)).limit(_BESIDES)).scalars()
    return next_parked(connection, found)
