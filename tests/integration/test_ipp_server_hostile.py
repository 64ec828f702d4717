"""Hostile clients of an IppServer, each kind while a well-behaved one prints at its usual speed.

Speeds are compared with the same client's before the attack, and generously: what would fail here is a server that
stands still.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from distwire.ipp import Operation, Status, attribute, encode_message, make_message
from distwire.ipp.http import HttpLimits
from distwire.ipp.values import keyword, uri
from tests.support.bombs import make_gzip_bomb
from tests.support.intake import make_request as make_print
from tests.support.intake import run_ours
from tests.support.ipp_rim import ATTRIBUTES, PATIENCE, Rim, make_head, read_answer, run_rim, status_of

THREADS = 4
AS_USUAL = 20.0
AT_ALL = 1.0  # seconds: on a machine that has other work, less than this is no waiting for an attacker
"""How many times slower a job may be: the attackers' own work is done in this process too."""
JOBS = 40
JOB = make_head(len(ATTRIBUTES) + 50_000) + ATTRIBUTES + b"d" * 50_000
ATTACKERS = 60
LIMITS = HttpLimits(head_seconds=0.5, body=0.7, rate=5000, grace=0.5, idle=30, first_byte=30)
_COMPRESSED = (
    attribute("printer-uri", uri("ipp://x/ipp/print")),
    attribute("compression", keyword("gzip")),
)
BOMB = encode_message(make_message(Operation.PRINT_JOB, 9, _COMPRESSED)) + make_gzip_bomb(300)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def run_server(limits: HttpLimits = LIMITS) -> AsyncIterator[Rim]:
    with ThreadPoolExecutor(THREADS, "rim") as executor:
        async with run_rim(limits, executor=executor) as it:
            yield it


async def print_jobs(streams: Streams, count: int = JOBS) -> float:
    """The median seconds of a job of the well-behaved client."""
    reader, writer = streams
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        writer.write(JOB)
        assert status_of(await read_answer(reader)) == Status.OK
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


async def compare(it: Rim, attack: Callable[[], Awaitable[None]]) -> None:
    """Print without the attack, then while it lasts: the one is about as fast as the other."""
    streams = await it.connect()
    await print_jobs(streams, 5)
    alone = await print_jobs(streams)
    attacking = asyncio.ensure_future(attack())
    during = []
    async with asyncio.timeout(2 * PATIENCE):
        while not attacking.done() or not during:
            during.append(await print_jobs(streams, 5))
        await attacking
    assert statistics.median(during) < max(AS_USUAL * alone, AT_ALL)
    streams[1].close()


def sizes_of_the_good(it: Rim) -> set[int]:
    return {sink.size for sink in it.sinks if not sink.aborted.is_set()}


async def dribble(streams: Streams, data: bytes) -> bytes:
    """Send an octet now and then until the server has had enough; what it says."""
    reader, writer = streams
    answer = asyncio.ensure_future(reader.read())
    for octet in data:
        if answer.done() or writer.is_closing():
            break
        writer.write(bytes((octet,)))
        await asyncio.sleep(0.05)
    try:
        return await answer
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_head_that_comes_octet_by_octet() -> None:
    async with run_server() as it:
        answers: list[bytes] = []

        async def attack() -> None:
            streams = [await it.connect("127.0.0.2") for _ in range(ATTACKERS)]
            answers.extend(await asyncio.gather(*(dribble(each, JOB[:2000]) for each in streams)))

        await compare(it, attack)
        assert {answer[:12] for answer in answers} == {b"HTTP/1.1 408"}
        async with asyncio.timeout(PATIENCE):
            while len(it.server._connections) > 1:  # the last answers may be on their way yet
                await asyncio.sleep(0.01)


async def test_a_body_that_comes_octet_by_octet() -> None:
    """Each octet comes in time, all together do not: half of them is told within the attributes, half behind."""
    async with run_server() as it:
        answers: list[bytes] = []

        async def attack() -> None:
            streams = [await it.connect("127.0.0.2") for _ in range(ATTACKERS)]
            for number, (_, writer) in enumerate(streams):
                writer.write(make_head(1_000_000) + (ATTRIBUTES if number % 2 else b""))
            answers.extend(await asyncio.gather(*(dribble(each, ATTRIBUTES + bytes(2000)) for each in streams)))

        await compare(it, attack)
        assert {answer[:12] for answer in answers} == {b"HTTP/1.1 408"}
        assert sum(sink.aborted.is_set() for sink in it.sinks) == ATTACKERS // 2
        assert sizes_of_the_good(it) == {50_000}


