"""What a HylaFAX server tells by itself, passed on to the deliveries of a worker that listen to their jobs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from distwire.hylafax import JOB_EVENTS, MISSED, Event, EventStream, HylaFaxConnection, HylaFaxError, Login

_AGAIN_SECONDS = 1.0


class FaxEar:
    """Has a session of its own once somebody listens, and again after it was lost. An event without a job says that
    some may have been missed."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._listeners: dict[int, set[asyncio.Queue[Event]]] = defaultdict(set)
        self._hearing: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    def listen(self, job: int, queue: asyncio.Queue[Event]) -> None:
        """Have what is told of a job come to this queue, until it leaves."""
        self._listeners[job].add(queue)

    def leave(self, job: int | None, queue: asyncio.Queue[Event]) -> None:
        """Hear no more of it."""
        if job is None:
            return
        self._listeners[job].discard(queue)
        if not self._listeners[job]:
            del self._listeners[job]

    def begin(self) -> None:
        """Have the events come."""
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear())

    async def begin_surely(self) -> None:
        """Have the events begin before a job is submitted; where the server cannot tell them, as through a firewall,
        its deliveries look by themselves, and only the first waits for that."""
        self.begin()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._login.connect):
                await self._tried.wait()

    async def close(self) -> None:
        """End the session."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)

    async def _hear(self) -> None:
        """Pass events on until the channel is closed; begin anew when they break off."""
        while True:
            with contextlib.suppress(HylaFaxError):
                async with contextlib.AsyncExitStack() as stack:
                    stream = await self._open(stack)
                    self._tell_all()
                    try:
                        await self._pass_on(stream)
                    finally:
                        self._tried.clear()
            self._tell_all()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _open(self, stack: contextlib.AsyncExitStack) -> EventStream:
        """The events; `stack` closes them and their session. Raises `HylaFaxError`."""
        try:
            session = await HylaFaxConnection.open(self._login)
            stack.push_async_callback(session.close)
            stream = await session.watch(JOB_EVENTS)
            stack.push_async_callback(stream.close)
            return stream
        finally:
            self._tried.set()

    async def _pass_on(self, stream: EventStream) -> None:
        while True:
            event = await stream.next()
            for queue in self._listeners.get(event.job or -1, ()):
                queue.put_nowait(event)

    def _tell_all(self) -> None:
        for queues in self._listeners.values():
            for queue in queues:
                queue.put_nowait(Event(MISSED, None, ""))
