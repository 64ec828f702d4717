"""Carrying a batch: claim what may go, carry it out side by side, come back for the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from distserver.deliver.contract import Deferred, Outcome
from distserver.engine.outcomes import record
from distserver.engine.queue import EngineQueue
from distserver.engine.steps import STEPS
from distserver.engine.work import Kit, Work
from distserver.errors import LaterError
from distserver.jobs.ledger import Standing
from distserver.model.jobs import BatchRef
from distserver.model.states import OutcomeKind, Reason
from distserver.store import deliveries
from distserver.store.database import Database

log = logging.getLogger(__name__)

_CLAIM_AGAIN_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 600.0


class BatchRunner:
    """Carries batches of deliveries; `limit` deliveries at once over all batches of this worker."""

    def __init__(
        self, kit: Kit, database: Database, queue: EngineQueue, limit: int, clock: Callable[[], float]
    ) -> None:
        self._kit = kit
        self._database = database
        self._queue = queue
        self._clock = clock
        self._free = limit
        self.stopping = False

    async def run(self, batch: BatchRef, size: int, turn: int) -> None:
        """Carry the batch as far as it goes now, and give what is left back to the engine for later.

        `turn` counts how often it was given back. Returns when nothing of the batch is under way in this call.
        """
        running: set[asyncio.Task[None]] = set()
        moved = False
        while True:
            room = 0 if self.stopping else min(size - len(running), self._free)
            if room > 0:
                for standing in await self._claim(batch, room, busy=bool(running)):
                    moved = True
                    running.add(self._start(standing))
            if not running:
                break
            _, running = await asyncio.wait(running, timeout=_CLAIM_AGAIN_SECONDS)
        await asyncio.to_thread(self._database.patiently, self._give_back, batch, 0 if moved else turn + 1)

    async def _claim(self, batch: BatchRef, room: int, *, busy: bool) -> list[Standing]:
        """More of the batch. While some of it is `busy` on its way, a database that is away takes nothing from them."""
        try:
            return await self._kit.ledger.claim(batch, room)
        except LaterError as error:
            if not busy:
                raise
            log.warning("claim-failed job=%s batch=%d error=%s", batch.job_id, batch.number, error)
            return []

    def _start(self, standing: Standing) -> asyncio.Task[None]:
        """Carry it in a task of its own, which counts among those under way until it ends, whoever waits for it."""
        self._free -= 1
        standing.carrier = asyncio.create_task(self._carry(standing))
        standing.carrier.add_done_callback(self._count_end)
        return standing.carrier

    def _count_end(self, task: asyncio.Task[None]) -> None:
        self._free += 1
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery-unrecorded error=%r", error, exc_info=error)

    async def _carry(self, standing: Standing) -> None:
        work = Work(self._kit, standing)
        outcome = await self._outcome(work)
        claimed = standing.claimed
        log.info(
            "delivery-ended delivery=%s attempt=%d outcome=%s reason=%s destination=%s",
            claimed.id,
            claimed.attempt,
            type(outcome).__name__.lower(),
            getattr(outcome, "reason", ""),
            claimed.destination.address.uri,
        )
        await record(work, outcome)

    async def _outcome(self, work: Work) -> Outcome:
        """The outermost loop of a delivery: whatever goes wrong in our own code ends this attempt, not the worker."""
        try:
            for step in STEPS:
                outcome = await step(work)
                if outcome is not None:
                    return outcome
        except Exception as error:
            log.exception("delivery-broke delivery=%s", work.standing.claimed.id)
            reason = Reason.UNCERTAIN if work.standing.uncertain else Reason.INTERRUPTED
            return Deferred(OutcomeKind.OURS, reason, f"an error of the server itself: {error}")
        raise AssertionError("the last step answers an outcome")

    def _give_back(self, batch: BatchRef, turn: int) -> None:
        with self._database.begin() as connection:
            left, due = deliveries.batch_left(connection, batch)
            if left:
                self._queue.give_back(connection, batch, self._clock(), self._delay(due, turn), turn)

    def _delay(self, due: float | None, turn: int) -> float:
        """Seconds until the batch is worth a look; what is due but blocked by others is looked at ever more rarely."""
        blocked = 0.25 * float(1 << min(turn, 4))
        until = blocked if due is None else max(blocked, due - self._clock())
        return min(_LONGEST_WAIT_SECONDS, until)
