"""What may be done with jobs: submit, hold, release, cancel, retry. All doors end here (SPEC D4)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from distserver.accounts.access import OPERATORS
from distserver.errors import BadRequest, Conflict, Forbidden, NotFound
from distserver.jobs import lifecycle
from distserver.jobs.acceptance import Acceptance, Also, Entry
from distserver.jobs.counting import count_group
from distserver.jobs.lifecycle import Event
from distserver.jobs.quotas import Meter, QuotaRules, Quotas
from distserver.model.documents import NUMBERS_UP
from distserver.model.jobs import Actor, Answer, Counts, JobView, PlannedDelivery, Submission
from distserver.model.pages import check_page_ranges, format_page_ranges
from distserver.model.states import DeliveryState, JobState, Queue, Reason
from distserver.store import audit, counters, deliveries, ids, jobs, lanes, stops, turns
from distserver.store.database import Database
from distserver.store.queues import WAITING
from distserver.store.rows import RANKS
from distserver.store.spool import Spool, Upload

FARTHEST_SECONDS = 10 * 365 * 86400.0
"""How long a job may wait at most."""

SEES_ALL = frozenset(OPERATORS)
"""Roles that see and change everybody's jobs."""

Expand = Callable[[Submission], Sequence[PlannedDelivery]]
"""Groups and destinations → one planned delivery for each destination. Raises `UserError` on an unknown one."""

Allow = Callable[[Submission, Actor], Mapping[str, str]]
"""The names of the chosen groups by their files. Raises `Forbidden` when somebody may not send to one of them."""

Wake = Callable[[], None]
"""Tell the workers that there may be something to do. A worker that does not hear it looks by itself before long."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that matter to jobs, and where time and chance come from (seconds since the epoch; 30 bits)."""

    deadline_seconds: float = 86400.0
    quotas: QuotaRules = QuotaRules()
    clock: Callable[[], float] = time.time
    randomness: Callable[[], int] = lambda: secrets.randbits(30)


