"""A call in a thread that a coroutine waits for, with one word from the thread to the loop and nothing beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")


async def run_in_thread(executor: Executor, call: Callable[[], T]) -> T:
    """What `call` answers or raises. A thread cannot be stopped: who is cancelled hears of it when the call has ended,
    or when cancelled once more. Raises RuntimeError when the executor takes nothing any more."""
    end = _End()
    called = executor.submit(call)
    called.add_done_callback(end.tell)
    try:
        await end.wait()
    except asyncio.CancelledError:
        await end.wait()
        raise
    return called.result()


class _End:
    """Of a call. A future of the loop is ended by who waits for it and is cancelled; this one is not."""

    __slots__ = ("_loop", "_there", "_waiter")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._there = False

    def tell(self, _: Future[T]) -> None:
        """In the thread: it is there."""
        self._loop.call_soon_threadsafe(self._arrive)

    async def wait(self) -> None:
        """Until it is there."""
        if not self._there:
            self._waiter = self._loop.create_future()
            await self._waiter

    def _arrive(self) -> None:
        self._there = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
