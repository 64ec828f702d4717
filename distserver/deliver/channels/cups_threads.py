"""Calls of libcups in threads: it blocks, and its connections belong to the thread that made them.

A few threads for each server, so that one that hangs holds up nobody else. A call that outlasts its patience is left to
itself: its thread is a daemon, gives its result to nobody, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import cups

from distserver.deliver.channels.cups_place import Server
from distwire.ipp.connecting import connect_socket
from distwire.ipp.failures import TimedOut, UnknownHost, Unreachable
from distwire.ipp.names import Names

THREADS = 4
_LOOK = 0.5

Work = Callable[[Any, "Pulse"], Any]


class Pulse:
    """What a call and whoever waits for it tell each other: that it moves, how far it came, that it is to stop."""

    def __init__(self) -> None:
        self.moved = time.monotonic()
        self.begun = False
        self.whole = False
        self.stop = threading.Event()

    def beat(self) -> None:
        """Something went over the wire just now."""
        self.moved = time.monotonic()


class CupsThread:
    """One thread with one connection to one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._work: queue.SimpleQueue[tuple[Work, Pulse, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._connection: Any = None
        self._secret_told = False
        threading.Thread(target=self._run, name=f"cups-{server.host or 'local'}", daemon=True).start()

    @property
    def connected(self) -> bool:
        """Whether a connection is kept."""
        return self._connection is not None

    def submit(self, work: Work, pulse: Pulse) -> asyncio.Future[Any]:
        """Have `work(connection, pulse)` called in the thread."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._work.put((work, pulse, future))
        return future

    def end(self) -> None:
        """Let the thread end when it has done what it is at."""
        self._work.put(None)

    def _run(self) -> None:
        # Both belong to the thread. libcups compares the queue's own address with this one, so it must know the port.
        cups.setPasswordCB(self._tell_secret)
        if self._server.host:
            cups.setServer(self._server.name)
        while (task := self._work.get()) is not None:
            work, pulse, future = task
            try:
                self._secret_told = False
                pulse.beat()
                result = work(self._connect(), pulse)
            except Exception as error:  # noqa: BLE001 - outermost loop of the thread: it all goes to who waits
                self._connection = None
                _settle(future, error, None)
            else:
                _settle(future, None, result)
            del task, work, future
        self._connection = None

    def _connect(self) -> Any:
        if self._connection is None:
            encryption = cups.HTTP_ENCRYPT_REQUIRED if self._server.encrypted else cups.HTTP_ENCRYPT_IF_REQUESTED
            try:
                self._connection = cups.Connection(encryption=encryption)
            except RuntimeError as error:
                raise Unreachable(f"the CUPS server at {cups.getServer()} gives no connection") from error
        return self._connection

    def _tell_secret(self, _prompt: str) -> str:
        """Once a call; asked again, the password was wrong, and an empty one gives up."""
        if self._secret_told or self._server.secret is None:
            return ""
        self._secret_told = True
        return self._server.secret


class CupsThreads:
    """The threads of one worker, for all servers."""

    def __init__(self) -> None:
        self._idle: dict[Server, list[CupsThread]] = defaultdict(list)
        self._free: dict[Server, asyncio.Semaphore] = {}
        self._names = Names()

    async def call(self, server: Server, work: Work, *, connect: float, idle: float) -> Any:
        """Run `work` and answer its result or raise its error; `TimedOut` after `idle` seconds without a pulse.

        `Unreachable` when nobody listens there within `connect` seconds.
        """
        async with self._free.setdefault(server, asyncio.Semaphore(THREADS)):
            thread = self._idle[server].pop() if self._idle[server] else CupsThread(server)
            pulse = Pulse()
            try:
                if not thread.connected:
                    await knock(server, self._names, connect)
                result = await _wait(thread.submit(work, pulse), pulse, idle)
            except BaseException:
                pulse.stop.set()
                thread.end()
                raise
            self._idle[server].append(thread)
            return result

    def close(self) -> None:
        """End all threads that wait for work."""
        for threads in self._idle.values():
            for thread in threads:
                thread.end()
        self._idle.clear()


async def knock(server: Server, names: Names, patience: float) -> None:
    """See whether somebody listens there: libcups itself would wait half a minute. Raises `Unreachable`."""
    host = server.host or cups.getServer()
    port = server.port if server.host else cups.getPort()
    try:
        async with asyncio.timeout(patience):
            if host.startswith("/"):
                _, writer = await asyncio.open_unix_connection(host)
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            else:
                (await connect_socket(names, host, port)).close()
    except TimeoutError as error:
        raise Unreachable(f"the CUPS server at {host} does not answer") from error
    except (socket.gaierror, UnicodeError) as error:
        raise UnknownHost(host) from error
    except OSError as error:
        why = getattr(error, "strerror", None) or error
        raise Unreachable(f"no CUPS server at {host}: {why}") from error


async def _wait(future: asyncio.Future[Any], pulse: Pulse, idle: float) -> Any:
    while True:
        done, _ = await asyncio.wait({future}, timeout=_LOOK)
        if done:
            return future.result()
        if time.monotonic() - pulse.moved > idle:
            error = TimedOut("the CUPS server stopped answering", begun=pulse.begun)
            error.whole = pulse.whole
            raise error


def _settle(future: asyncio.Future[Any], error: Exception | None, result: object) -> None:
    """Give the result to the loop that waits, if it still does."""

    def give() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    with contextlib.suppress(RuntimeError):
        future.get_loop().call_soon_threadsafe(give)
