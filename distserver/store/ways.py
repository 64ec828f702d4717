"""SQL over how a document has come here: a delivery's name stands in the title of the job that it makes elsewhere.

That job may be one of this same database: a group's member can be a printer of this server, under any of its names,
through a queue of CUPS, or through another server's group.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import sqlalchemy as sa

from distserver.store.tables import delivery, job

MOST_STEPS = 50
_NAME = re.compile(r"(?<![\w-])([0-9a-hjkmnp-tv-z]{16})-([0-9]{1,6})(?:\.[0-9]+)?(?![\w-])")


def find_way(connection: sa.Connection, title: str) -> frozenset[str]:
    """Files of the groups through which a job with this title has been sent already, as far back as titles tell."""
    files: set[str] = set()
    seen: set[tuple[str, int]] = set()
    ahead = _read_names(title)
    while ahead and len(seen) < MOST_STEPS:
        step = ahead.pop()
        if step in seen:
            continue
        seen.add(step)
        found = connection.execute(
            sa.select(delivery.c.via, job.c.title)
            .join(job, job.c.id == delivery.c.job_id)
            .where(delivery.c.job_id == step[0], delivery.c.number == step[1])
        ).first()
        if found is not None:
            files.update(json.loads(found.via))
            ahead += _read_names(found.title)
    return frozenset(files)


def names_delivery(title: str) -> bool:
    """Whether the name of a delivery may stand in it: most titles need no look."""
    return bool(_NAME.search(title))


def _read_names(title: str) -> list[tuple[str, int]]:
    names: Sequence[tuple[str, str]] = _NAME.findall(title)
    return [(job_id, int(number)) for job_id, number in names]
