"""SQL over calls to fax numbers: a row for each delivery that rode one. For `distserver.jobs.fax_calls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from distserver.model.fax_calls import FaxCallEntry, FaxCallRecord
from distserver.model.jobs import Claimed
from distserver.store.fax_tables import fax_call
from distserver.store.inserting import insert_missing

_c = fax_call.c


def insert(connection: sa.Connection, calls: Sequence[tuple[Claimed, FaxCallRecord]], now: float) -> None:
    """Write them; one that is told a second time (its worker died in between) stays as it is."""
    insert_missing(connection, fax_call, [_values(claimed, record, now) for claimed, record in calls])


def list_newest(connection: sa.Connection, limit: int) -> list[FaxCallEntry]:
    """The newest first, each call once, of as many deliveries."""
    found: dict[tuple[str, str], FaxCallEntry] = {}
    for row in connection.execute(fax_call.select().order_by(_c.key.desc()).limit(limit)):
        one = _read(row)
        key = (row.server, row.call)
        found[key] = _join(found[key], one) if key in found else one
    return list(found.values())


def forget(connection: sa.Connection, before: float) -> None:
    """Drop those that ended before that time."""
    connection.execute(fax_call.delete().where(_c.at < before))


def _values(claimed: Claimed, record: FaxCallRecord, now: float) -> dict[str, Any]:
    return {
        "server": record.server[:300],
        "call": record.call[:40],
        "delivery": claimed.id,
        "job_id": claimed.job_id,
        "at": now,
        "number": record.number[:80],
        "pages": record.pages,
        "seconds": record.seconds,
        "identity": record.identity.replace("\0", " "),
        "traits": record.traits.replace("\0", " "),
        "trouble": record.trouble.replace("\0", " "),
        "rate": record.rate[:20],
    }


def _read(row: sa.Row[Any]) -> FaxCallEntry:
    record = FaxCallRecord(
        row.server, row.call, row.number, row.pages, row.seconds, row.identity, row.traits, row.trouble, row.rate
    )
    return FaxCallEntry(row.at, record, (row.job_id,))


def _join(entry: FaxCallEntry, other: FaxCallEntry) -> FaxCallEntry:
    """What an earlier delivery of the same call has to add."""
    times = [one.record.seconds for one in (entry, other) if one.record.seconds is not None]
    record = replace(entry.record, pages=entry.record.pages + other.record.pages, seconds=max(times) if times else None)
    return replace(entry, record=record, jobs=tuple(dict.fromkeys((*other.jobs, *entry.jobs))))
