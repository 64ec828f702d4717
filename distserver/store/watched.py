"""SQL over what subscribers have been told: of each job, each printer and the system the facts that they know.

`ds_ipp_job.told` is empty for a job that has ended and of which everything was told, and null for one of which nothing
was told yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from distserver.store import stops
from distserver.store.inserting import insert_into
from distserver.store.rows import Row
from distserver.store.tables import delivery, ipp_document, ipp_job, ipp_told, job

_i, _j, _t = ipp_job.c, job.c, ipp_told.c
_UNTOLD = sa.text("(told IS NULL OR told <> '')")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """What may change of a job that has not ended, or of whose end nobody was told. `status` and `reasons` are those of
    the job once it is submitted, before that those of its way in; `form` is what was asked for."""

    number: int
    printer: str
    job_id: str | None
    sender: str
    status: str
    reasons: str
    documents: bool
    title: str
    request: bytes
    form: tuple[str, ...]
    over: int
    ended: bool
    told: str | None


def lock_telling(connection: sa.Connection) -> None:
    """One at a time tells what has changed, so that nothing is told twice, and nobody submits jobs meanwhile: they lock
    rows of jobs too, in another order (SQLite lets one write anyway)."""
    stops.lock_stops(connection, shared=False)


def list_watched(connection: sa.Connection) -> list[WatchedJob]:
    """All of them, by number."""
    documents = sa.exists().where(ipp_document.c.number == _i.number)
    over = _j.n_completed + _j.n_aborted + _j.n_canceled
    query = (
        sa.select(
            _i.number, _i.printer, _i.job_id, _i.sender, _i.state, _i.reason, _i.title, _i.request, _i.ended, _i.told,
            _j.state.label("job_state"), _j.reasons, _j.n_aborted, _j.priority, _j.options, _j.not_before,
            _j.ended.label("job_ended"), over.label("over"), documents.label("documents"),
        )
        .select_from(ipp_job.outerjoin(job, _j.id == _i.job_id))
        .where(_UNTOLD)
        .order_by(_i.number)
    )  # fmt: skip
    return [_read(row) for row in connection.execute(query)]


def _read(row: Row) -> WatchedJob:
    submitted = row.job_id is not None
    failed = " failed" if submitted and row.n_aborted and row.job_ended is not None else ""
    return WatchedJob(
        number=row.number,
        printer=row.printer,
        job_id=row.job_id,
        sender=row.sender,
        status=row.job_state if submitted else row.state,
        reasons=row.reasons + failed if submitted else row.reason,
        documents=bool(row.documents),
        title=row.title,
        request=bytes(row.request),
        form=(row.priority, row.options, str(row.not_before)) if submitted else (),
        over=row.over or 0,
        ended=row.ended is not None or row.job_ended is not None,
        told=row.told,
    )


def count_pages(connection: sa.Connection, job_ids: Collection[str]) -> dict[str, int]:
    """Pages that devices say are out, of all copies of each job together."""
    d, found, ids = delivery.c, dict[str, int](), sorted(job_ids)
    for start in range(0, len(ids), _AT_ONCE):
        query = sa.select(d.job_id, sa.func.coalesce(sa.func.sum(d.pages), 0).label("pages")).group_by(d.job_id)
        found.update(
            (row.job_id, int(row.pages))
            for row in connection.execute(query.where(d.job_id.in_(ids[start : start + _AT_ONCE])))
        )
    return found


def note_told_jobs(connection: sa.Connection, told: Mapping[int, str]) -> None:
    """Of these jobs subscribers know this."""
    update = ipp_job.update().where(_i.number == sa.bindparam("b_number")).values(told=sa.bindparam("b_told"))
    if told:
        connection.execute(update, [{"b_number": number, "b_told": facts} for number, facts in told.items()])


def settle_ended(connection: sa.Connection) -> None:
    """Nobody waits to be told: of jobs that have ended nobody will."""
    over = sa.or_(_i.ended.is_not(None), _i.job_id.in_(sa.select(_j.id).where(_j.ended.is_not(None))))
    connection.execute(ipp_job.update().where(_UNTOLD, over).values(told=""))


def any_ended(connection: sa.Connection) -> bool:
    """Whether `settle_ended` has anything to do."""
    over = sa.or_(_i.ended.is_not(None), _j.ended.is_not(None))
    query = sa.select(sa.literal(1)).select_from(ipp_job.outerjoin(job, _j.id == _i.job_id)).where(_UNTOLD, over)
    return connection.execute(query.limit(1)).first() is not None


def list_resumed(connection: sa.Connection) -> list[int]:
    """Numbers of jobs that had ended, everything being told, and that go on: somebody sent again what failed."""
    live = sa.select(_i.number).select_from(ipp_job.join(job, _j.id == _i.job_id))
    return list(connection.execute(live.where(sa.text("ds_job.ended IS NULL"), _i.told == "")).scalars())


def read_told(connection: sa.Connection, objects: Collection[str]) -> dict[str, str]:
    """What is known of these printers, by their paths; the system's is the empty one."""
    found, names = dict[str, str](), sorted(objects)
    for start in range(0, len(names), _AT_ONCE):
        query = ipp_told.select().where(_t.object.in_(names[start : start + _AT_ONCE]))
        found.update((row.object, row.facts) for row in connection.execute(query))
    return found


def note_told(connection: sa.Connection, told: Mapping[str, str]) -> None:
    """Of these printers subscribers know this."""
    rows: Sequence[Mapping[str, str]] = [{"object": name, "facts": facts} for name, facts in told.items()]
    if rows:
        insert = insert_into(ipp_told, connection.dialect.name)
        changed = {"facts": insert.excluded.facts}
        connection.execute(insert.on_conflict_do_update(index_elements=["object"], set_=changed), rows)


def is_over(connection: sa.Connection, number: int) -> bool:
    """Whether a job has ended, everything being told."""
    return connection.execute(sa.select(_i.told).where(_i.number == number)).scalar() == ""


def list_told(connection: sa.Connection) -> set[str]:
    """Of which printers anything is known."""
    return set(connection.execute(sa.select(_t.object)).scalars())


def forget_told(connection: sa.Connection, objects: Collection[str]) -> None:
    """Nobody waits for news of these printers."""
    names = sorted(objects)
    for start in range(0, len(names), _AT_ONCE):
        connection.execute(ipp_told.delete().where(_t.object.in_(names[start : start + _AT_ONCE])))
