"""Jobs on their way in by IPP: numbered at once, submitted when their last document is there (SPEC N1).

Whatever has been answered is on the disk: a job that was created stays so over restarts, and its documents too. When a
client says nothing more for too long, the job is aborted: half a broadcast is none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

import sqlalchemy as sa

from distserver.errors import (
    BadRequest,
    Conflict,
    DistserverError,
    Forbidden,
    NotFound,
    QuotaExceeded,
    StoreUnavailable,
)
from distserver.jobs.acceptance import Also
from distserver.jobs.quotas import Meter
from distserver.jobs.service import SEES_ALL, JobService
from distserver.model.documents import Document
from distserver.model.jobs import Actor, JobView, Submission
from distserver.store import ipp_jobs, jobs
from distserver.store.database import Database
from distserver.store.ipp_jobs import ABORTED, CANCELED, OPEN, SUBMITTED, IppJobRow, Selection
from distserver.store.spool import Spool, Upload

log = logging.getLogger(__name__)

MOST_DOCUMENTS = 100
LIMIT_REACHED = "account-limit-reached"
"""The job-state-reason of PWG 5100.11 for a job that its sender's quota does not allow."""
TIMED_OUT = "the client sent no further document and did not close the job"


@dataclass(frozen=True, slots=True)
class IppJob:
    """A job by its number. `job` is None until it is submitted; `documents` are those that have come."""

    row: IppJobRow
    job: JobView | None
    documents: tuple[Document, ...]

    @property
    def open(self) -> bool:
        """Further documents may come."""
        return self.row.state == OPEN

    @property
    def ended(self) -> bool:
        return self.row.ended is not None or (self.job is not None and self.job.state.ended)


AlsoOf = Callable[[sa.Connection, int], None]
"""Writes what belongs to a new job into the transaction that makes it; given the job's number."""


@dataclass(frozen=True, slots=True)
class NewIppJob:
    """What a client asks for: at which printer (its path), under which title, with which job attributes (encoded), and
    what else comes with it."""

    printer: str
    title: str
    request: bytes
    also_of: AlsoOf = lambda *_: None


@dataclass(frozen=True, slots=True)
class Made:
    """The submission that an IPP job becomes; `uploads` are of documents that the job has besides those that came."""

    submission: Submission
    uploads: tuple[Upload, ...] = ()


Make = Callable[[IppJobRow, tuple[Document, ...]], Made]
"""Makes it."""


