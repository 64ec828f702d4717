"""SQL over jobs: insert, find, list, recount. What the states mean is known to `distserver.jobs`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from distserver.model.documents import Document
from distserver.model.jobs import Counts, JobView, PlannedDelivery, Submission
from distserver.model.quotas import Use
from distserver.model.states import DeliveryState, JobState, Queue, Reason
from distserver.store import rows, turns
from distserver.store.queues import stands_in
from distserver.store.tables import attempt, delivery, ipp_document, job, job_document

Derive = Callable[[Counts, bool, bool], tuple[JobState, tuple[str, ...]]]

_COLUMN = {
    DeliveryState.PENDING: "n_pending",
    DeliveryState.PENDING_RETRY: "n_retry",
    DeliveryState.PROCESSING: "n_processing",
    DeliveryState.COMPLETED: "n_completed",
    DeliveryState.ABORTED: "n_aborted",
    DeliveryState.CANCELED: "n_canceled",
}


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job as it is first written. `paused` are files of groups that hold their deliveries just now."""

    id: str
    submission: Submission
    sender: str
    planned: Sequence[PlannedDelivery]
    created: float
    due: float
    deadline: float | None
    paused: frozenset[str] = frozenset()

    @property
    def queue(self) -> Queue:
        """Where its deliveries begin."""
        if self.submission.hold:
            return Queue.HELD
        return Queue.TIMED if self.due > self.created else Queue.READY

    def queue_of(self, planned: PlannedDelivery) -> Queue:
        """Where this one begins: it waits while all groups are paused on whose account it goes."""
        held = bool(planned.via) and self.paused.issuperset(planned.via)
        return Queue.PAUSED if held and self.queue is not Queue.HELD else self.queue

    @property
    def sides(self) -> int:
        """How many sides one copy has."""
        return self.submission.options.count_sides(self.submission.documents)

    @property
    def use(self) -> Use:
        """What it counts for: every side on every copy at every destination; the bytes of its documents once."""
        options, sides = self.submission.options, self.sides
        copies = sum(options.at(one.options).copies for one in self.planned)
        octets = sum(document.size for document in self.submission.documents)
        return Use(jobs=1, pages=sides * copies, bytes=octets)

    @property
    def rank(self) -> int:
        return rows.RANKS[self.submission.priority]

    @property
    def lined_up(self) -> int:
        """How many of its deliveries take turns from the beginning."""
        return len(self.planned) if self.queue is Queue.READY else 0

    @property
    def chosen(self) -> tuple[str, ...]:
        """What the sender named: groups, and destinations."""
        asked = self.submission
        return (*asked.groups, *asked.destinations, *(one.name for one in asked.addressed))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a new job begins: its state and the reasons for it."""

    state: JobState
    reasons: tuple[str, ...]


def insert_jobs(connection: sa.Connection, new: Sequence[tuple[NewJob, Standing]]) -> None:
    """Write jobs, documents and deliveries: a few statements whatever their number and that of the destinations.

    Deliveries line up behind what their sender has waiting; those of later or held jobs do so when they may go.
    """
    newcomers = [turns.Newcomer(one.sender, one.rank, one.submission.priority, one.lined_up) for one, _ in new]
    first = turns.find_turns(connection, newcomers)
    with_turns = [(one, standing, turn) for (one, standing), turn in zip(new, first, strict=True)]
    connection.execute(job.insert(), [_job_values(*each) for each in with_turns])
    documents = [
        _document_values(one.id, number, document)
        for one, _ in new
        for number, document in enumerate(one.submission.documents)
    ]
    connection.execute(job_document.insert(), documents)
    values = [each for one, _, turn in with_turns for each in _deliveries_values(one, turn)]
    for start in range(0, len(values), 5000):
        connection.execute(delivery.insert(), values[start : start + 5000])


def _job_values(new: NewJob, standing: Standing, turn: int) -> dict[str, object]:
    asked = new.submission
    return {
        "id": new.id,
        "title": asked.title,
        "sender": new.sender,
        "state": standing.state,
        "reasons": " ".join(standing.reasons),
        "priority": asked.priority,
        "options": rows.options_to_json(asked.options),
        "chosen": json.dumps(new.chosen, ensure_ascii=False),
        "keep": asked.keep,
        "held": asked.hold,
        "n_pending": len(new.planned),
        "last_turn": turn + new.lined_up,
        "idempotency_key": asked.idempotency_key,
        "created": new.created,
        "updated": new.created,
        "not_before": asked.not_before,
        "deadline": new.deadline,
        "own_deadline": asked.deadline is not None,
    }


def _deliveries_values(new: NewJob, turn: int) -> Iterator[dict[str, object]]:
    sides = new.sides
    for number, one in enumerate(new.planned, start=1):
        yield _delivery_values(new, number, one, sides, turn)


def _document_values(job_id: str, number: int, document: Document) -> dict[str, object]:
    return {"job_id": job_id, "no": number, **rows.document_to_values(document)}


def _delivery_values(new: NewJob, number: int, planned: PlannedDelivery, pages: int, turn: int) -> dict[str, object]:
    where = planned.destination
    address = where.address
    queue = new.queue_of(planned)
    return {
        "job_id": new.id,
        "number": number,
        "rank": new.rank,
        "queue": queue,
        "turn": turn + number if queue is Queue.READY else 0,
        "destination": address.uri,
        "host": address.host or "",
        "subnet": address.subnet or "",
        "at_once": planned.at_once,
        "written": address.written,
        "name": where.name,
        "channel": address.channel,
        "options": rows.line_to_json(where),
        "groups": json.dumps(planned.groups, ensure_ascii=False),
        "via": json.dumps(planned.via, ensure_ascii=False),
        "resend": planned.resend,
        "state": DeliveryState.PENDING,
        "reason": Reason.GROUP_PAUSED if queue is Queue.PAUSED else Reason.NONE,
        "pages_total": pages * new.submission.options.at(planned.options).copies,
        "due": new.due,
        "created": new.created,
        "updated": new.created,
    }


def find_job(connection: sa.Connection, job_id: str) -> JobView | None:
    row = connection.execute(job.select().where(job.c.id == job_id)).first()
    if row is None:
        return None
    stopped = row.ended is None and bool(_stopped_jobs(connection, [job_id]))
    return rows.job_from_row(row, documents_of(connection, [job_id]).get(job_id, ()), stopped=stopped)


def _stopped_jobs(connection: sa.Connection, job_ids: Sequence[str]) -> set[str]:
    """Those of which a delivery is held because its group is paused."""
    query = sa.select(delivery.c.job_id).where(stands_in(Queue.PAUSED), delivery.c.job_id.in_(job_ids)).distinct()
    return set(connection.execute(query).scalars()) if job_ids else set()


def find_job_by_key(connection: sa.Connection, sender: str, key: str) -> JobView | None:
    """The job that this sender submitted under this idempotency key."""
    found = connection.execute(sa.select(job.c.id).where(job.c.sender == sender, job.c.idempotency_key == key)).scalar()
    return None if found is None else find_job(connection, found)


def list_jobs(
    connection: sa.Connection,
    *,
    limit: int,
    before: str | None = None,
    sender: str | None = None,
    states: Sequence[JobState] = (),
) -> list[JobView]:
    """Newest first; `before` is the id of the last job seen (ids sort by time)."""
    query = job.select().limit(limit)
    if states and not any(state.ended for state in states):
        # Few live among very many: by their index, and not by the id's from the newest to the oldest.
        query = query.where(sa.text("ended IS NULL")).order_by((job.c.id + "").desc())
    else:
        query = query.order_by(job.c.id.desc())
    if before:
        query = query.where(job.c.id < before)
    if sender is not None:
        query = query.where(job.c.sender == sender)
    if states:
        query = query.where(job.c.state.in_(states))
    found = connection.execute(query).all()
    documents = documents_of(connection, [row.id for row in found])
    stopped = _stopped_jobs(connection, [row.id for row in found if row.ended is None])
    return [rows.job_from_row(row, documents.get(row.id, ()), stopped=row.id in stopped) for row in found]


def documents_of(connection: sa.Connection, job_ids: Iterable[str]) -> dict[str, tuple[Document, ...]]:
    """Documents of each job, in order."""
    query = job_document.select().where(job_document.c.job_id.in_(list(job_ids)))
    found: dict[str, tuple[Document, ...]] = {}
    for row in connection.execute(query.order_by(job_document.c.job_id, job_document.c.no)):
        found[row.job_id] = (*found.get(row.job_id, ()), rows.document_from_row(row))
    return found


def hold_jobs(connection: sa.Connection, job_ids: Iterable[str]) -> dict[str, rows.Row]:
    """Let nobody else change these jobs until the transaction ends; their rows by id.

    Whoever changes deliveries and then their job asks for this first, as operations of users do (`lock_jobs`): two
    that took them in different orders would wait for each other (SQLite has one writer at a time anyway).
    """
    ids = sorted(set(job_ids))
    if not ids:
        return {}
    query = sa.select(job).where(job.c.id.in_(ids)).order_by(job.c.id).with_for_update()
    return {row.id: row for row in connection.execute(query)}


def lock_jobs(connection: sa.Connection, job_ids: Iterable[str], now: float) -> set[str]:
    """Take the rows of these jobs until the transaction ends; the ids that exist."""
    statement = job.update().where(job.c.id.in_(sorted(set(job_ids)))).values(updated=now).returning(job.c.id)
    return set(connection.execute(statement).scalars())


def set_flags(connection: sa.Connection, job_id: str, **flags: object) -> None:
    """Set `held`, `canceled`, `deadline` … of one job."""
    connection.execute(job.update().where(job.c.id == job_id).values(**flags))


def recount(connection: sa.Connection, job_ids: Iterable[str], derive: Derive, now: float) -> list[str]:
    """Bring counts and state of these jobs in line with their deliveries, counting them; ids of those that ended by it.

    For operations of users, which change many deliveries at once; workers tell their moves (`apply_moves`).
    """
    locked = lock_jobs(connection, job_ids, now)
    if not locked:
        return []
    tally: dict[str, dict[str, int]] = {job_id: dict.fromkeys(_COLUMN.values(), 0) for job_id in locked}
    query = (
        sa.select(delivery.c.job_id, delivery.c.state, sa.func.count())
        .where(delivery.c.job_id.in_(locked))
        .group_by(delivery.c.job_id, delivery.c.state)
    )
    for job_id, state, count in connection.execute(query):
        tally[job_id][_COLUMN[DeliveryState(state)]] = count
    changes, ended = [], []
    for row in connection.execute(job.select().where(job.c.id.in_(locked))).all():
        values, over = _restate(row, tally[row.id], derive, now)
        changes.append(values)
        ended += [row.id] if over else []
    connection.execute(job.update().where(job.c.id == sa.bindparam("k")), changes)
    return ended


Moves = Mapping[tuple[str, str, str], int]
"""How many deliveries went: (job id, from state, to state) → count."""


def apply_moves(connection: sa.Connection, moves: Moves, derive: Derive, now: float) -> list[str]:
    """Bring counts and state of jobs in line with moves of their deliveries; ids of the jobs that ended by it.

    Costs the same however many deliveries a job has. The caller holds the jobs.
    """
    changes: dict[str, Counter[str]] = {}
    for (job_id, before, after), count in moves.items():
        if before != after:
            change = changes.setdefault(job_id, Counter())
            change[_COLUMN[DeliveryState(before)]] -= count
            change[_COLUMN[DeliveryState(after)]] += count
    if not changes:
        return []
    values, ended = [], []
    for row in connection.execute(job.select().where(job.c.id.in_(sorted(changes)))):
        tally = {column: getattr(row, column) + changes[row.id][column] for column in _COLUMN.values()}
        new, over = _restate(row, tally, derive, now)
        values.append(new)
        ended += [row.id] if over else []
    connection.execute(job.update().where(job.c.id == sa.bindparam("k")), values)
    return ended


def _restate(row: rows.Row, tally: dict[str, int], derive: Derive, now: float) -> tuple[dict[str, Any], bool]:
    """Columns of a job with these counts, and whether it has ended by them."""
    counts = Counts(*(tally[column] for column in _COLUMN.values()))
    state, reasons = derive(counts, row.held, row.canceled)
    when = (row.ended or now) if state.ended else None
    values = {"k": row.id, "state": state, "reasons": " ".join(reasons), "ended": when, "updated": now, **tally}
    return values, state.ended and not JobState(row.state).ended


def shift_deadlines(connection: sa.Connection, seconds: float) -> None:
    """Move the deadlines of jobs that have begun and not ended."""
    live = job.update().where(job.c.ended.is_(None), job.c.deadline.is_not(None))
    connection.execute(live.values(deadline=job.c.deadline + seconds))


def put_off_deadlines(connection: sa.Connection, job_ids: Collection[str], since: float, now: float) -> None:
    """These jobs could not go on from `since` until now: where their sender named no deadline, it comes so much later;
    a job that began meanwhile counts from there."""
    start = sa.func.coalesce(job.c.not_before, job.c.created)
    lost = now - sa.case((start > since, start), else_=since)
    whose = sa.and_(job.c.id.in_(sorted(job_ids)), sa.not_(job.c.own_deadline), start < now)
    connection.execute(job.update().where(whose, job.c.deadline.is_not(None)).values(deadline=job.c.deadline + lost))


def erasable_jobs(connection: sa.Connection, failed_before: float) -> list[str]:
    """Ended jobs whose documents may go: every copy is out, or the time for retries is over."""
    well = sa.or_(sa.and_(job.c.n_aborted == 0, job.c.n_canceled == 0), job.c.ended < failed_before)
    unerased = sa.text("erased = false AND ended IS NOT NULL")  # in the words of the index
    query = sa.select(job.c.id).where(unerased, sa.not_(job.c.keep), well)
    return list(connection.execute(query.limit(500)).scalars())


def mark_erased(connection: sa.Connection, job_ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Mark the documents of these jobs erased, but not where somebody has sent again meanwhile; the ids of those
    marked, and the digests that no other job needs any more."""
    over = sa.and_(job.c.id.in_(job_ids), job.c.ended.is_not(None))
    marked = list(connection.execute(job.update().where(over).values(erased=True).returning(job.c.id)).scalars())
    digests = sa.select(job_document.c.digest).where(job_document.c.job_id.in_(marked))
    return marked, unneeded_digests(connection, set(connection.execute(digests).scalars()))


