"""Stands between a channel and hfaxd, and kills hfaxd (and starts it anew) at one step of their dialogue, once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.support.hylafax import HylaFax


class Broker:
    """`step` is the beginning of a command; hfaxd dies `before` it has heard it, or after it has done it, when its
    answer is lost. `struck` says that it has happened."""

    def __init__(self, hylafax: HylaFax, step: str, *, before: bool) -> None:
        self._hylafax = hylafax
        self._step = step.encode()
        self._before = before
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.struck = False
        self.port = 0

    @property
    def server(self) -> str:
        """As the option `server=` has it."""
        return f"hylafax://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one session."""
        try:
            theirs, to_server = await asyncio.open_connection("127.0.0.1", self._hylafax.port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, to_server}
        back = asyncio.create_task(_carry(theirs, writer))
        self._tasks.add(back)
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                strikes = not self.struck and line.startswith(self._step)
                if strikes and self._before:
                    await self._strike()
                    break
                if strikes:
                    back.cancel()  # what it answers to this is lost
                to_server.write(line)
                await to_server.drain()
                if strikes:
                    await asyncio.sleep(0.5)
                    await self._strike()
                    break
        for one in (to_server, writer):
            one.close()
        back.cancel()

    async def _strike(self) -> None:
        self.struck = True
        await asyncio.to_thread(self._hylafax.kill_server)
        await asyncio.to_thread(self._hylafax.start_server)

    async def close(self) -> None:
        """End what still goes on."""
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def run_broker(hylafax: HylaFax, step: str, *, before: bool) -> AsyncIterator[Broker]:
    """Start a broker before this HylaFAX."""
    broker = Broker(hylafax, step, before=before)
    server = await asyncio.start_server(broker.take, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        await broker.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
