"""What may be asked about jobs; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from distserver.errors import NotFound
from distserver.jobs.service import SEES_ALL, visible
from distserver.model.jobs import Actor, AttemptView, DeliveryView, JobView
from distserver.model.states import JobState
from distserver.store import deliveries, jobs, overview, ways
from distserver.store.database import Database

OVERLAP_SECONDS = 5.0
"""A change is seen up to this long after the time that it carries: who asks for changes since then goes back so far."""


class JobQuery:
    """Reads for API, board and command line. A sender sees their own jobs, operators and administrators all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self, by: Actor, *, limit: int = 50, before: str | None = None, states: Sequence[JobState] = ()
    ) -> list[JobView]:
        """Newest first; `before` is the id of the last job of the page before."""
        with self._database.read() as connection:
            sender = None if by.role in SEES_ALL else by.name
            return jobs.list_jobs(connection, limit=limit, before=before, sender=sender, states=states)

    def failed_since(self, by: Actor, since: float, *, limit: int) -> Sequence[JobView]:
        """Jobs that ended since then with a failed delivery, the newest first."""
        with self._database.read() as connection:
            sender = None if by.role in SEES_ALL else by.name
            return overview.failed_since(connection, since, sender=sender, limit=limit)

    def device_reasons(self, job_ids: Sequence[str]) -> overview.Troubles:
        """What devices under way say of themselves, for jobs that the asker has been given."""
        if not job_ids:
            return {}
        with self._database.read() as connection:
            return overview.device_reasons(connection, job_ids)

    def get(self, job_id: str, by: Actor) -> JobView:
        """Raises `NotFound`, also for a job that `by` may not see."""
        with self._database.read() as connection:
            return visible(jobs.find_job(connection, job_id), job_id, by)

    def deliveries(
        self, job_id: str, by: Actor, *, changed_since: float | None = None, after: int = 0, limit: int = 10_000
    ) -> Sequence[DeliveryView]:
        """Deliveries in the order of their numbers, from the one after `after`; only those changed since, if given."""
        self.get(job_id, by)
        with self._database.read() as connection:
            return deliveries.list_deliveries(connection, job_id, changed_since=changed_since, after=after, limit=limit)

    def delivery(self, job_id: str, number: int, by: Actor) -> tuple[DeliveryView, Sequence[AttemptView]]:
        """One delivery and its attempts, oldest first."""
        self.get(job_id, by)
        with self._database.read() as connection:
            found = deliveries.find_delivery(connection, job_id, number)
            attempts = deliveries.list_attempts(connection, job_id, number)
        if found is None:
            raise NotFound(f"job {job_id} has no delivery {number}")
        return found, attempts

    def find_way(self, title: str) -> frozenset[str]:
        """Files of the groups through which a job with this title has come back to this server; see `store.ways`."""
        if not ways.names_delivery(title):
            return frozenset()
        with self._database.read() as connection:
            return ways.find_way(connection, title)
