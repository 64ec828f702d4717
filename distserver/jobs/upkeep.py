"""What happens to jobs by themselves: deadlines pass, documents are erased, old receipts are forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from distserver.jobs import lifecycle
from distserver.jobs.copies import LocalCopies
from distserver.jobs.counting import count_group
from distserver.jobs.lifecycle import Event
from distserver.jobs.service import derive
from distserver.model.documents import Document
from distserver.model.states import Queue
from distserver.store import claims, counters, deliveries, fax_calls, ipp_jobs, jobs, lanes, notices, quotas
from distserver.store.choice import Limits
from distserver.store.database import Database
from distserver.store.spool import Spool

log = logging.getLogger(__name__)

_ORPHAN_SECONDS = 3600.0


class Upkeep:
    """Runs in every worker; each call is safe beside the same call elsewhere. Times are in seconds.

    `discard` removes the renditions of a set of documents; `copies` is for a machine with a spool of its own.
    """

    def __init__(
        self,
        database: Database,
        spool: Spool,
        discard: Callable[[Sequence[Document]], None],
        keep_failed: float,
        copies: LocalCopies | None = None,
    ) -> None:
        self._database = database
        self._spool = spool
        self._discard = discard
        self._keep_failed = keep_failed
        self._copies = copies

    def expire_deadlines(self, now: float) -> int:
        """Give up what still waits in jobs past their deadline; how many jobs there were."""
        with self._database.read() as connection:
            found = deliveries.expired(connection, now)
        return sum(self._give_up(job_id, now) for job_id in found)

    def _give_up(self, job_id: str, now: float) -> bool:
        """False when it has more time by now: somebody has sent again what failed."""
        with self._database.begin() as connection:
            job = jobs.hold_jobs(connection, [job_id]).get(job_id)
            if job is None or job.deadline is None or job.deadline >= now:
                return False
            values = {
                "state": lifecycle.target(Event.GIVE_UP),
                "queue": Queue.NONE,
                "reason": deliveries.DEADLINE_REASON,
                "ended": now,
                "updated": now,
            }
            waiting = lifecycle.sources(Event.GIVE_UP)
            numbers = None if job.own_deadline else deliveries.find_unpaused(connection, job_id)
            reasons = deliveries.count_reasons(connection, job_id, waiting, deliveries.DEADLINE_REASON, numbers)
            deliveries.change(connection, job_id, waiting, values, numbers)
            jobs.recount(connection, [job_id], derive, now)
            counters.add(connection, count_group(lifecycle.target(Event.GIVE_UP), reasons))
        log.info("job-deadline", {"job": job_id})
        return True

    def erase_documents(self, now: float) -> int:
        """Erase the documents of jobs that have ended (SPEC D4), unless the sender asked to keep them.

        Where a delivery failed or was canceled they stay for a while, so that it can be sent again. Answers how many
        jobs' went.
        """
        with self._database.read() as connection:
            ended = jobs.erasable_jobs(connection, now - self._keep_failed)
            documents = jobs.documents_of(connection, ended)
        if not ended:  # the guard is not for looking: who is stopped with it keeps all senders waiting
            return 0
        with self._spool.guard(shared=False):
            with self._database.begin() as connection:
                marked, unneeded = jobs.mark_erased(connection, ended)
            for digest in unneeded:
                self._spool.erase_document(digest)
        for job_id in marked:
            if any(document.digest in unneeded for document in documents.get(job_id, ())):
                self._discard(documents[job_id])
        if marked:
            log.info("documents-erased", {"jobs": len(marked), "files": len(unneeded)})
        return len(marked)

    def erase_copies(self) -> None:
        """Erase on this machine what another one has found to be over."""
        if self._copies is not None:
            self._copies.erase()

    def sweep_spool(self, now: float) -> None:
        """Remove broken uploads and stored documents that no job knows, when they are an hour old."""
        self._spool.sweep_incoming(now - _ORPHAN_SECONDS)
        with self._spool.guard(shared=False):
            old = {digest for digest, at in self._spool.stored_documents() if at < now - _ORPHAN_SECONDS}
            for batch in _pieces(sorted(old), 500):
                with self._database.read() as connection:
                    unneeded = jobs.unneeded_digests(connection, set(batch))
                for digest in unneeded:
                    self._spool.erase_document(digest)

    def bring_back_stranded(self, limits: Limits) -> int:
        """What waits for a destination that is free: whoever freed it died before it could say so."""
        with self._database.begin() as connection:
            self._database.lock_claims(connection)
            return claims.unpark_idle(connection, limits)

    def shift_times(self, seconds: float) -> None:
        """The clock has jumped by so much: what waits, waits as long as it would have; so do deadlines."""
        with self._database.begin() as connection:
            jobs.shift_deadlines(connection, seconds)
            deliveries.shift_times(connection, seconds)
            lanes.shift_times(connection, seconds)

    def forget_jobs(self, ended_before: float) -> None:
        """Delete old receipts, jobs of IPP that never became any, and what was said of destinations before then."""
        with self._database.begin() as connection:
            jobs.forget_jobs(connection, ended_before)
            ipp_jobs.forget_unsubmitted(connection, ended_before)
            notices.forget_notices(connection, ended_before)
            quotas.forget_uses(connection, ended_before)
            fax_calls.forget(connection, ended_before)


def _pieces(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