class JobService:
    """Operations on jobs. Each is one transaction: what it answers is on the disk."""

    def __init__(
        self,
        database: Database,
        spool: Spool,
        expand: Expand,
        wake: Wake,
        rules: Rules,
        allow: Allow = lambda submission, by: {},
    ) -> None:
        self._database = database
        self._spool = spool
        self._expand = expand
        self._wake = wake
        self._rules = rules
        self._allow = allow
        self._clock = rules.clock
        self._randomness = rules.randomness
        self.quotas = Quotas(database, rules.quotas, rules.clock)
        self._acceptance = Acceptance(database, self.quotas, wake)

    def submit(
        self, submission: Submission, by: Actor, uploads: Sequence[Upload] = (), also: Also = lambda *_: None
    ) -> JobView:
        """Accept a job: when this returns, it is durable; what `also` writes is in the same transaction.

        `uploads` are finished uploads among `submission.documents`; they are moved into the spool here. A second
        submission by the same sender under the same idempotency key answers the first job. Raises `UserError` when it
        cannot be accepted and `LaterError` when not now.
        """
        if earlier := self._find_earlier(submission, by):
            return earlier
        _check(submission, now := self._clock())
        groups = self._allow(submission, by)
        planned = self._expand(submission)
        if not planned:
            raise BadRequest("the chosen groups have no destination: add a line to one of their files")
        start = max(now, submission.not_before or now)
        new = jobs.NewJob(
            id=ids.job_id(now, self._randomness()),
            submission=submission,
            sender=by.name,
            planned=planned,
            created=now,
            due=start,
            deadline=submission.deadline or start + self._rules.deadline_seconds,
        )
        entry = Entry(new, by, groups, _view(new), also)
        self._spool.check_space()  # also for a document that is there already: its outcomes need room
        try:
            with self._spool.guard(shared=True):
                for upload in uploads:
                    upload.keep()
                self._check_documents(submission)
                self._acceptance.write(entry)
        except IntegrityError:
            if earlier := self._find_earlier(submission, by):
                return earlier
            raise
        return entry.view

    def meter(self, by: Actor, *, stored: int = 0, idempotency_key: str | None = None) -> Meter:
        """What watches an upload for a job that is to be submitted, of which `stored` bytes have come already. Raises
        `QuotaExceeded` when no job is left; one that was submitted before is not counted again."""
        if idempotency_key and self._find_by_key(idempotency_key, by):
            return lambda size: None
        return self.quotas.meter(by, stored)

    def _find_earlier(self, submission: Submission, by: Actor) -> JobView | None:
        return self._find_by_key(submission.idempotency_key, by) if submission.idempotency_key else None

    def _find_by_key(self, key: str, by: Actor) -> JobView | None:
        with self._database.read() as connection:
            return jobs.find_job_by_key(connection, by.name, key)

    def _check_documents(self, submission: Submission) -> None:
        for document in submission.documents:
            if not self._spool.has_document(document.digest):
                raise Conflict(f"the document '{document.name}' is not stored any more: send the file again")

    def get(self, job_id: str, by: Actor) -> JobView:
        """The job. Raises `NotFound` also when it belongs to somebody else and `by` may see only their own."""
        with self._database.read() as connection:
            return visible(jobs.find_job(connection, job_id), job_id, by)

    def cancel(self, job_id: str, by: Actor, numbers: Sequence[int] | None = None) -> Answer:
        """Cancel all deliveries that have not ended, or those numbered. Waiting ones are canceled at once; for one
        under way the device is asked, and its answer is what the receipt will say."""
        waiting = [s for s in lifecycle.sources(Event.CANCEL) if s is not DeliveryState.PROCESSING]
        with self._operation(job_id, by, "job-cancel") as (connection, now):
            if numbers is None:
                jobs.set_flags(connection, job_id, canceled=True)
            values = {
                "state": lifecycle.target(Event.CANCEL),
                "queue": Queue.NONE,
                "reason": deliveries.CANCELED_REASON,
                "message": deliveries.STOPPED_MESSAGE,
                "ended": now,
                "updated": now,
            }
            reasons = deliveries.count_reasons(connection, job_id, waiting, deliveries.CANCELED_REASON, numbers)
            changed = deliveries.change(connection, job_id, waiting, values, numbers)
            asked = deliveries.ask_to_cancel(connection, job_id, numbers, now)
            counters.add(connection, count_group(DeliveryState.CANCELED, reasons))
        self._wake()
        return self._answer(job_id, by, changed, asked, numbers, "canceled", "their devices are being asked")

    def hold(self, job_id: str, by: Actor) -> Answer:
        """Start no further delivery of the job until it is released; those under way go on."""
        with self._operation(job_id, by, "job-hold") as (connection, now):
            jobs.set_flags(connection, job_id, held=True)
            values = {
                "queue": Queue.HELD,
                "reason": Reason.JOB_HELD.value,
                "message": deliveries.STOPPED_MESSAGE,
                "updated": now,
            }
            changed = deliveries.change(connection, job_id, WAITING, values)
        job = self.get(job_id, by)
        words = _sentence(changed, "held", job.counts.processing, "are under way and go on")
        return Answer(job, changed, 0, job.counts.ended, words)

    def release(self, job_id: str, by: Actor, *, at_once: bool = False) -> Answer:
        """Let a held job go on; `at_once`: it does not wait for its time either."""
        with self._operation(job_id, by, "job-release") as (connection, now):
            jobs.set_flags(connection, job_id, held=False)
            if at_once:
                jobs.set_flags(connection, job_id, not_before=None)
                deliveries.bring_forward(connection, job_id, now)
            turns.line_up(connection, job_id, now)  # before they are up: their old turns are nobody's
            changed = deliveries.release_held(connection, job_id, now)
            stops.hold_stopped(connection, job_id, now)
        self._wake()
        job = self.get(job_id, by)
        return Answer(job, changed, 0, job.counts.ended, _sentence(changed, "released", 0, ""))

    def retry(self, job_id: str, by: Actor, numbers: Sequence[int] | None = None) -> Answer:
        """Send again what failed (of those numbered, also what was canceled); what waits for another try goes now.

        Raises `Conflict` when the document has been erased meanwhile.
        """
        states = [s for s in lifecycle.sources(Event.RETRY) if numbers is not None or s is not DeliveryState.CANCELED]
        with self._operation(job_id, by, "job-retry") as (connection, now):
            job = visible(jobs.find_job(connection, job_id), job_id, by)
            if job.document_erased:
                raise Conflict("the document of this job has been erased: send it again as a new job")
            deadline = max(job.deadline or 0, now + self._rules.deadline_seconds)
            turn = turns.next_turn(connection, job.sender, RANKS[job.priority], job.priority)
            last = turn + job.counts.total
            jobs.set_flags(connection, job_id, canceled=False, held=False, deadline=deadline, last_turn=last)
            changed = deliveries.retry(connection, job_id, states, numbers, now, turn)
            if not changed:  # inside the transaction: what is refused changes nothing
                raise Conflict("no delivery of this job has failed: there is nothing to send again")
            if job.held:
                turns.line_up(connection, job_id, now)
                deliveries.release_held(connection, job_id, now)
            stops.hold_stopped(connection, job_id, now)
            lanes.reopen(connection, deliveries.destinations_waiting(connection, job_id, numbers), suspended=True)
        self._wake()
        return self._answer(job_id, by, changed, 0, numbers, "sent again", "")

    @contextmanager
    def _operation(self, job_id: str, by: Actor, action: str) -> Iterator[tuple[sa.Connection, float]]:
        """One transaction on one job: its row is locked first and its counts are brought in line at the end."""
        now = self._clock()
        with self._database.begin() as connection:
            stops.lock_stops(connection, shared=True)
            jobs.lock_jobs(connection, [job_id], now)
            visible(jobs.find_job(connection, job_id), job_id, by)
            if by.role == "receiver":
                raise Forbidden(f"{by.name} may look at jobs, not change them")
            yield connection, now
            jobs.recount(connection, [job_id], derive, now)
            audit.record(connection, now, by.name, action, job_id, by.note)

    def _answer(
        self, job_id: str, by: Actor, changed: int, asked: int, numbers: Sequence[int] | None, *words: str
    ) -> Answer:
        job = self.get(job_id, by)
        concerned = job.counts.total if numbers is None else len(numbers)
        left = max(0, concerned - changed - asked)
        return Answer(job, changed, asked, left, _sentence(changed, words[0], asked, words[1]))


