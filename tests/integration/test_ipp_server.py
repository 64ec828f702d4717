"""The HTTP server under IPP, over a real socket: framing, limits, garbage, and an end without loose ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from distwire.ipp import Operation, Status, decode_message, encode_message, make_message
from distwire.ipp.attributes import attribute
from distwire.ipp.http import HttpLimits, HttpRequest, HttpResponse
from distwire.ipp.server import IppServer
from distwire.ipp.service import Call, Refusal, Reply, Service
from distwire.ipp.values import uri

PATIENCE = 60.0


class Sink:
    """Counts a document; a small one is refused at its first byte when told so."""

    def __init__(self, refuse: bool) -> None:
        self.size = 0
        self.pieces = 0
        self.aborted = asyncio.Event()
        self._refuse = refuse

    def write(self, piece: bytes) -> None:
        if self._refuse:
            raise Refusal(Status.NOT_ACCEPTING_JOBS, "closed")
        self.size += len(piece)
        self.pieces += 1

    def finish(self) -> Reply:
        return Reply(words=str(self.size))

    def abort(self, reason: str) -> None:
        self.aborted.set()


@dataclass
class Running:
    """A server, what it got, and a way to it."""

    port: int
    server: IppServer
    sinks: list[Sink]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def talk(self, data: bytes) -> bytes:
        """Send bytes, close our side, and take all that comes back."""
        reader, writer = await self.connect()
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


async def page(request: HttpRequest) -> HttpResponse:
    got = b""
    async for piece in request.body:
        got += piece
    return HttpResponse(body=f"{request.method} {request.path} {len(got)}".encode())


@asynccontextmanager
async def running(
    limits: HttpLimits | None = None,
    refuse: bool = False,
    handler: Callable[[HttpRequest], Awaitable[HttpResponse]] = page,
) -> AsyncIterator[Running]:
    sinks: list[Sink] = []

    def take(_call: Call) -> Sink:
        sinks.append(Sink(refuse))
        return sinks[-1]

    server = IppServer(Service({Operation.PRINT_JOB: take}), handler, limits)
    port = await server.start()
    try:
        yield Running(port, server, sinks)
    finally:
        await server.close()


def head(length: int | None, more: str = "") -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\n{framing}\r\n{more}\r\n".encode()


ATTRIBUTES = encode_message(make_message(Operation.PRINT_JOB, 5, (attribute("printer-uri", uri("ipp://x/ipp/print")),)))


def status_of(answer: bytes) -> int:
    """The IPP status in an HTTP answer."""
    _, _, body = answer.partition(b"\r\n\r\n")
    return decode_message(body)[0].code


async def test_content_length_and_chunks_carry_the_same_document() -> None:
    document = b"x" * 100_000
    async with running() as it:
        body = ATTRIBUTES + document
        plain = await it.talk(head(len(body)) + body)
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:10], body[10:60_000], body[60_000:]))
        chunked = await it.talk(head(None) + chunks + b"0\r\n\r\n")
        assert [status_of(plain), status_of(chunked)] == [Status.OK, Status.OK]
        assert [sink.size for sink in it.sinks] == [100_000, 100_000]


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with running() as it:
        reader, writer = await it.connect()
        for _ in range(3):
            writer.write(head(len(ATTRIBUTES)) + ATTRIBUTES)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"\3")
        writer.write(b"GET /panel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"GET /panel 0")
        writer.close()


async def test_a_client_that_waits_is_told_to_go_on() -> None:
    async with running() as it:
        reader, writer = await it.connect()
        writer.write(head(len(ATTRIBUTES) + 4, "Expect: 100-continue\r\n"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(ATTRIBUTES + b"docu")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert it.sinks[0].size == 4
        writer.close()


async def test_an_early_refusal_reaches_a_client_that_is_still_sending() -> None:
    document = b"y" * (8 << 20)
    async with running(refuse=True) as it:
        answer = await it.talk(head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document)
        assert status_of(answer) == Status.NOT_ACCEPTING_JOBS


async def test_half_an_upload_is_aborted() -> None:
    async with running() as it:
        _, writer = await it.connect()
        writer.write(head(1_000_000) + ATTRIBUTES + b"half")
        await writer.drain()
        while not it.sinks:
            await asyncio.sleep(0.01)
        writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            await it.sinks[0].aborted.wait()


async def test_a_silent_upload_is_cut_off() -> None:
    async with running(HttpLimits(body=0.2)) as it:
        reader, writer = await it.connect()
        writer.write(head(1_000_000) + ATTRIBUTES + b"half")
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
            await it.sinks[0].aborted.wait()
        writer.close()


async def test_an_idle_connection_is_closed() -> None:
    async with running(HttpLimits(idle=0.2)) as it:
        reader, writer = await it.connect()
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        writer.close()


async def test_a_body_beyond_the_limit_is_refused() -> None:
    async with running(HttpLimits(body_size=150_000)) as it:
        answer = await it.talk(head(500_000) + ATTRIBUTES + b"z" * (500_000 - len(ATTRIBUTES)))
        assert answer.startswith(b"HTTP/1.1 413")
        async with asyncio.timeout(PATIENCE):
            await it.sinks[0].aborted.wait()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/ipp\r\n\r\nzz\r\n",
        bytes(range(256)) * 40,
        b"",
    ],
)
async def test_garbage_is_refused_and_the_next_one_served(garbage: bytes) -> None:
    async with running() as it:
        answer = await it.talk(garbage)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
        assert status_of(await it.talk(head(len(ATTRIBUTES)) + ATTRIBUTES)) == Status.OK


async def test_the_end_lets_a_request_finish_and_cuts_idle_ones() -> None:
    started = asyncio.Event()

    async def slow(request: HttpRequest) -> HttpResponse:
        started.set()
        await asyncio.sleep(0.3)
        return HttpResponse(body=b"done")

    async with running(handler=slow) as it:
        idle_reader, idle_writer = await it.connect()
        reader, writer = await it.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.wait()
        async with asyncio.timeout(PATIENCE):
            await it.server.close(grace=30)
            answer = await reader.read()
            assert await idle_reader.read() == b""
        assert answer.endswith(b"done")
        assert b"connection: close" in answer.lower()
        writer.close()
        idle_writer.close()
