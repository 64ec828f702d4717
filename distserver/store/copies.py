"""Which documents may go from a spool, whoever found that their jobs are over (SPEC D4, N7)."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from distserver.store.tables import job, job_document


def find_erased(connection: sa.Connection, digests: Collection[str]) -> dict[str, list[str]]:
    """Those of `digests` that jobs know and none needs any more, each with the ids of its jobs.

    What no job knows is not among them: it may belong to a job that is just being submitted.
    """
    query = (
        sa.select(job_document.c.digest, job.c.id, job.c.erased)
        .join(job, job.c.id == job_document.c.job_id)
        .where(job_document.c.digest.in_(digests))
    )
    found: dict[str, list[str]] = {}
    needed = set()
    for digest, job_id, erased in connection.execute(query):
        found.setdefault(digest, []).append(job_id)
        if not erased:
            needed.add(digest)
    return {digest: ids for digest, ids in found.items() if digest not in needed}
