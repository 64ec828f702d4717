"""Every job ended and forgotten by the rules of the house, and what remains: nothing, or somebody has lost it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from distserver.jobs.service import derive
from distserver.jobs.upkeep import Upkeep
from distserver.model.states import Queue
from distserver.services import Services
from distserver.store import happenings, jobs, subscriptions
from distserver.store.tables import metadata

_LATER = 30 * 86400.0
_TO_REMAIN = (
    "ds_user",
    "ds_audit",
    "ds_counter",
    "ds_token",
    "ds_executor",
    "ds_group_stop",
    "ds_ipp_told",
    "ds_quota_use",
)


@dataclass(frozen=True, slots=True)
class Remains:
    """Rows by table, and files of the spool by folder, that are left without a reason."""

    rows: dict[str, int]
    files: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.rows or self.files)


def clear_away(services: Services) -> Remains:
    """Open jobs run out of time, others are said to be done; documents are erased, receipts forgotten."""
    while services.incoming.expire(-_LATER):
        pass
    complete_deliveries(services)
    upkeep = Upkeep(services.database, services.spool, lambda documents: None, keep_failed=-_LATER)
    now = time.time()
    while upkeep.erase_documents(now):
        pass
    upkeep.forget_jobs(now + _LATER)
    upkeep.sweep_spool(now + _LATER)
    with services.database.begin() as connection:
        subscriptions.end_leases(connection, now + _LATER)
        subscriptions.forget_ended(connection, now + 2 * _LATER)
        happenings.forget_happenings(connection, now + _LATER)
    remains = Remains(_count_rows(services), _count_files(services))
    with services.database.begin() as connection:
        connection.execute(metadata.tables["ds_audit"].delete())
    return remains


def complete_deliveries(services: Services, *, held: bool = True) -> None:
    """What workers write at the end of deliveries, for all at once; those of held jobs only for a house that ends."""
    job, delivery = metadata.tables["ds_job"], metadata.tables["ds_delivery"]
    now = time.time()
    done = {"state": "completed", "queue": Queue.NONE, "ended": now, "updated": now}
    live = job.c.ended.is_(None) if held else sa.and_(job.c.ended.is_(None), sa.not_(job.c.held))
    with services.database.begin() as connection:
        ids = list(connection.execute(sa.select(job.c.id).where(live)).scalars())
        query = delivery.update().where(delivery.c.ended.is_(None), delivery.c.job_id.in_(ids))
        connection.execute(query.values(**done))
        jobs.recount(connection, ids, derive, now)


def _count_rows(services: Services) -> dict[str, int]:
    with services.database.read() as connection:
        counts = {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name not in _TO_REMAIN
        }
    return {name: count for name, count in counts.items() if count}


def _count_files(services: Services) -> dict[str, int]:
    spool = services.spool
    folders = {"incoming": spool.incoming.iterdir(), "documents": spool.documents.glob("??/*")}
    counts = {name: sum(1 for _ in paths) for name, paths in folders.items()}
    return {name: count for name, count in counts.items() if count}