class Incoming:
    """All of them. `clock` is in seconds since the epoch."""

    def __init__(self, database: Database, spool: Spool, service: JobService, clock: Callable[[], float]) -> None:
        self._database = database
        self._spool = spool
        self._service = service
        self._clock = clock

    def create(self, new: NewIppJob, by: Actor) -> IppJob:
        """Create-Job: a number, and nothing else yet. Raises `NoSpace`, and `QuotaExceeded` when no job is left."""
        self._spool.check_space()
        self._service.meter(by)
        with self._database.begin() as connection:
            number = ipp_jobs.insert_ipp_job(connection, self._values(new, by, OPEN))
            new.also_of(connection, number)
        return self.get(number, by)

    def print(self, new: NewIppJob, upload: Upload, document: Document, make: Make, by: Actor) -> IppJob:
        """Print-Job: number and job in one."""
        now = self._clock()
        row = IppJobRow(
            0, new.printer, None, SUBMITTED, "", "", by.name, by.role, new.title, new.request, now, now, None
        )
        numbers: list[int] = []

        def also(connection: sa.Connection, job_id: str) -> None:
            values = self._values(new, by, SUBMITTED) | {"job_id": job_id}
            numbers.append(ipp_jobs.insert_ipp_job(connection, values))
            new.also_of(connection, numbers[-1])

        job = self._submit(make(row, (document,)), by, also, upload)
        return IppJob(replace(row, number=numbers[-1], job_id=job.id), job, job.documents)

    def add_document(self, number: int, upload: Upload, document: Document, by: Actor) -> IppJob:
        """One more document for an open job. Raises `Conflict` when it is not open any more."""
        try:
            with self._spool.guard(shared=True):
                upload.keep()
                self._record_document(number, document, by)
        except DistserverError:
            self._erase((document.digest,))
            raise
        return self.get(number, by)

    def _record_document(self, number: int, document: Document, by: Actor) -> None:
        with self._database.begin() as connection:
            self._open(connection, number, by)
            there = ipp_jobs.documents_of(connection, number)
            if len(there) >= MOST_DOCUMENTS:
                raise Conflict(f"a job has {MOST_DOCUMENTS} documents at most")
            ipp_jobs.insert_document(connection, number, len(there) + 1, document)
            ipp_jobs.change_ipp_job(connection, number, touched=self._clock())

    def close(self, number: int, make: Make, by: Actor) -> IppJob:
        """No further document comes: the job is submitted, or, when it cannot be, aborted. One that was closed before
        stays as it is."""
        found = self.get(number, by)
        if not found.open:
            return found
        try:
            return self._close(found, make, by)
        except Conflict:
            found = self.get(number, by)
            if found.open:
                raise
            return found  # somebody else has closed it in this very instant

    def _close(self, found: IppJob, make: Make, by: Actor) -> IppJob:
        number = found.row.number
        if not found.documents:
            self._end(number, by, ABORTED, "aborted-by-system", "the job was closed without a document")
            return self.get(number, by)

        def also(connection: sa.Connection, job_id: str) -> None:
            self._open(connection, number, by)
            ipp_jobs.change_ipp_job(connection, number, state=SUBMITTED, job_id=job_id, touched=self._clock())
            ipp_jobs.drop_documents(connection, number)

        try:
            made = make(found.row, found.documents)
            promised = replace(made, submission=replace(made.submission, promised=True))
            with self._within_quota(number, by):
                self._submit(promised, by, also)
        except (BadRequest, Forbidden, NotFound) as error:  # it never will be a job
            self.abort(number, by, str(error))
            raise
        return self.get(number, by)

    def meter(self, by: Actor, number: int | None = None) -> Meter:
        """What watches a document on its way: for a new job, or for an open one, which is aborted when it is more than
        its sender may send. Raises `QuotaExceeded`."""
        if number is None:
            return self._service.meter(by)
        stored = sum(document.size for document in self.get(number, by).documents)
        with self._within_quota(number, by):
            watch = self._service.meter(by, stored=stored)

        def tell(size: int) -> None:
            with self._within_quota(number, by):
                watch(size)

        return tell

    @contextmanager
    def _within_quota(self, number: int, by: Actor) -> Iterator[None]:
        """Half a broadcast is none: a job that its sender's quota does not allow is aborted."""
        try:
            yield
        except QuotaExceeded as error:
            self.abort(number, by, str(error), LIMIT_REACHED)
            raise

    def cancel(self, number: int, by: Actor) -> IppJob:
        """Raises `Conflict` when it has ended already."""
        found = self.get(number, by)
        if found.ended:
            raise Conflict(f"job {number} has ended already")
        if found.job is not None:
            self._service.cancel(found.job.id, by)
        else:
            self._end(number, by, CANCELED, "job-canceled-by-user", "")
        return self.get(number, by)

    def abort(self, number: int, by: Actor, words: str, reason: str = "aborted-by-system") -> None:
        """Its document cannot be had; no error when it is not open any more."""
        try:
            self._end(number, by, ABORTED, reason, words)
        except (Conflict, NotFound):
            log.debug("ipp-job-ended", {"number": number})

    def hold(self, number: int, by: Actor) -> IppJob:
        """Raises `Conflict` for one that has ended or still comes in."""
        self._service.hold(self._submitted(number, by).id, by)
        return self.get(number, by)

    def release(self, number: int, by: Actor) -> IppJob:
        """Also one that waits for its time starts now. Raises `Conflict` for one that is not held."""
        job = self._submitted(number, by)
        if not job.held and (job.not_before or 0.0) <= self._clock():
            raise Conflict(f"job {number} is not held")
        self._service.release(job.id, by, at_once=True)
        return self.get(number, by)

    def get(self, number: int, by: Actor) -> IppJob:
        """Raises `NotFound`, also for a job that `by` may not see."""
        with self._database.read() as connection:
            row = ipp_jobs.find_ipp_job(connection, number)
            if row is None or not _sees(row, by):
                raise NotFound(f"there is no job {number}")
            return complete(connection, row)

    def list(self, which: Selection, by: Actor, *, mine: bool) -> list[IppJob]:
        """Those that are chosen: everybody's for operators, their own for others."""
        if mine or by.role not in SEES_ALL:
            which = replace(which, sender=by.name)
        with self._database.read() as connection:
            return [complete(connection, row) for row in ipp_jobs.list_ipp_jobs(connection, which)]

    def list_all(self, which: Selection, by: Actor, *, mine: bool) -> Iterator[IppJob]:
        """The same beyond the limit, page by page, by number: ended ones are not chosen alone."""
        while page := self.list(which, by, mine=mine):
            yield from page
            which = replace(which, first=page[-1].row.number + 1)

    def expire(self, seconds: float) -> int:
        """Abort open jobs whose client has said nothing for so long; how many there were."""
        with self._database.read() as connection:
            late = ipp_jobs.overdue(connection, self._clock() - seconds)
        for number in late:
            self.abort(number, _HOUSE, TIMED_OUT)
            log.info("ipp-job-timed-out", {"number": number})
        return len(late)

    def _submit(self, made: Made, by: Actor, also: Also, *uploads: Upload) -> JobView:
        with ExitStack() as stack:
            for upload in made.uploads:
                stack.enter_context(upload)
            return self._service.submit(made.submission, by, [*made.uploads, *uploads], also)

    def _values(self, new: NewIppJob, by: Actor, state: str) -> dict[str, object]:
        now = self._clock()
        return {
            "printer": new.printer,
            "state": state,
            "sender": by.name,
            "role": by.role,
            "title": new.title,
            "request": new.request,
            "created": now,
            "touched": now,
        }

    def _open(self, connection: sa.Connection, number: int, by: Actor) -> IppJobRow:
        row = ipp_jobs.find_ipp_job(connection, number, lock=True)
        if row is None or not _sees(row, by):
            raise NotFound(f"there is no job {number}")
        if row.state != OPEN:
            raise Conflict(f"job {number} takes no document any more")
        return row

    def still_open(self, numbers: Iterable[int]) -> set[int]:
        """Those of `numbers` for which further documents may come."""
        with self._database.read() as connection:
            return ipp_jobs.open_among(connection, numbers)

    def _end(self, number: int, by: Actor, state: str, reason: str, words: str) -> None:
        with self._database.begin() as connection:
            self._open(connection, number, by)
            there = ipp_jobs.documents_of(connection, number)
            values = {"state": state, "reason": reason, "message": words, "ended": self._clock()}
            ipp_jobs.change_ipp_job(connection, number, **values)
            ipp_jobs.drop_documents(connection, number)
        self._erase(document.digest for document in there)

    def _erase(self, digests: Iterable[str]) -> None:
        """What no job needs is erased at once; while others are storing, it is left to the sweep of the spool."""
        wanted = set(digests)
        if not wanted:
            return
        with suppress(StoreUnavailable), self._spool.guard(shared=False):
            with self._database.read() as connection:
                unneeded = jobs.unneeded_digests(connection, wanted)
            for digest in unneeded:
                self._spool.erase_document(digest)

    def _submitted(self, number: int, by: Actor) -> JobView:
        found = self.get(number, by)
        if found.ended:
            raise Conflict(f"job {number} has ended already")
        if found.job is None:
            raise Conflict(f"job {number} waits for its documents")
        return found.job


_HOUSE = Actor("distserver", "operator")


def _sees(row: IppJobRow, by: Actor) -> bool:
    return by.role in SEES_ALL or row.sender == by.name


def complete(connection: sa.Connection, row: IppJobRow) -> IppJob:
    """The job behind its number."""
    if row.job_id is None:
        return IppJob(row, None, ipp_jobs.documents_of(connection, row.number))
    job = jobs.find_job(connection, row.job_id)
    return IppJob(row, job, job.documents if job is not None else ())
