"""SQL over what somebody has sent in the present day, week and month. What they may: `distserver.jobs.quotas`."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from distserver.model.quotas import Use, Window
from distserver.store.inserting import insert_into
from distserver.store.tables import quota_use

_c = quota_use.c
_LONGEST_SECONDS = 32 * 86400.0


def add_use(connection: sa.Connection, subject: str, starts: Mapping[Window, float], use: Use) -> dict[Window, Use]:
    """Add to what the subject has sent in these windows, each with its start; what it is then.

    Whoever adds at the same time waits until this transaction has ended, and then sees its sum; the rows are taken in
    one order, so that nobody waits in a circle.
    """
    rows = [
        {"subject": subject, "span": window, "start": starts[window], **_columns(use)}
        for window in Window
        if window in starts
    ]
    found = connection.execute(_adding(connection.dialect.name).values(rows).returning(*_c))
    return {Window(row.span): Use(row.n_jobs, row.n_pages, row.n_bytes) for row in found}


def read_uses(connection: sa.Connection, subjects: Collection[str]) -> dict[tuple[str, Window], tuple[float, Use]]:
    """What these subjects have sent: by (subject, window), with the start of the window in which it was counted."""
    found = connection.execute(quota_use.select().where(_c.subject.in_(subjects)))
    return {(row.subject, Window(row.span)): (row.start, Use(row.n_jobs, row.n_pages, row.n_bytes)) for row in found}


def forget_uses(connection: sa.Connection, before: float) -> None:
    """Delete the counts of windows that were over then: guests come and go."""
    connection.execute(quota_use.delete().where(_c.start < before - _LONGEST_SECONDS))


def _columns(use: Use) -> dict[str, int]:
    return {"n_jobs": use.jobs, "n_pages": use.pages, "n_bytes": use.bytes}


@functools.cache
def _adding(dialect: str) -> Any:
    new = insert_into(quota_use, dialect)
    there = _c.start == new.excluded.start
    added = {
        name: sa.case((there, _c[name]), else_=0) + new.excluded[name] for name in ("n_jobs", "n_pages", "n_bytes")
    }
    return new.on_conflict_do_update(index_elements=[_c.subject, _c.span], set_={"start": new.excluded.start, **added})
