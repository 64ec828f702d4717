"""A worker process: dispatcher and guardian started, the bell listened to, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import secrets
import signal
import socket
from collections.abc import Callable
from typing import Any

from distserver.engine.dispatch import Dispatcher
from distserver.engine.guardian import Guardian
from distserver.engine.probes import Prober
from distserver.errors import LaterError, TakenForDead
from distserver.jobs.ledger import Ledger
from distserver.store.wake import Listener

log = logging.getLogger(__name__)

_GRACE_SECONDS = 15.0


def new_executor_id() -> str:
    """Unique to this start of this process: two living ones with one id would send everything twice."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"


class Worker:
    """What one process carries deliveries with."""

    def __init__(
        self,
        ledger: Ledger,
        dispatcher: Dispatcher,
        prober: Prober,
        guardian: Guardian,
        listener: Listener,
        end_transfers: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._prober = prober
        self._guardian = guardian
        self._listener = listener
        self._end_transfers = end_transfers

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Carry deliveries until SIGTERM or SIGINT. `ready` is called once work can begin."""
        _open_many_files()
        asyncio.run(self._run_and_leave(ready))

    async def _run_and_leave(self, ready: Callable[[], None]) -> None:
        """What is still open is on the disk and is taken over: nobody waits for threads, one of which may be waiting
        for the database, and that without end."""
        await self._run(ready)
        logging.shutdown()
        os._exit(0)

    async def _run(self, ready: Callable[[], None]) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, done.set)
        self._guardian.tell_canceled = lambda keys: _hand_over(loop, self._ledger.mark_canceled, keys)
        self._ledger.on_written = lambda task: self._note_end(task, done) if _broke(task) else None
        self._guardian.on_moved = self._dispatcher.wake
        self._guardian.on_lost = lambda: _hand_over(loop, self._lose_all, done)
        await asyncio.to_thread(self._guardian.start)
        self._listener.start()
        log.info("worker-ready")
        ready()
        dispatching, probing = asyncio.create_task(self._dispatcher.run()), asyncio.create_task(self._prober.run())
        for task in (dispatching, probing):
            task.add_done_callback(lambda ended: self._note_end(ended, done))
        await done.wait()
        await self._wind_up(probing)

    def _note_end(self, task: asyncio.Task[None], done: asyncio.Event) -> None:
        """A worker that carries nothing any more must not go on saying that it is alive: the supervisor starts another.
        One that is taken for dead may hear of it here first."""
        error = task.exception() if _broke(task) else None
        if isinstance(error, TakenForDead):
            self._guardian.give_up()
        elif error is not None:
            log.error("worker-broke", {"error": repr(error)}, exc_info=error)
        done.set()

    def _lose_all(self, done: asyncio.Event) -> None:
        self._ledger.lose_all()
        done.set()

    async def _wind_up(self, probing: asyncio.Task[None]) -> None:
        """Take nothing new, let short things end, leave the rest to the next worker."""
        log.info("worker-stopping", {"under_way": self._dispatcher.under_way})
        self._listener.stop()
        self._dispatcher.stop()
        self._end_transfers()
        probing.cancel()
        await self._dispatcher.drain(_GRACE_SECONDS)
        with contextlib.suppress(TimeoutError, LaterError):  # else others find it dead
            async with asyncio.timeout(_GRACE_SECONDS):
                await asyncio.to_thread(self._guardian.stop)


def _open_many_files() -> None:
    """Hundreds of deliveries at once have a connection and a document each: take what the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _broke(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is not None


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[[Any], None], argument: Any) -> None:
    loop.call_soon_threadsafe(call, argument)
