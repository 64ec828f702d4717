"""SQL over jobs that come in by IPP: their numbers, and those whose documents are still to come.

An IPP job is `open` until its last document is there; `submitted` when it has become an ordinary job, whose id it then
bears; `canceled` or `aborted` when it ended before that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from distserver.model.documents import Document
from distserver.store import rows
from distserver.store.tables import ipp_document, ipp_job

OPEN, SUBMITTED, CANCELED, ABORTED = "open", "submitted", "canceled", "aborted"
_c = ipp_job.c


@dataclass(frozen=True, slots=True)
class IppJobRow:
    """One of them. `number` is the `job-id` of IPP; `printer` the path it was sent to; `request` the job attributes as
    they came, encoded. Times are seconds since the epoch; `touched` is when the client last sent something."""

    number: int
    printer: str
    job_id: str | None
    state: str
    reason: str
    message: str
    sender: str
    role: str
    title: str
    request: bytes
    created: float
    touched: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of them: at a printer, of a sender, ended or not (None: all), from the number `first` on, at most `limit`;
    `numbers`, if there are any, are the only ones wanted."""

    printer: str | None = None
    sender: str | None = None
    ended: bool | None = None
    numbers: Collection[int] = ()
    first: int = 1
    limit: int = 1000


def insert_ipp_job(connection: sa.Connection, values: dict[str, Any]) -> int:
    """Its number, which is never given to another."""
    key = connection.execute(ipp_job.insert().returning(_c.number), values).scalar_one()
    return int(key)


def find_ipp_job(connection: sa.Connection, number: int, *, lock: bool = False) -> IppJobRow | None:
    """The job; with `lock` nobody else changes it before the transaction ends."""
    query = ipp_job.select().where(_c.number == number)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _read(row)


def list_ipp_jobs(connection: sa.Connection, which: Selection) -> list[IppJobRow]:
    """By number; the ended ones the newest first (RFC 8011 §4.2.6.2)."""
    job = sa.table("ds_job", sa.column("id"), sa.column("ended"))
    over = sa.or_(_c.ended.is_not(None), job.c.ended.is_not(None))
    query = (
        sa.select(ipp_job).select_from(ipp_job.outerjoin(job, job.c.id == _c.job_id)).where(_c.number >= which.first)
    )
    if which.numbers:
        query = query.where(_c.number.in_(sorted(set(which.numbers))))
    if which.printer is not None:
        query = query.where(_c.printer == which.printer)
    if which.sender is not None:
        query = query.where(_c.sender == which.sender)
    if which.ended is not None:
        query = query.where(over if which.ended else sa.not_(over))
    query = query.order_by(_c.number.desc() if which.ended else _c.number).limit(which.limit)
    return [_read(row) for row in connection.execute(query)]


def change_ipp_job(connection: sa.Connection, number: int, **values: Any) -> None:
    connection.execute(ipp_job.update().where(_c.number == number).values(**values))


def overdue(connection: sa.Connection, before: float, limit: int = 100) -> list[int]:
    """Numbers of open jobs whose client has sent nothing since then."""
    query = sa.select(_c.number).where(sa.text("state = 'open'"), _c.touched < before).limit(limit)
    return list(connection.execute(query).scalars())


def open_among(connection: sa.Connection, numbers: Iterable[int]) -> set[int]:
    """Which of these jobs wait for documents."""
    query = sa.select(_c.number).where(_c.number.in_(sorted(numbers)), _c.state == OPEN)
    return set(connection.execute(query).scalars())


def forget_unsubmitted(connection: sa.Connection, ended_before: float) -> None:
    """Delete those that ended before they became jobs; the others go with their jobs."""
    connection.execute(ipp_job.delete().where(_c.job_id.is_(None), _c.ended < ended_before))


def insert_document(connection: sa.Connection, number: int, no: int, document: Document) -> None:
    values = {"number": number, "no": no, **rows.document_to_values(document)}
    connection.execute(ipp_document.insert(), values)


def documents_of(connection: sa.Connection, number: int) -> tuple[Document, ...]:
    """Those that have come, in order."""
    query = ipp_document.select().where(ipp_document.c.number == number).order_by(ipp_document.c.no)
    return tuple(rows.document_from_row(row) for row in connection.execute(query))


def drop_documents(connection: sa.Connection, number: int) -> None:
    """They are the job's now, or nobody's."""
    connection.execute(ipp_document.delete().where(ipp_document.c.number == number))


def _read(row: rows.Row) -> IppJobRow:
    return IppJobRow(
        row.number, row.printer, row.job_id, row.state, row.reason, row.message, row.sender, row.role, row.title,
        bytes(row.request), row.created, row.touched, row.ended,
    )  # fmt: skip


def count_live(connection: sa.Connection, printer: str) -> tuple[int, int]:
    """How many jobs of a printer have not ended, and how many of them are under way."""
    job = sa.table("ds_job", sa.column("id"), sa.column("ended"), sa.column("state"))
    joined = ipp_job.outerjoin(job, job.c.id == _c.job_id)
    query = sa.select(sa.func.count(), sa.func.count().filter(job.c.state == "processing")).select_from(joined)
    row = connection.execute(query.where(_c.printer == printer, _c.ended.is_(None), job.c.ended.is_(None))).one()
    return int(row[0]), int(row[1])
