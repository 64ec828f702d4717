"""The connection on which a server tells its events (EPRT): closed whatever becomes of the request for them."""

from __future__ import annotations

import asyncio

import pytest

from distwire.hylafax import HylaFaxConnection, HylaFaxRefused, Login


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
    async with asyncio.timeout(10):
        assert await server.told == b""
    listening.close()
