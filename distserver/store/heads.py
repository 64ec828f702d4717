"""Who is next at a destination: one seek in an index for each that is asked about, however much waits there (SPEC N4).

A window over what waits, or a minimum of groups, goes through all of it: with thousands of jobs for one printer each
delivery would cost that.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from distserver.model.states import Queue
from distserver.store.queues import WAITING, in_lane, stands_in
from distserver.store.tables import delivery

SUSPECT = 1.0
"""From here on, deaths of workers with a delivery in their hands make it a suspect: see `engine.guardian`."""

_d = delivery.c


def next_parked(connection: sa.Connection, uris: Iterable[str]) -> set[int]:
    """Keys of what was put aside for these destinations and is next: by rank, then by age, as many as go at once."""
    wanted = sorted(set(uris))
    if not wanted:
        return set()
    found = connection.execute(_parked(connection.dialect.name), {"given": json.dumps([[uri] for uri in wanted])}).all()
    keys = {row.key for row in found}
    for row in found:
        if row.at_once > 1:
            some = _parked_at(_d.destination == row.destination).limit(row.at_once)
            keys.update(connection.execute(some).scalars())
    return keys


def oldest_waiting(connection: sa.Connection, places: Collection[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Of these destinations and ranks, each with how many may go there at once: destination, rank and key of what has
    waited longest, in order."""
    single = sorted({(uri, rank) for uri, rank, at_once in places if at_once <= 1})
    found: list[tuple[str, int, int]] = []
    if single:
        rows = connection.execute(_oldest(connection.dialect.name), {"given": json.dumps(single)})
        found += [(row.uri, row.rank, row.key) for row in rows if row.key is not None]
    for uri, rank, at_once in sorted(places):
        if at_once > 1:
            keys = connection.execute(_waiting_at(_d.destination == uri, _d.rank == rank).limit(at_once)).scalars()
            found += [(uri, rank, key) for key in keys]
    return found


def _parked_at(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Both words for the queue: the index is over those that are ready, too."""
    return sa.select(_d.key).where(in_lane(), stands_in(Queue.LANE), *where).order_by(_d.rank, _d.key)


def _waiting_at(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(_d.key).where(in_lane(), _d.state.in_(WAITING), _d.crashes < SUSPECT, *where).order_by(_d.key)


@functools.cache
def _parked(dialect: str) -> sa.Select[Any]:
    given, (uri,) = _given(dialect, sa.Text)
    head = _parked_at(_d.destination == uri).limit(1).correlate(given).scalar_subquery()
    heads = sa.select(head.label("key")).select_from(given).subquery()
    return sa.select(_d.key, _d.destination, _d.at_once).join_from(heads, delivery, _d.key == heads.c.key)


@functools.cache
def _oldest(dialect: str) -> sa.Select[Any]:
    given, (uri, rank) = _given(dialect, sa.Text, sa.Integer)
    head = _waiting_at(_d.destination == uri, _d.rank == rank).limit(1).correlate(given).scalar_subquery()
    return sa.select(uri.label("uri"), rank.label("rank"), head.label("key")).select_from(given)


def _given(dialect: str, *types: Any) -> tuple[Any, tuple[Any, ...]]:
    """The parameter `given`, a JSON array of arrays, as a table with these columns: any number in one statement."""
    if dialect == "sqlite":
        table = sa.func.json_each(sa.bindparam("given", type_=sa.Text)).table_valued("value").alias("given")
        return table, tuple(sa.func.json_extract(table.c.value, f"$[{n}]", type_=kind) for n, kind in enumerate(types))
    from sqlalchemy.dialects.postgresql import JSONB  # large: where the database is a file, nobody waits for it

    array = sa.cast(sa.cast(sa.bindparam("given"), sa.Text), JSONB)
    rows = sa.func.jsonb_array_elements(array).table_valued(sa.column("value", JSONB), name="given")
    return rows, tuple(sa.cast(rows.c.value.op("->>")(n), kind) for n, kind in enumerate(types))
