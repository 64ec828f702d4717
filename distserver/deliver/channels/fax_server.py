"""A HylaFAX server as all deliveries of a worker share it: one session for what is asked, one for what it tells.

A document is brought once for all its jobs (STOT); the server keeps it as long as the session lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from distserver.deliver.channels.fax_document import open_parts
from distserver.deliver.channels.fax_ear import FaxEar
from distserver.deliver.channels.fax_order import FaxOrder
from distserver.deliver.channels.fax_place import read_made
from distwire.hylafax import (
    Event,
    HylaFaxConnection,
    HylaFaxError,
    HylaFaxLost,
    HylaFaxRefused,
    JobView,
    Login,
    Transfer,
)
from distwire.tiff import DamagedTiff

_DOUBTED_SECONDS = 60.0

MOST_DOCUMENTS = 32
"""That a server keeps for us, beside those that its jobs have."""
GATHER_SECONDS = 0.3
"""Jobs to one number that are let run together ride one call: so long a job waits for others before it may run."""


class FaxServer:
    """Connects when it is first needed, and again after the connection was lost."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._opening = asyncio.Lock()
        self._session: HylaFaxConnection | None = None
        self._documents: dict[tuple[Path, int], str] = {}
        self._seen: tuple[float, list[JobView]] = (0.0, [])
        self._ear = FaxEar(login)
        self._orders: dict[str, list[FaxOrder]] = {}
        self._handing: set[asyncio.Task[None]] = set()
        self._knocking: asyncio.Task[HylaFaxError | None] | None = None
        self._failed = -_DOUBTED_SECONDS

    @property
    def name(self) -> str:
        """As it stands in `remote_id`."""
        return self.login.place

    def failed_lately(self) -> bool:
        """It did not answer not long ago: others are asked first."""
        return time.monotonic() - self._failed < _DOUBTED_SECONDS

    async def knock(self) -> None:
        """See whether it answers; all who do so at the same time share one answer, for a server that is silent costs
        each of them a minute. Raises `HylaFaxError`."""
        if self._knocking is None or self._knocking.done():
            self._knocking = asyncio.create_task(self._knock())
        error = await asyncio.shield(self._knocking)
        if error is not None:
            raise error

    async def _knock(self) -> HylaFaxError | None:
        kept = self._session is not None
        try:
            try:
                await self._greet()
            except HylaFaxLost:
                if not kept:
                    raise
                await self._greet()  # servers hang up on who was silent for long (IdleTimeout of hfaxd.conf(5F))
        except HylaFaxError as error:
            self._failed = time.monotonic()
            return error
        self._failed = -_DOUBTED_SECONDS
        return None

    async def _greet(self) -> None:
        async with self._use() as session:
            await session.command("NOOP")

    @contextlib.asynccontextmanager
    async def hand_over(self, order: FaxOrder) -> AsyncIterator[None]:
        """Have the job run, along with those to its number that come in these moments; what is told of it comes to
        `order.events` as long as the block runs. `order.job` stays None where `may_go` forbids it. Raises
        `HylaFaxError`, OSError, `DamagedTiff`; a job that has a number by then may run.
        """
        if order.number not in self._orders:
            orders: list[FaxOrder] = []
            self._orders[order.number] = orders
            task = asyncio.create_task(self._hand_over_all(order.number))
            self._handing.add(task)
            task.add_done_callback(partial(self._end_handing, order.number, orders))
        self._orders[order.number].append(order)
        try:
            await order.handed
            yield
        finally:
            self._ear.leave(order.job, order.events)

    async def _hand_over_all(self, number: str) -> None:
        """Make all jobs before the first runs, and nothing else in between: to look at another job, hfaxd forgets any
        of those that it keeps, and with it what was said of one that does not run yet."""
        await asyncio.sleep(GATHER_SECONDS)
        orders = self._orders.pop(number)
        async with self._use() as session:
            for order in orders:
                await self._make(session, order)
            for order in orders:
                await self._let_run(session, order)
            await self._forget_documents(session)

    def _end_handing(self, number: str, orders: list[FaxOrder], task: asyncio.Task[None]) -> None:
        """Answer those to whom nothing was said yet: nobody else would."""
        self._handing.discard(task)
        if self._orders.get(number) is orders:  # it was ended before it began
            del self._orders[number]
        for order in orders:
            if order.handed.cancelled():
                self._ear.leave(order.job, order.events)
            elif task.cancelled():
                order.handed.cancel()
            else:
                order.answer(task.exception())

    async def _make(self, session: HylaFaxConnection, order: FaxOrder) -> None:
        """A job that does not run yet, where it may go and nothing is wrong with it. Raises `HylaFaxError` of a session
        that is lost."""
        if order.handed.done():  # nobody waits for it any more
            return
        if not order.may_go():
            order.answer()
            return
        try:
            job = await session.create(order.make(await self._bring(session, order)))
        except (HylaFaxRefused, OSError, DamagedTiff) as error:
            order.answer(error)
            return
        order.job = job
        self._ear.listen(job, order.events)

    async def _bring(self, session: HylaFaxConnection, order: FaxOrder) -> str:
        """The name of the document at the server, which has it once for all its jobs."""
        name = self._documents.get((order.source, order.first))
        if name is None:
            async with open_parts(order.source, order.first) as parts:
                name = await session.store(parts)
            self._documents[order.source, order.first] = name
        return name

    async def _forget_documents(self, session: HylaFaxConnection) -> None:
        """Begin a new session where this one has many: hfaxd lets nobody remove them before its end, and a session may
        live for weeks. Jobs have links of their own to theirs."""
        if len(self._documents) > MOST_DOCUMENTS:
            await session.close()

    async def _let_run(self, session: HylaFaxConnection, order: FaxOrder) -> None:
        """Unless it may not go any more: to bring the documents of others may have taken a while. Raises `HylaFaxError`
        of a session that is lost."""
        if order.job is None:
            return
        try:
            if order.handed.done() or not order.may_go():
                job, order.job = order.job, None
                self._ear.leave(job, order.events)
                await session.delete(job)
            else:
                await session.submit(order.job)
        except HylaFaxRefused as error:
            order.answer(error)
        else:
            order.answer()

    async def kill(self, job: int) -> None:
        """Stop it, also in its call; one that has ended is as good. Raises `HylaFaxError`."""
        with contextlib.suppress(HylaFaxRefused):
            async with self._use() as session:
                await session.kill(job)

    async def find_job(self, is_meant: Callable[[JobView], bool]) -> JobView | None:
        """The job that is meant, running or ended; of several the one made last. Raises `HylaFaxError`."""
        return max(filter(is_meant, await self.list_jobs()), key=lambda job: read_made(job.tag), default=None)

    async def list_jobs(self) -> list[JobView]:
        """All of them; those who ask at the same time share one answer. Raises `HylaFaxError`."""
        asked = time.monotonic()
        async with self._use() as session:
            if self._seen[0] < asked:
                began = time.monotonic()
                # A job goes from sendq to doneq, never back: looked for in this order, none slips through.
                self._seen = began, [*await session.list_jobs("sendq"), *await session.list_jobs("doneq")]
            return self._seen[1]

    async def read_facts(self, job: int) -> dict[str, str]:
        """What the server has written of an ended job (sendq(5F)); nothing where it may not be read."""
        try:
            async with self._use() as session:
                lines = await session.read_text(f"/doneq/q{job}")
        except HylaFaxRefused:
            return {}
        return dict(line.partition(":")[::2] for line in lines if ":" in line)

    async def find_calls(self, tag: str) -> list[Transfer]:
        """All calls for a tag that the server's log has. Raises `HylaFaxError`: most let no client read it."""
        async with self._use() as session:
            return await session.find_transfers(tag)

    async def read_call(self, call: str) -> list[str]:
        """The log of a call; nothing where it may not be read."""
        if not call.isdigit():
            return []
        try:
            async with self._use() as session:
                return await session.read_text(f"/log/c{call}")
        except HylaFaxRefused:
            return []

    @contextlib.asynccontextmanager
    async def listen(self, job: int) -> AsyncIterator[asyncio.Queue[Event]]:
        """What the server tells of a job from now on; an event without a job says that some may have been missed."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._ear.listen(job, queue)
        self._ear.begin()
        try:
            yield queue
        finally:
            self._ear.leave(job, queue)

    async def start_hearing(self) -> None:
        """See `FaxEar.begin_surely`."""
        await self._ear.begin_surely()

    async def close(self) -> None:
        """End both sessions."""
        tasks = [*self._handing, *filter(None, [self._knocking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._ear.close()
        if self._session is not None:
            await self._session.close()

    @contextlib.asynccontextmanager
    async def _use(self) -> AsyncIterator[HylaFaxConnection]:
        """The session, for one task at a time."""
        async with self._opening:
            if self._session is None or self._session.lost:
                self._documents.clear()
                self._session = await HylaFaxConnection.open(self.login)
            session = self._session
            try:
                yield session
            except HylaFaxRefused:
                raise
            except BaseException:  # in the middle of a dialogue: nobody could go on with it
                await session.close()
                raise
