"""A worker process: the engine launched, batches carried, a guardian beside them, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS, DBOSPortableJSONSerializer

from distserver.engine.batch import BatchRunner
from distserver.engine.guardian import Guardian
from distserver.engine.queue import APPLICATION, QUEUE, SHAPE, URGENT_QUEUE, WORKFLOW
from distserver.engine.work import Kit
from distserver.model.jobs import BatchRef
from distserver.model.states import Priority
from distserver.store.database import Database

log = logging.getLogger(__name__)

_GRACE_SECONDS = 15.0


def new_executor_id() -> str:
    """Unique to this start of this process: two living ones with one id would send everything twice."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class Slots:
    """How many batches of urgent and of other jobs a worker carries at once, and deliveries in a batch."""

    urgent: int
    others: int
    batch_size: int


class Worker:
    """The engine's side of one process. There is one in a process: the engine keeps global state."""

    def __init__(
        self, database: Database, kit: Kit, runner: BatchRunner, guardian: Guardian, executor_id: str, slots: Slots
    ) -> None:
        self._database = database
        self._kit = kit
        self._runner = runner
        self._guardian = guardian
        self._id = executor_id
        self._slots = slots
        self._done = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = 0

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Carry deliveries until SIGTERM or SIGINT. `ready` is called once work can begin."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._done.set())
        self._launch()
        self._guardian.tell_canceled = self._tell_canceled
        self._guardian.tell_lost = self._tell_lost
        self._guardian.on_lost = self._done.set
        self._guardian.start()
        log.info("worker-ready executor=%s", self._id)
        ready()
        self._done.wait()
        self._wind_up()

    def _launch(self) -> None:
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._database.engine_url,
                "system_database_engine": self._database.engine if self._database.sqlite else None,
                "executor_id": self._id,
                "application_version": SHAPE,
                "serializer": DBOSPortableJSONSerializer(),
                "run_migrations": False,
                "sys_db_pool_size": 20,
                "max_executor_threads": 8,
                "log_level": "ERROR",
            }
        )

        @DBOS.workflow(name=WORKFLOW)
        async def send_batch(job_id: str, number: int, priority: str, turn: int) -> None:
            self._loop = asyncio.get_running_loop()
            self._running += 1
            try:
                await self._runner.run(BatchRef(job_id, number, Priority(priority)), self._slots.batch_size, turn)
            finally:
                self._running -= 1

        DBOS.launch()
        for name, count, poll in ((QUEUE, self._slots.others, 0.2), (URGENT_QUEUE, self._slots.urgent, 0.1)):
            DBOS.register_queue(name, worker_concurrency=count, polling_interval_sec=poll, on_conflict="always_update")

    def _tell_canceled(self, keys: list[int]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._kit.ledger.mark_canceled, keys)

    def _tell_lost(self, keys: set[int]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._kit.ledger.lose, keys)

    def _wind_up(self) -> None:
        """Take nothing new, let short things end, leave the rest to the next worker."""
        log.info("worker-stopping executor=%s", self._id)
        self._runner.stopping = True
        until = time.monotonic() + _GRACE_SECONDS
        while self._running and self._kit.ledger.held_keys() and time.monotonic() < until:
            time.sleep(0.05)
        self._guardian.stop()
        # What is still open is on the disk and is taken over: no waiting for the engine's own threads.
        logging.shutdown()
        os._exit(0)
