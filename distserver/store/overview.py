"""SQL for the overview of many jobs: what their devices say just now, and which jobs failed lately."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from distserver.model.jobs import JobView
from distserver.model.states import DeliveryState, JobState
from distserver.store import rows
from distserver.store.jobs import documents_of
from distserver.store.tables import delivery, job

_MAY_HAVE_FAILED = (JobState.COMPLETED, JobState.ABORTED)

Troubles = dict[str, list[tuple[tuple[str, ...], int]]]


def device_reasons(connection: sa.Connection, job_ids: Sequence[str]) -> Troubles:
    """For each of these jobs: what devices under way say of themselves, and how many say the same.

    Goes by the index of job and state: only deliveries under way are looked at.
    """
    d = delivery
    query = (
        sa.select(d.c.job_id, d.c.device_reasons, sa.func.count())
        .where(d.c.job_id.in_(job_ids), d.c.state == DeliveryState.PROCESSING, d.c.device_reasons != "")
        .group_by(d.c.job_id, d.c.device_reasons)
    )
    found: Troubles = {}
    for job_id, said, count in connection.execute(query):
        found.setdefault(job_id, []).append((tuple(said.split()), count))
    return found


def failed_since(connection: sa.Connection, since: float, *, sender: str | None, limit: int) -> list[JobView]:
    """Jobs that ended since then with a failed delivery, the newest first; by the index of state and end."""
    query = (
        job.select()
        .where(job.c.state.in_(_MAY_HAVE_FAILED), job.c.ended >= since, job.c.n_aborted > 0)
        .order_by(job.c.ended.desc())
        .limit(limit)
    )
    if sender is not None:
        query = query.where(job.c.sender == sender)
    found = connection.execute(query).all()
    documents = documents_of(connection, [row.id for row in found])
    return [rows.job_from_row(row, documents.get(row.id, ())) for row in found]
