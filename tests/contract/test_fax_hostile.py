"""The fax channel and servers that hang up, stop taking, or are named no more (SPEC N4). What they say is RFC 959's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from distserver.deliver.channels.fax import FaxChannel
from distserver.deliver.channels.fax_order import FaxOrder
from distserver.deliver.channels.fax_server import FaxServer
from distserver.deliver.contract import Completed, Target, Timeouts, Unknown
from distserver.model.address import parse_address
from distserver.model.documents import TIFF_F
from distwire.hylafax import HylaFaxConnection, HylaFaxLost, Login
from distwire.tiff.fax import MMR, FaxFacts, FaxPage, FaxWriter
from tests.support.deliveries import Listener, make_request

PATIENCE = 60
Answer = Callable[[str], str | None]


@asynccontextmanager
async def run_server(answer: Answer) -> AsyncIterator[int]:
    """A server that says to each line what `answer` says; None hangs up. Its port."""
    calls: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(writer)
        writer.write(b"220 ready\r\n")
        with suppress(OSError):
            while line := await reader.readline():
                said = answer(line.decode().strip())
                if said is None:
                    writer.write(b"421 Timeout (900 seconds): closing control connection.\r\n")
                    break
                writer.write(f"{said}\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in calls:
            writer.transport.abort()
        await asyncio.sleep(0)


@pytest.fixture
async def channel() -> AsyncIterator[FaxChannel]:
    channel = FaxChannel()
    yield channel
    await channel.close()


def fax_target(port: int) -> Target:
    options = (("server", f"hylafax://127.0.0.1:{port}"),)
    patience = Timeouts(connect=PATIENCE, first_byte=PATIENCE, idle=PATIENCE, follow=PATIENCE)
    return Target(parse_address("tel:+81312345678"), "Branch", options, timeouts=patience)


def welcome(line: str) -> str:
    return "230 in" if line.startswith("USER") else "200 fine"


async def test_session_that_was_silent_for_long_is_begun_anew(channel: FaxChannel) -> None:
    """Its server has hung up meanwhile, and is as well as ever."""
    heard: list[str] = []

    def answer(line: str) -> str | None:
        heard.append(line)
        return None if heard.count("NOOP") == 2 and line == "NOOP" else welcome(line)

    async with run_server(answer) as port:
        await channel.describe(fax_target(port))
        assert (await channel.describe(fax_target(port))).formats == (TIFF_F,)
        assert heard.count("NOOP") == 3
        await channel.close()


async def test_server_that_stops_taking_a_document_is_left() -> None:
    """What it has not taken keeps nobody."""
    taken: list[asyncio.StreamWriter] = []
    deaf = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0, limit=1024)
    place = deaf.sockets[0].getsockname()[1]

    def answer(line: str) -> str:
        return {"EPSV": f"229 |||{place}|", "STOT": "150 FILE: /tmp/doc1.tif"}.get(line) or welcome(line)

    async def document() -> AsyncIterator[bytes]:
        for _ in range(4096):
            yield bytes(1 << 16)

    async with deaf, run_server(answer) as port:
        session = await HylaFaxConnection.open(Login("127.0.0.1", port, idle=3.0))
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(HylaFaxLost):
                await session.store(document())
        await session.close()
        for writer in taken:
            writer.transport.abort()
        await asyncio.sleep(0)  # transports close in the next turn of the loop


async def test_fault_of_our_own_is_told_to_whoever_waits(tmp_path: Path) -> None:
    """As itself: a delivery that seems cancelled would never be taken up again."""

    def fail() -> bool:
        raise ValueError("broken")

    async with run_server(welcome) as port:
        server = FaxServer(Login("127.0.0.1", port))
        order = FaxOrder("1", tmp_path, 0, make=pytest.fail, may_go=fail)
        with pytest.raises(ValueError, match="broken"):
            async with server.hand_over(order):
                pass
        await server.close()


async def test_call_at_a_server_that_is_named_no_more_is_left_open(channel: FaxChannel, tmp_path: Path) -> None:
    """Nobody can be asked: it must not be taken for one that was never made."""
    where = "- done=2 stuck=0 made=1764300000000"
    request = make_request(fax_target(9), tmp_path, remote_id=f"fax.example.org:4559 {where}", form=TIFF_F)
    assert isinstance(await channel.adopt(request, Listener().watch), Unknown)


async def test_fax_whose_every_page_has_come_is_complete(channel: FaxChannel, tmp_path: Path) -> None:
    """The line broke after its last page; there is nothing left to call for."""
    path = tmp_path / "fax.tif"
    with path.open("wb") as file:
        writer = FaxWriter(file)
        for _ in range(2):
            writer.add(FaxPage(FaxFacts(1728, 10, (204, 98), MMR), b"\0\x80\x08"))
        writer.finish()
    async with run_server(welcome) as port:
        target = fax_target(port)
        place = "- - done=2 stuck=1 made=0"
        request = make_request(target, tmp_path, path.read_bytes(), remote_id=place, form=TIFF_F)
        outcome = await channel.deliver(request, Listener().watch)
        assert isinstance(outcome, Completed)
        assert outcome.pages == 2
        await channel.close()
