"""What keeps deliveries moving when a process has died (SPEC N4): sign of life, reaper, sweeper, cancel requests.

The engine's open core takes up work of a dead process only at a launch under the same executor id. Here every worker
says that it is alive, takes over what dead ones left, and looks for batches that nobody carries.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dbos import WorkflowStatus

from distserver.engine.queue import APPLICATION, EngineQueue, queue_of
from distserver.errors import LaterError
from distserver.jobs.ledger import Ledger
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import BatchRef
from distserver.model.states import Priority
from distserver.store import deliveries, executors
from distserver.store.database import Database
from distserver.store.executors import Executor

log = logging.getLogger(__name__)

_REAP_EVERY = 3.0
_SWEEP_EVERY = 5.0
_TIDY_EVERY = 300.0
_OVERDUE_SECONDS = 20.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between signs of life, of a lease, and how long ended jobs stay."""

    beat: float
    lease: float
    ended_job_days: float


class Guardian:
    """One thread of a worker. `tell_canceled` and `tell_lost` hand keys of deliveries to the event loop."""

    def __init__(
        self, database: Database, queue: EngineQueue, ledger: Ledger, upkeep: Upkeep, executor_id: str, rhythm: Rhythm
    ) -> None:
        self._database = database
        self._queue = queue
        self._ledger = ledger
        self._upkeep = upkeep
        self._id = executor_id
        self._rhythm = rhythm
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guardian", daemon=True)
        self._last: dict[str, float] = {}
        self.tell_canceled: Callable[[list[int]], None] = lambda keys: None
        self.tell_lost: Callable[[set[int]], None] = lambda keys: None
        self.on_lost: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Enter this worker into the list of those alive, take over from the dead, and keep watch."""
        now = time.time()
        with self._database.begin() as connection:
            executors.insert_executor(connection, Executor(self._id, socket.gethostname(), os.getpid(), now, now))
        self._reap(now)
        self._thread.start()

    def stop(self) -> None:
        """End the watch; what this worker still holds may be taken over at once."""
        self._stop.set()
        self._thread.join(timeout=10)
        with self._database.begin() as connection:
            deliveries.expire_leases(connection, self._id)

    def _run(self) -> None:
        while not self._stop.wait(self._rhythm.beat / 2):
            try:
                self._watch(time.time())
            except LaterError as error:
                log.warning("store-unavailable error=%s", error)
            except Exception:
                log.exception("guardian-broke")

    def _watch(self, now: float) -> None:
        self._beat(now)
        with self._database.read() as connection:
            wanted = deliveries.cancel_requests(connection, self._id)
        if wanted:
            self.tell_canceled(wanted)
        if self._due("reap", now, _REAP_EVERY):
            self._reap(now)
        if self._due("sweep", now, _SWEEP_EVERY):
            self._sweep(now)
        if self._due("tidy", now, _TIDY_EVERY):
            self._tidy(now)

    def _due(self, what: str, now: float, every: float) -> bool:
        if abs(now - self._last.get(what, 0.0)) < every:
            return False
        self._last[what] = now
        return True

    def _beat(self, now: float) -> None:
        with self._database.begin() as connection:
            alive = executors.beat(connection, self._id, now)
            lost = deliveries.renew(connection, self._id, self._ledger.held_keys(), now + self._rhythm.lease)
        if lost:
            self.tell_lost(lost)
        if not alive:
            self.on_lost()

    def _reap(self, now: float) -> None:
        """Find workers that died, free what they held, and have their batches carried by others."""
        with self._database.read() as connection:
            known = executors.list_executors(connection)
        dead = [one for one in known if one.id != self._id and self._is_dead(one, now)]
        for one in dead:
            with self._database.begin() as connection:
                executors.mark_reaped(connection, one.id)
                deliveries.expire_leases(connection, one.id)
            log.info("worker-reaped executor=%s", one.id)
        self._resume_stuck({one.id for one in known} - {one.id for one in dead})

    def _is_dead(self, one: Executor, now: float) -> bool:
        if one.host == socket.gethostname() and not _process_exists(one.pid):
            return True
        return abs(now - one.beat) > self._rhythm.lease

    def _resume_stuck(self, alive: set[str]) -> None:
        """Give the batches of workers that are not alive back to their queue: it leads to the next free worker."""
        for priority in (Priority.URGENT, Priority.NORMAL):
            name = queue_of(priority)
            stuck = [
                one.workflow_id
                for one in self._workflows(status="PENDING", queue_name=name)
                if one.executor_id not in alive
            ]
            if stuck:
                self._queue.client.resume_workflows(stuck, queue_name=name)
                log.info("batches-resumed queue=%s count=%d", name, len(stuck))

    def _workflows(self, **which: Any) -> list[WorkflowStatus]:
        return self._queue.client.list_workflows(
            application_name=APPLICATION, load_input=False, load_output=False, **which
        )

    def _sweep(self, now: float) -> None:
        self._upkeep.expire_deadlines(now)
        lost = self._without_carrier(self._upkeep.overdue_batches(now - _OVERDUE_SECONDS))
        if lost:
            log.warning("batches-lost count=%d", len(lost))
            with self._database.begin() as connection:
                self._queue.enqueue(connection, lost, 0.0)
        self._upkeep.erase_documents(now)

    def _without_carrier(self, overdue: Sequence[BatchRef]) -> list[BatchRef]:
        """Those that are neither in a queue nor under way."""
        prefixes = {f"{batch.job_id}-{batch.number}-": batch for batch in overdue}
        if not prefixes:
            return []
        present = self._workflows(status=["ENQUEUED", "PENDING", "DELAYED"], workflow_id_prefix=list(prefixes))
        carried = {one.workflow_id.rpartition("-")[0] + "-" for one in present}
        return [batch for prefix, batch in prefixes.items() if prefix not in carried]

    def _tidy(self, now: float) -> None:
        self._upkeep.sweep_spool(now)
        self._upkeep.forget_jobs(now - self._rhythm.ended_job_days * _DAY)
        with self._database.begin() as connection:
            executors.forget_executors(connection, now - _DAY)
        ended = self._workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - _DAY)),
            limit=1000,
        )
        if ended:
            self._queue.client.delete_workflows([one.workflow_id for one in ended])


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