@pytest.mark.parametrize("end", ["silence", "reset", "close"])
async def test_half_an_upload(end: str) -> None:
    async with run_server() as it:

        async def attack() -> None:
            streams = [await it.connect("127.0.0.2") for _ in range(ATTACKERS)]
            for _, writer in streams:
                writer.write(make_head(10_000_000) + ATTRIBUTES + bytes(300_000))
            for reader, writer in streams:
                await writer.drain()
                if end == "silence":
                    assert (await reader.read()).startswith(b"HTTP/1.1 408")
                writer.transport.abort() if end == "reset" else writer.close()
            while len(it.server._connections) > 1:
                await asyncio.sleep(0.01)

        await compare(it, attack)
        async with asyncio.timeout(PATIENCE):
            while sizes_of_the_good(it) != {50_000}:
                await asyncio.sleep(0.01)


async def test_a_document_that_explodes() -> None:
    async with run_server() as it:

        async def attack() -> None:
            data = make_head(len(BOMB)) + BOMB
            answers = await asyncio.gather(*(it.talk(data) for _ in range(2 * THREADS)))
            assert {status_of(answer) for answer in answers} == {Status.REQUEST_ENTITY_TOO_LARGE}

        await compare(it, attack)
        assert sizes_of_the_good(it) == {50_000}
        assert max(sink.size for sink in it.sinks) < 300 << 20


async def test_500_idle_connections(tmp_path: Path) -> None:
    """They cost no thread and next to no memory, and nobody notices them."""
    with run_ours(tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

        async def print_some(count: int) -> float:
            taken = []
            for _ in range(count):
                begun = time.perf_counter()
                writer.write(make_print(server.port, bytes(1000)))
                assert status_of(await read_answer(reader)) == Status.OK
                taken.append(time.perf_counter() - begun)
            return statistics.median(taken)

        alone = await print_some(JOBS)
        memory, threads = server.memory_kb, server.threads
        idle = []
        for number in range(500):
            address = (f"127.0.1.{1 + number % 20}", 0)
            streams = await asyncio.open_connection("127.0.0.1", server.port, local_addr=address)
            streams[1].write(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await read_answer(streams[0])).startswith(b"HTTP/1.1 200")
            idle.append(streams)
        assert (server.memory_kb - memory) / len(idle) < 20
        assert server.threads <= max(threads, 1 + 8)
        assert await print_some(JOBS) < max(AS_USUAL * alone, AT_ALL)
        for _, each in (*idle, (reader, writer)):
            each.transport.abort()


async def test_more_connections_than_allowed() -> None:
    """From one address, then from many. Whoever has most gives way, until each has one; who is too much then is told
    so in words, as long as there are not too many of those either, and who was there goes on."""
    async with run_server(HttpLimits(connections=40, per_peer=25, refusals=20, linger=30)) as it:
        refused: list[bytes] = []
        held: list[Streams] = []

        async def hold(address: str) -> None:
            held.append(await it.connect(address))
            held[-1][1].write(b"POST / HT")

        async def be_refused(address: str) -> None:
            reader, writer = await it.connect(address)
            refused.append(await read_answer(reader))
            writer.close()
            await writer.wait_closed()

        async def until_counted(address: str) -> None:
            async with asyncio.timeout(PATIENCE):
                while not it.server._peers[address]:
                    await asyncio.sleep(0.001)

        async def attack() -> None:
            for _ in range(25):
                await hold("127.0.0.2")
            for _ in range(10):
                await be_refused("127.0.0.2")
            for number in range(14):
                await hold(f"127.0.1.{number + 1}")
            for number in range(24):
                await hold(f"127.0.2.{number + 1}")
                await until_counted(f"127.0.2.{number + 1}")
            assert it.server._peers["127.0.0.2"] == 1
            for number in range(10):
                await be_refused(f"127.0.3.{number + 1}")
            for number in range(100):
                await hold(f"127.0.4.{number + 1}")
            for _, writer in held:
                writer.transport.abort()

        await compare(it, attack)
        assert len(refused) == 20
        assert all(answer.startswith(b"HTTP/1.1 503") and b"too many" in answer for answer in refused)
        async with asyncio.timeout(PATIENCE):
            while it.server._connections:
                await asyncio.sleep(0.01)
        assert not it.server._peers
        assert status_of(await it.talk(JOB)) == Status.OK


async def test_connections_that_are_idle_give_way() -> None:
    async with run_server(HttpLimits(connections=10)) as it:
        idle = [await it.connect() for _ in range(10)]
        await asyncio.sleep(1.2)
        assert status_of(await it.talk(JOB)) == Status.OK
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionResetError):
                assert await idle[0][0].read() == b""
        for _, writer in idle:
            writer.close()


async def test_a_client_that_does_not_take_its_answers() -> None:
    """Pipelined without end: it is read no more, nothing grows, and it is let go in time."""
    async with run_server(HttpLimits(send=0.5)) as it:

        async def attack() -> None:
            _, writer = await it.connect("127.0.0.2")
            ask = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 5000)
            try:
                for _ in range(20_000):
                    writer.write(ask)
                    await writer.drain()
            except ConnectionError:
                return
            pytest.fail("everything was taken")

        await compare(it, attack)
        assert threading.active_count() <= THREADS + 3
