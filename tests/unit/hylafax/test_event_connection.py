"""The connection on which a server tells its events (EPRT): closed whatever becomes of the request for them."""

from __future__ import annotations

import asyncio

import pytest

from distwire.hylafax import HylaFaxConnection, HylaFaxRefused, Login
from tests.support.scripted_hfaxd import run_scripted


class RefusingServer:
    """Connects where it is told to, and then says that it tells nothing."""

    def __init__(self) -> None:
        self.told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session."""
        writer.write(b"220 ready\r\n")
        data: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while line := await reader.readline():
            if line.startswith(b"EPRT"):
                port = int(line.split(b"|")[3])
                data = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.sleep(0.05)  # until it is taken there
            refused = line.startswith(b"SITE")
            writer.write(b"500 no events\r\n" if refused else b"230 yes\r\n")
        writer.close()
        if data is not None:
            self.told.set_result(await data[0].read())
            data[1].close()


async def test_connection_of_refused_events_is_closed() -> None:
    server = RefusingServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    session = await HylaFaxConnection.open(Login("127.0.0.1", listening.sockets[0].getsockname()[1]))
    with pytest.raises(HylaFaxRefused):
        await session.watch("J*")
    await session.close()
    async with asyncio.timeout(60):
        assert await server.told == b""
    listening.close()


async def test_door_for_events_is_open_to_the_server_alone() -> None:
    calls: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def call(port: str, host: str) -> None:
        calls.append(await asyncio.open_connection("127.0.0.1", int(port), local_addr=(host, 0)))
        await asyncio.sleep(0.05)  # until it is taken there

    async def hear(command: str) -> None:
        if command.startswith("EPRT"):
            for host in ("127.0.0.2", "127.0.0.1"):
                await call(command.split("|")[3], host)

    script = {"SITE": "150 Trigger installed"}
    async with asyncio.timeout(60), run_scripted(script) as server, server.session() as session:
        server.hear = hear
        stream = await session.watch("J*")
        (stranger, _), (_, writer) = calls
        assert await stranger.read() == b"", "turned away"
        writer.write(b"062048 126 JOB 7 (dest 1): COMPLETED\n")
        assert (await stream.next()).job == 7
        await stream.close()
        for _, one in calls:
            one.close()