def unneeded_digests(connection: sa.Connection, digests: set[str]) -> list[str]:
    """Those of `digests` that no job needs, nor one that is still coming in."""
    needed = (
        sa.select(job_document.c.digest)
        .join(job, job.c.id == job_document.c.job_id)
        .where(job_document.c.digest.in_(digests), sa.not_(job.c.erased))
    )
    coming = sa.select(ipp_document.c.digest).where(ipp_document.c.digest.in_(digests))
    return sorted(digests - set(connection.execute(needed).scalars()) - set(connection.execute(coming).scalars()))


def missing_documents(connection: sa.Connection, has: Callable[[str], bool]) -> list[tuple[str, str]]:
    """(job, name) of documents of jobs that have not ended whose digest is not there, as `has` says; oldest first."""
    query = sa.select(job_document.c.job_id, job_document.c.name, job_document.c.digest)
    query = query.join(job, job.c.id == job_document.c.job_id).where(job.c.ended.is_(None)).order_by(job.c.id)
    return [(job_id, name) for job_id, name, digest in connection.execute(query) if not has(digest)]


def forget_jobs(connection: sa.Connection, ended_before: float, limit: int = 200) -> list[str]:
    """Delete old ended jobs with their receipts; their ids."""
    query = sa.select(job.c.id).where(job.c.ended < ended_before, job.c.erased).limit(limit)
    ids = list(connection.execute(query).scalars())
    keys = sa.select(delivery.c.key).where(delivery.c.job_id.in_(ids))
    connection.execute(attempt.delete().where(attempt.c.delivery_key.in_(keys)))
    for table in (delivery, job_document):
        connection.execute(table.delete().where(table.c.job_id.in_(ids)))
    connection.execute(job.delete().where(job.c.id.in_(ids)))
    return ids
