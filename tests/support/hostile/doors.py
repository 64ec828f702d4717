"""Ports that are shut: closed, so that the system refuses, or full, so that nothing comes back (Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from tests.support.hostile.script import Door, Shut
from tests.support.hostile.wire import Factory


class OwnPort:
    """A printer's own port on the loopback interface. It keeps its number whether it is open or shut."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._socket = _bind(0)
        self._server: asyncio.Server | None = None
        self._fillers: list[socket.socket] = []
        self._opening: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Its number."""
        return int(self._socket.getsockname()[1])

    async def set(self, door: Door | None) -> None:
        """Shut it like this, or (None) open it."""
        port = self.port
        self.close()
        self._socket = _bind(port)
        if door is None:
            await self._open()
            return
        if door.shut is Shut.BLACK_HOLE:
            self._fill()
        if door.seconds is not None:
            self._opening = asyncio.get_running_loop().call_later(door.seconds, self._open_later)

    def close(self) -> None:
        """Give the port back."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        if self._server is not None:
            self._server.close()
            self._server = None
        self._socket.close()

    def _open_later(self) -> None:
        task = asyncio.ensure_future(self._open())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._factory, sock=self._socket, backlog=128)

    def _fill(self) -> None:
        """Listen with no room at all: what does not fit into the queue is dropped without a word."""
        self._socket.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._fillers.append(filler)


def _bind(port: int) -> socket.socket:
    """A socket that has the port, but does not listen: the system answers for it that the connection is refused."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    made.bind(("127.0.0.1", port))
    return made