_NUMBERS_UP = ", ".join(map(str, NUMBERS_UP))


def derive(counts: Counts, held: bool, canceled: bool) -> tuple[JobState, tuple[str, ...]]:
    """`lifecycle.derive_job_state` in the form that the store calls."""
    return lifecycle.derive_job_state(counts, held=held, canceled=canceled)


def _view(new: jobs.NewJob) -> JobView:
    """The job as it is the moment it is written."""
    asked, counts = new.submission, Counts(pending=len(new.planned))
    state, reasons = derive(counts, asked.hold, False)
    return JobView(
        id=new.id,
        title=asked.title,
        sender=new.sender,
        state=state,
        reasons=reasons,
        priority=asked.priority,
        options=asked.options,
        groups=new.chosen,
        counts=counts,
        documents=asked.documents,
        keep=asked.keep,
        held=asked.hold,
        document_erased=False,
        created=new.created,
        updated=new.created,
        not_before=asked.not_before,
        deadline=new.deadline,
        ended=None,
    )


def _check(submission: Submission, now: float) -> None:
    if not submission.documents:
        raise BadRequest("there is no document in this job: add a file")
    if not (submission.groups or submission.destinations or submission.addressed):
        raise BadRequest("name at least one group or destination")
    if not 1 <= submission.options.copies <= 999:
        raise BadRequest("copies must be between 1 and 999")
    _check_pages(submission)
    if submission.deadline is not None and submission.deadline <= max(now, submission.not_before or 0):
        raise BadRequest("the deadline is before the job could start")
    farthest = now + FARTHEST_SECONDS
    if max(submission.not_before or 0, submission.deadline or 0) > farthest:  # also what no calendar can show
        raise BadRequest("a job cannot wait for more than ten years: choose nearer times")
    if len(submission.title) > 255:
        raise BadRequest("the title is longer than 255 characters")
    if any(ord(c) < 0x20 or c == "\x7f" for c in submission.title):
        raise BadRequest("the title contains a control character")


def _check_pages(submission: Submission) -> None:
    options = submission.options
    try:
        check_page_ranges(options.page_ranges)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if options.number_up not in NUMBERS_UP:
        raise BadRequest(f"{options.number_up} pages do not go on a side: choose one of {_NUMBERS_UP}")
    if not options.count_sides(submission.documents):
        pages = sum(document.pages for document in submission.documents)
        there = "there is 1 page in all" if pages == 1 else f"there are {pages} pages in all"
        raise BadRequest(f"none of the chosen pages ({format_page_ranges(options.page_ranges)}) is there: {there}")


def visible(job: JobView | None, job_id: str, by: Actor) -> JobView:
    """The job that was found. Raises `NotFound` when there is none, and when `by` may see only their own."""
    if job is None or (by.role not in SEES_ALL and job.sender != by.name):
        raise NotFound(f"there is no job {job_id}")
    return job


def _sentence(changed: int, done: str, asked: int, rest: str) -> str:
    words = f"{changed} {'delivery' if changed == 1 else 'deliveries'} {done}"
    return f"{words}; {asked} {rest}" if asked and rest else words
