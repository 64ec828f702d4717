"""SQL over counters: what happened so far, added up (`model.counting`).

Each writer adds to rows of its own shard: workers that write at the same time do not wait for each other. Added last in
a transaction, and in one order, so that nobody waits in a circle.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from distserver.store.inserting import insert_into
from distserver.store.tables import counter

SHARDS = 16

Counted = Mapping[tuple[str, str], float]
"""(name, labels joined by spaces) → how much."""


def shard_of(writer: str) -> int:
    """The shard of a process with this name."""
    return crc32(writer.encode()) % SHARDS


def add(connection: sa.Connection, counted: Counted, shard: int = 0) -> None:
    """Add these to what stands there. The last statement of a transaction."""
    if counted:
        rows = [
            {"name": name, "labels": labels, "shard": shard, "value": much}
            for (name, labels), much in sorted(counted.items())
        ]
        connection.execute(_adding(connection.dialect.name), rows)


def read_all(connection: sa.Connection) -> dict[tuple[str, str], float]:
    """All counters, over all shards."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for row in connection.execute(sa.select(counter.c.name, counter.c.labels, counter.c.value)):
        found[row.name, row.labels] += row.value
    return dict(found)


@functools.cache
def _adding(dialect: str) -> Any:
    new = insert_into(counter, dialect)
    keys = [counter.c.name, counter.c.labels, counter.c.shard]
    return new.on_conflict_do_update(index_elements=keys, set_={"value": counter.c.value + new.excluded.value})
