"""The audit log: who did what to what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from distserver.store.tables import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line; `at` in seconds since the epoch."""

    at: float
    who: str
    action: str
    object: str
    detail: str


def record(connection: sa.Connection, at: float, who: str, action: str, what: str, detail: str) -> None:
    record_all(connection, [AuditEntry(at, who, action, what, detail)])


def record_all(connection: sa.Connection, entries: Sequence[AuditEntry]) -> None:
    """Several at once."""
    values = [{"at": o.at, "who": o.who, "action": o.action, "object": o.object, "detail": o.detail} for o in entries]
    connection.execute(audit.insert(), values)


def list_entries(connection: sa.Connection, *, limit: int = 100, action: str | None = None) -> list[AuditEntry]:
    """Newest first."""
    query = audit.select().order_by(audit.c.key.desc()).limit(limit)
    if action:
        query = query.where(audit.c.action == action)
    return [AuditEntry(row.at, row.who, row.action, row.object, row.detail) for row in connection.execute(query)]
