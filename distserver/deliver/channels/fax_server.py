"""A HylaFAX server as all deliveries of a worker share it: one session for what is asked, one for what it tells.

A document is brought once for all its jobs (STOT); the server keeps it as long as the session lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from distserver.deliver.channels.fax_document import read_parts
from distwire.hylafax import (
    Event,
    EventStream,
    HylaFaxConnection,
    HylaFaxError,
    HylaFaxRefused,
    JobTicket,
    JobView,
    Login,
    Transfer,
)

_AGAIN_SECONDS = 1.0
_DOUBTED_SECONDS = 60.0
_TRIGGER = "J*S*"

_MISREAD = "invalid or corrupted job description"
_SUBMIT_PAUSES = (0.3, 1.0)
"""Seconds until a job that the scheduler could not read is handed over again."""


class FaxServer:
    """Connects when it is first needed, and again after the connection was lost."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._opening = asyncio.Lock()
        self._session: HylaFaxConnection | None = None
        self._documents: dict[tuple[Path, int], str] = {}
        self._seen: tuple[float, list[JobView]] = (0.0, [])
        self._listeners: dict[int, set[asyncio.Queue[Event]]] = defaultdict(set)
        self._hearing: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()
        self._failed = -_DOUBTED_SECONDS

    @property
    def name(self) -> str:
        """As it stands in `remote_id`."""
        return f"{self.login.host}:{self.login.port}"

    def failed_lately(self) -> bool:
        """It did not answer not long ago: others are asked first."""
        return time.monotonic() - self._failed < _DOUBTED_SECONDS

    async def knock(self) -> None:
        """See whether it answers. Raises `HylaFaxError`."""
        try:
            async with self._use() as session:
                await session.command("NOOP")
        except HylaFaxError:
            self._failed = time.monotonic()
            raise
        self._failed = -_DOUBTED_SECONDS

    async def create_job(self, source: Path, first: int, make: Callable[[str], JobTicket]) -> int:
        """A job with the pages of `source` from `first` (0) on, which does not run yet. `make` is given the name under
        which the server has them. Raises `HylaFaxError`, OSError, `DamagedTiff`.
        """
        async with self._use() as session:
            name = self._documents.get((source, first))
            if name is None:
                name = await session.store(read_parts(source, first))
                self._documents[source, first] = name
            return await session.create(make(name))

    async def submit(self, job: int) -> None:
        """Let it run. Raises `HylaFaxError`.

        The scheduler calls a job damaged that it could not read in this moment, as two jobs come at once: the same job
        is handed over again, which cannot make two of it.
        """
        for patience in (*_SUBMIT_PAUSES, None):
            try:
                async with self._use() as session:
                    await session.submit(job)
            except HylaFaxRefused as error:
                if patience is None or _MISREAD not in str(error):
                    raise
                await asyncio.sleep(patience)
            else:
                return

    async def drop(self, job: int) -> None:
        """Forget a job that was not submitted; one that is gone already is as good."""
        with contextlib.suppress(HylaFaxError):
            async with self._use() as session:
                await session.delete(job)

    async def kill(self, job: int) -> None:
        """Stop it, also in its call; one that has ended is as good. Raises `HylaFaxError`."""
        with contextlib.suppress(HylaFaxRefused):
            async with self._use() as session:
                await session.kill(job)

    async def find_job(self, tag: str, number: int | None = None) -> JobView | None:
        """The job with this tag (and number), running or ended. Raises `HylaFaxError`."""
        jobs = await self.list_jobs()
        return next((job for job in jobs if job.tag == tag and number in (None, job.id)), None)

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
        self._listeners[job].add(queue)
        self._begin_hearing()
        try:
            yield queue
        finally:
            self._listeners[job].discard(queue)
            if not self._listeners[job]:
                del self._listeners[job]

    async def start_hearing(self) -> None:
        """Have the events begin before a job is submitted; without them its deliveries look by themselves."""
        self._begin_hearing()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.login.connect):
                await self._heard.wait()

    async def close(self) -> None:
        """End both sessions."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
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

    def _begin_hearing(self) -> None:
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        """Pass events on until the channel is closed; begin anew when they break off."""
        while True:
            session: HylaFaxConnection | None = None
            try:
                session = await HylaFaxConnection.open(self.login)
                stream = await session.watch(_TRIGGER)
                try:
                    self._heard.set()
                    self._tell_all()
                    await self._pass_on(stream)
                finally:
                    await stream.close()
            except HylaFaxError:
                self._heard.clear()
                self._tell_all()
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                if session is not None:
                    await session.close()

    async def _pass_on(self, stream: EventStream) -> None:
        while True:
            event = await stream.next()
            for queue in self._listeners.get(event.job or -1, ()):
                queue.put_nowait(event)

    def _tell_all(self) -> None:
        for queues in self._listeners.values():
            for queue in queues:
                queue.put_nowait(Event(0, None, ""))
