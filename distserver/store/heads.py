"""Who is next at a destination: a seek in an index for each that is asked about, however much waits there (SPEC N4).

A window over what waits, or a minimum of groups, goes through all of it: with thousands of jobs for one printer each
delivery would cost that. All destinations are asked about in one statement, for each number that go there at once.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
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
    dialect = connection.dialect.name
    found = connection.execute(_first_parked(dialect), {"given": json.dumps([[uri] for uri in wanted])}).all()
    keys, several = {row.key for row in found}, defaultdict(list)
    for row in found:
        if row.at_once > 1:
            several[row.at_once].append([row.destination])
    for at_once, places in several.items():
        for row in connection.execute(_parked(dialect, at_once), {"given": json.dumps(places)}):
            keys.update(key for key in row if key is not None)
    return keys


def oldest_waiting(connection: sa.Connection, places: Collection[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Of these destinations and ranks, each with how many may go there at once: destination, rank and key of what has
    waited longest, in order."""
    by_number: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for uri, rank, at_once in sorted(places):
        by_number[at_once].append((uri, rank))
    found: list[tuple[str, int, int]] = []
    for at_once, some in by_number.items():
        query = _waiting(connection.dialect.name, at_once)
        for uri, rank, *keys in connection.execute(query, {"given": json.dumps(some)}):
            found += [(uri, rank, key) for key in keys if key is not None]
    return found


def _parked_at(uri: sa.ColumnElement[str]) -> sa.Select[Any]:
    """Both words for the queue: the index is over those that are ready, too."""
    here = sa.and_(in_lane(), stands_in(Queue.LANE), _d.destination == uri)
    return sa.select(_d.key).where(here).order_by(_d.rank, _d.key)


def _waiting_at(uri: sa.ColumnElement[str], rank: sa.ColumnElement[int]) -> sa.Select[Any]:
    here = sa.and_(in_lane(), _d.destination == uri, _d.rank == rank)
    return sa.select(_d.key).where(here, _d.state.in_(WAITING), _d.crashes < SUSPECT).order_by(_d.key)


@functools.cache
def _first_parked(dialect: str) -> sa.Select[Any]:
    heads = _parked(dialect, 1).subquery()
    return sa.select(_d.key, _d.destination, _d.at_once).join_from(heads, delivery, _d.key == heads.c.key0)


@functools.lru_cache(maxsize=64)
def _parked(dialect: str, count: int) -> sa.Select[Any]:
    """`key0` and so on: the first ones at each destination that is `given`."""
    given, (uri,) = _given(dialect, sa.Text)
    return sa.select(*_firsts(_parked_at(uri), given, count)).select_from(given)


@functools.lru_cache(maxsize=64)
def _waiting(dialect: str, count: int) -> sa.Select[Any]:
    """`uri`, `rank`, `key0` and so on."""
    given, (uri, rank) = _given(dialect, sa.Text, sa.Integer)
    firsts = _firsts(_waiting_at(uri, rank), given, count)
    return sa.select(uri.label("uri"), rank.label("rank"), *firsts).select_from(given)


def _firsts(line: sa.Select[Any], given: Any, count: int) -> list[sa.Label[Any]]:
    one = line.correlate(given).limit(1)
    return [one.offset(place).scalar_subquery().label(f"key{place}") for place in range(count)]


def _given(dialect: str, *types: Any) -> tuple[Any, tuple[Any, ...]]:
    """The parameter `given`, a JSON array of arrays, as a table with these columns: any number in one statement."""
    if dialect == "sqlite":
        table = sa.func.json_each(sa.bindparam("given", type_=sa.Text)).table_valued("value").alias("given")
        return table, tuple(sa.func.json_extract(table.c.value, f"$[{n}]", type_=kind) for n, kind in enumerate(types))
    from sqlalchemy.dialects.postgresql import JSONB  # large: where the database is a file, nobody waits for it

    array = sa.cast(sa.cast(sa.bindparam("given"), sa.Text), JSONB)
    rows = sa.func.jsonb_array_elements(array).table_valued(sa.column("value", JSONB), name="given")
    return rows, tuple(sa.cast(rows.c.value.op("->>")(n), kind) for n, kind in enumerate(types))
