"""Speaks hfaxd's protocol as a test tells it: lies, garbage, silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from distwire.hylafax import HylaFaxConnection, Login

Carry = Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_USUAL = {
    "USER": "230 User logged in.",
    "EPSV": "229 Entering Extended Passive Mode (|||{port}|)",
    "STOT": "150 FILE: /tmp/doc1.tif (Opening new data connection).",
    "LIST": "150 Opening new data connection.",
    "RETR": "150 Opening new data connection.",
    "JNEW": "200 New job created: jobid: 7 groupid: 7.",
}


@dataclass
class ScriptedHfaxd:
    """`answers` says what it answers to commands that begin so, instead of what is usual; `commands` is what it was
    told. `carry` works each connection for data, given the command that it is for; once it returns, that connection is
    closed and 226 said."""

    answers: Mapping[str, str]
    carry: Carry
    commands: list[str] = field(default_factory=list)
    hear: Callable[[str], Awaitable[None]] | None = None
    port: int = 0
    data_port: int = 0
    _begun: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _done: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def session(self, idle: float = 60.0) -> AsyncIterator[HylaFaxConnection]:
        """One that is logged in."""
        opened = await HylaFaxConnection.open(self.login(idle))
        try:
            yield opened
        finally:
            await opened.close()

    def login(self, idle: float = 60.0) -> Login:
        return Login("127.0.0.1", self.port, connect=5.0, idle=idle)

    def told(self, start: str) -> list[str]:
        """The commands that begin so."""
        return [one for one in self.commands if one.startswith(start)]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one session."""
        self._remember()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            writer.write(b"220 fake server (HylaFAX) ready.\r\n")
            while line := await reader.readline():
                command = line.decode().strip()
                self.commands.append(command)
                if self.hear is not None:
                    await self.hear(command)
                writer.write(self._answer(command).encode() + b"\r\n")
                if command.startswith(("STOT", "LIST", "RETR")):
                    self._begun.put_nowait(command)
                    await self._done.get()
                    writer.write(b"226 Transfer complete.\r\n")
                await writer.drain()
        writer.close()

    async def take_data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection for data."""
        self._remember()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self.carry(await self._begun.get(), reader, writer)
        writer.close()
        self._done.put_nowait(None)

    async def end(self) -> None:
        """End what still goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _remember(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)

    def _answer(self, command: str) -> str:
        found = [said for start, said in {**_USUAL, **self.answers}.items() if command.startswith(start)]
        return (found[-1] if found else "200 Done.").format(port=self.data_port)


async def drink(_command: str, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take all that comes."""
    while await reader.read(1 << 16):
        pass


@contextlib.asynccontextmanager
async def run_scripted(answers: Mapping[str, str], carry: Carry = drink) -> AsyncIterator[ScriptedHfaxd]:
    """Start one on loopback."""
    made = ScriptedHfaxd(answers, carry)
    control = await asyncio.start_server(made.take, "127.0.0.1", 0)
    data = await asyncio.start_server(made.take_data, "127.0.0.1", 0, limit=1024)
    made.port, made.data_port = (one.sockets[0].getsockname()[1] for one in (control, data))
    try:
        yield made
    finally:
        control.close()
        data.close()
        await made.end()
