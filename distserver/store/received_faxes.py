"""SQL over faxes that have come in. What they are for: `distserver.jobs.received_faxes`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from distserver.model.received_faxes import Fate, FaxCaller, FaxOrigin, ReceivedFax
from distserver.store.fax_tables import received_fax
from distserver.store.inserting import insert_missing

_c = received_fax.c


def find_at(connection: sa.Connection, origin: FaxOrigin) -> ReceivedFax | None:
    """What is known of this very file."""
    same = (_c.server == origin.server, _c.name == origin.name, _c.size == origin.size, _c.at == origin.at)
    return _first(connection, *same)


def find_digest(connection: sa.Connection, server: str, name: str, digest: str) -> ReceivedFax | None:
    """What is known of a file of this name with this content."""
    return _first(connection, _c.server == server, _c.name == name, _c.digest == digest)


def write(connection: sa.Connection, fax: ReceivedFax) -> None:
    """In place of what stood there of it."""
    origin = fax.origin
    key = {"server": origin.server, "name": origin.name, "digest": fax.digest}
    values = {
        "size": origin.size,
        "at": origin.at,
        "caller": json.dumps(asdict(fax.caller), ensure_ascii=False),
        "pages": fax.pages,
        "fate": fax.fate.value,
        "job_id": fax.job,
        "route": fax.route,
        "reason": fax.reason,
        "seen": fax.seen,
        "removed": fax.removed,
    }
    insert_missing(connection, received_fax, [{**key, **values}])
    same = (_c.server == origin.server, _c.name == origin.name, _c.digest == fax.digest)
    connection.execute(received_fax.update().where(*same).values(**values))


def list_newest(connection: sa.Connection, limit: int) -> list[ReceivedFax]:
    """The newest first."""
    return [_read(row) for row in connection.execute(received_fax.select().order_by(_c.key.desc()).limit(limit))]


def forget(connection: sa.Connection, before: float) -> None:
    """Drop those that were removed at their server before that time."""
    connection.execute(received_fax.delete().where(_c.removed < before))


def forget_gone(connection: sa.Connection, server: str, there: set[str]) -> None:
    """Drop those that were kept or refused and that somebody has taken away at the server."""
    waits = (_c.server == server, _c.fate != Fate.ACCEPTED.value)
    names = connection.execute(sa.select(_c.name).where(*waits)).scalars().all()
    gone = [name for name in names if name not in there]
    if gone:
        connection.execute(received_fax.delete().where(*waits, _c.name.in_(gone)))


def _first(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> ReceivedFax | None:
    row = connection.execute(received_fax.select().where(*where).order_by(_c.key.desc()).limit(1)).first()
    return None if row is None else _read(row)


def _read(row: sa.Row[Any]) -> ReceivedFax:
    return ReceivedFax(
        origin=FaxOrigin(row.server, row.name, row.size, row.at),
        caller=FaxCaller(**json.loads(row.caller)),
        digest=row.digest,
        pages=row.pages,
        fate=Fate(row.fate),
        job=row.job_id,
        route=row.route,
        reason=row.reason,
        seen=row.seen,
        removed=row.removed,
    )
