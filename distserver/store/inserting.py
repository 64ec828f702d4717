"""INSERT … ON CONFLICT, which each kind of database has in words of its own."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows; what is there already stays as it is."""
    if rows:
        connection.execute(insert_into(table, connection.dialect.name).on_conflict_do_nothing(), rows)


@functools.cache
def insert_into(table: sa.Table, dialect: str) -> Any:
    """The insert of that dialect. A database of the other kind is not waited for: its dialect is large."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)
