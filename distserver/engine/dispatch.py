"""The dispatcher of a worker: claims what may go whenever there is room, and carries it out side by side (SPEC D4, N4).

There is no queue beside the rows: what is to be done is what the deliveries' rows say. The dispatcher looks at them
when the bell rings (a job was sent in), when a delivery has ended, when the next time has come, and once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from dataclasses import dataclass

from distserver.deliver.contract import Deferred, Outcome
from distserver.engine.outcomes import record
from distserver.engine.steps import STEPS
from distserver.engine.waiting import Waiting
from distserver.engine.work import Kit, Work, name_delivery
from distserver.errors import LaterError
from distserver.jobs.standing import Standing
from distserver.model.states import OutcomeKind, Reason

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
_OVERDUE_SECONDS = 0.25  # what should have come up and did not is locked by somebody: no need to ask without a pause
_FILES = 8
"""One delivery that lasts for so many files that the process may open: each may have a connection and a document."""


@dataclass(frozen=True, slots=True)
class Room:
    """Deliveries that a worker has under way at once; `urgent` more for urgent jobs, which so never wait for others.

    One that takes longer than `brief` seconds is waiting for its device and costs next to nothing: it takes no room
    from the others any more. `lasting` bounds how many such there are.
    """

    deliveries: int = 256
    urgent: int = 64
    lasting: int = 2048
    brief: float = 2.0


_BREATH_SECONDS, _SHORT_BREATH_SECONDS = 0.1, 0.05
"""Between looks; the short one where a delivery has ended, so that its device does not stand idle. What comes in after
a rest goes at once; of many, those of a breath are taken together."""


class Dispatcher:
    """Carries deliveries. `wake` may be called from any thread of the process, the rest belongs to one event loop."""

    def __init__(self, kit: Kit, room: Room) -> None:
        self._kit = kit
        self._room = room
        self._running: set[asyncio.Task[None]] = set()
        self._lasting: set[asyncio.Task[None]] = set()
        self._most_lasting = room.lasting
        self._bell = asyncio.Event()
        self._freed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        kit.ledger.on_end = self._free

    @property
    def under_way(self) -> int:
        """How many deliveries it carries."""
        return len(self._running)

    def wake(self) -> None:
        """There may be something to do. A worker that has ended hears nothing."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Carry deliveries until `stop`."""
        self._loop = asyncio.get_running_loop()
        self._most_lasting = min(self._room.lasting, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // _FILES)
        while not self._stopping:
            self._bell.clear()
            self._freed.clear()
            pause = LOOK_SECONDS
            try:
                pause = await self._look()
            except LaterError as error:
                log.warning("claim-failed", {"error": str(error)})
            looked = self._loop.time()
            if pause > 0 and not self._stopping:
                await self._listen(self._bell, pause)
                await asyncio.sleep(looked + _SHORT_BREATH_SECONDS - self._loop.time())
                await self._listen(self._freed, looked + _BREATH_SECONDS - self._loop.time())

    def stop(self) -> None:
        """Take nothing new. For the loop's own thread."""
        self._stopping = True
        self._free()

    async def drain(self, seconds: float) -> None:
        """Wait for what is under way, but not longer."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _look(self) -> float:
        """Take what may go; seconds until the next look if nothing happens before, 0 when there is more to take."""
        due = await self._kit.ledger.bring_back()
        lasting = min(len(self._lasting), self._most_lasting)
        free = self._room.deliveries - (len(self._running) - lasting)
        urgent = free + self._room.urgent
        if urgent > 0:
            standings, more = await self._kit.ledger.claim(free, urgent)
            for standing in standings:
                self._start(standing)
            if more:
                return 0.0
        if due is None:
            return LOOK_SECONDS
        left = due - self._kit.clock()
        return min(LOOK_SECONDS, max(0.01, left)) if left > -_OVERDUE_SECONDS else _OVERDUE_SECONDS

    def _free(self) -> None:
        """Something has ended: there may be room at its destination."""
        self._bell.set()
        self._freed.set()

    async def _listen(self, heard: asyncio.Event, seconds: float) -> None:
        """Until it is heard, or the time is over."""
        handle = asyncio.get_running_loop().call_later(seconds, heard.set)
        await heard.wait()
        handle.cancel()

    def _start(self, standing: Standing) -> None:
        """Carry it in a task of its own, which counts among those under way until it ends, whoever waits for it."""
        task = asyncio.create_task(self._carry(standing))
        standing.carrier = task
        self._running.add(task)
        linger = asyncio.get_running_loop().call_later(self._room.brief, self._set_aside, task)
        task.add_done_callback(lambda _: linger.cancel())
        task.add_done_callback(lambda ended: self._end(ended, standing))

    def _set_aside(self, task: asyncio.Task[None]) -> None:
        """It takes long: make room for another."""
        self._lasting.add(task)
        self._bell.set()

    def _end(self, task: asyncio.Task[None], standing: Standing) -> None:
        self._running.discard(task)
        self._lasting.discard(task)
        self._free()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery-unrecorded", name_delivery(standing.claimed), exc_info=error)
            self._kit.ledger.abandon(standing)

    async def _carry(self, standing: Standing) -> None:
        work = Work(self._kit, standing)
        outcome = await self._outcome(work)
        facts = {"outcome": type(outcome).__name__.lower(), "reason": str(getattr(outcome, "reason", ""))}
        log.info("delivery-tried", {**name_delivery(standing.claimed), **facts})
        await record(work, outcome)

    async def _outcome(self, work: Work) -> Outcome | Waiting:
        """The outermost loop of a delivery: whatever goes wrong in our own code ends this attempt, not the worker."""
        try:
            for step in STEPS:
                outcome = await step(work)
                if outcome is not None:
                    return outcome
        except Exception as error:
            log.exception("delivery-broke", name_delivery(work.standing.claimed))
            reason = Reason.UNCERTAIN if work.standing.uncertain else Reason.INTERRUPTED
            return Deferred(OutcomeKind.OURS, reason, f"an error of the server itself: {error}")
        raise AssertionError("the last step answers an outcome")
