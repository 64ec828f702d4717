"""The doors of an IppServer, and who is found behind them: TLS, sockets that are open already, passwords, proxies."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from distwire.ipp import Status
from distwire.ipp.forwarded import parse_proxies
from distwire.ipp.http import HttpLimits
from distwire.ipp.server import IppServer
from distwire.ipp.service import AuthenticationNeeded, Call, Context, Refusal, Reply, Service
from tests.support.certificate import write_certificate
from tests.support.ipp_rim import (
    ATTRIBUTES,
    LOOK,
    PATIENCE,
    Sink,
    make_head,
    read_answer,
    run_rim,
    split_answers,
    status_of,
)

ASK = make_head(len(LOOK)) + LOOK
PRINT = make_head(len(ATTRIBUTES) + 4) + ATTRIBUTES + b"docu"


def basic(user: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"


def admit(context: Context) -> Context:
    """Lets 田中 in, who has a password."""
    if context.credentials is None or context.credentials.password != "秘密":
        raise AuthenticationNeeded('the "office"')
    return replace(context, user=context.credentials.user)


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    certificate = write_certificate(tmp_path / "certificate.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=str(certificate))


async def ask(port: int, client: ssl.SSLContext | None, *requests: bytes) -> list[bytes]:
    """Requests over one connection, one after the other: their answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
    found = []
    for request in requests:
        writer.write(request)
        found.append(await read_answer(reader))
    writer.close()
    await writer.wait_closed()
    return found


async def test_one_server_listens_with_tls_and_without(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with run_rim() as it:
        port = await it.server.start(ssl=contexts[0])
        document = b"d" * 3_000_000
        big = make_head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document
        answers = await ask(port, contexts[1], PRINT, big, PRINT) + await ask(it.port, None, PRINT)
        assert [status_of(answer) for answer in answers] == [Status.OK] * 4
        assert [call.context.tls for call in it.calls] == [True, True, True, False]
        assert {call.context.peer for call in it.calls} == {"127.0.0.1"}
        assert it.sinks[1].size == len(document)


async def test_tls_holds_back_what_is_not_taken(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """A slow sink behind TLS, requests one behind the other in a single write, and a client that goes midway."""

    class SlowSink(Sink):
        def write(self, piece: bytes) -> None:
            time.sleep(0.001)
            super().write(piece)

    sinks: list[Sink] = []

    def take(call: Call) -> Sink:
        sinks.append(SlowSink(False))
        return sinks[-1]

    document = b"d" * 5_000_000
    big = make_head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document
    with ThreadPoolExecutor(2) as executor:
        async with run_rim(handlers={0x02: take}, executor=executor, context=contexts[0]) as it:
            reader, writer = await asyncio.open_connection("127.0.0.1", it.port, ssl=contexts[1])
            writer.write((big + PRINT + ASK) * 3)
            assert [status_of(await read_answer(reader)) for _ in range(9)] == [Status.OK] * 9
            writer.write(big[:-1_000_000])
            await writer.drain()
            while len(sinks) < 7:
                await asyncio.sleep(0.01)
            writer.transport.abort()
            async with asyncio.timeout(PATIENCE):
                await asyncio.to_thread(_until, sinks[6].aborted.is_set)
    assert [sink.size for sink in sinks[:6]] == [len(document), 4] * 3


def _until(found: Callable[[], bool]) -> None:
    while not found():
        time.sleep(0.01)


async def test_who_speaks_no_tls_at_its_door_is_let_go(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Nor does one who says nothing hold it up for longer than the time for a handshake."""
    async with run_rim(HttpLimits(handshake=3.0), context=contexts[0]) as it:
        for words in (PRINT, b"\x16\x03\x01", b""):
            reader, writer = await it.connect()
            writer.write(words)
            async with asyncio.timeout(PATIENCE):
                with contextlib.suppress(ConnectionResetError):
                    assert not (await reader.read()).startswith(b"HTTP")
            writer.close()
        assert status_of((await ask(it.port, contexts[1], PRINT))[0]) == Status.OK


@pytest.mark.parametrize("kind", ["socket", "descriptor"])
async def test_a_socket_that_is_open_already_is_listened_on(kind: str) -> None:
    async with run_rim() as it:
        sock = socket.create_server(("127.0.0.1", 0))
        port = it.server.start_on(sock if kind == "socket" else sock.detach())
        assert status_of((await ask(port, None, PRINT))[0]) == Status.OK


async def test_a_password_is_asked_for_and_taken(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with run_rim(admit=admit, context=contexts[0]) as it:
        good = PRINT.replace(b"Host: x\r\n", b"Host: x\r\n" + basic("田中", "秘密").encode())
        bad = PRINT.replace(b"Host: x\r\n", b"Host: x\r\n" + basic("田中", "wrong").encode())
        first, second, third = await ask(it.port, contexts[1], PRINT, bad, good)
        for refused in (first, second):
            assert refused.startswith(b"HTTP/1.1 401")
            assert b'WWW-Authenticate: Basic realm="the \\"office\\"", charset="UTF-8"' in refused
        assert status_of(third) == Status.OK
        assert [call.user for call in it.calls] == ["田中"]
        assert "秘密" not in repr(it.calls[0].context)


async def test_no_password_is_asked_for_where_it_could_be_read_on_the_way() -> None:
    async with run_rim(admit=admit) as it:
        (answer,) = await ask(it.port, None, PRINT)
        assert answer.startswith(b"HTTP/1.1 426")
        assert b"Upgrade: TLS/1.2" in answer
        assert b"ipps" in answer


async def test_a_document_is_not_asked_for_before_the_password() -> None:
    """And it is, when the password is right."""

    def admit_here(context: Context) -> Context:
        if context.credentials is None:
            raise AuthenticationNeeded("office", over_plain=True)
        return context

    async with run_rim(admit=admit_here) as it:
        refused = await it.talk(make_head(1 << 30, "Expect: 100-continue\r\n"))
        assert refused.startswith(b"HTTP/1.1 401")
        assert b"Connection: close" in refused
        asked = make_head(len(ATTRIBUTES), "Expect: 100-continue\r\n" + basic("a", "b"))
        reader, writer = await it.connect()
        writer.write(asked)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(ATTRIBUTES)
        assert status_of(await read_answer(reader)) == Status.OK
        writer.close()


async def test_a_handler_may_ask_for_a_password_too() -> None:
    def handle(call: Call) -> Reply:
        raise AuthenticationNeeded("office", over_plain=True)

    async with run_rim(handlers={0x0B: handle}) as it:
        one, two = split_answers(await it.talk(ASK + PRINT))
        assert one[0].startswith(b"HTTP/1.1 401")
        assert status_of(b"\r\n\r\n".join(two)) == Status.OK


async def test_a_refusal_before_the_document_is_said_by_http() -> None:
    def refuse(context: Context) -> Context:
        raise Refusal(Status.BUSY, "come back later")

    async with run_rim(admit=refuse) as it:
        answer = await it.talk(make_head(1 << 30, "Expect: 100-continue\r\n"))
        assert answer.startswith(b"HTTP/1.1 503")
        assert answer.endswith(b"come back later\n")
        assert status_of(await it.talk(PRINT)) == Status.BUSY


@pytest.mark.parametrize(
    ("proxies", "headers", "peer", "secure"),
    [
        ((), "X-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", False),
        (("10.0.0.0/8",), "X-Forwarded-For: 10.1.1.1\r\n", "127.0.0.1", False),
        (("127.0.0.1",), "X-Forwarded-For: 10.9.9.9, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n", "192.0.2.7", True),
        (("127.0.0.0/8",), "X-Forwarded-For: 192.0.2.7:99, 127.0.0.9\r\n", "192.0.2.7", False),
        (("127.0.0.1",), 'Forwarded: for=10.9.9.9, for="[2001:db8::1]:4711";proto=https\r\n', "2001:db8::1", True),
        (("127.0.0.1",), "Forwarded: for=192.0.2.7, for=unknown\r\n", "127.0.0.1", False),
        (
            ("127.0.0.1",),
            "Forwarded: for=127.0.0.1;proto=https\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n",
            "unknown",
            False,
        ),
        (
            ("127.0.0.1",),
            "Forwarded: for=192.0.2.7;proto=https\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n",
            "192.0.2.7",
            True,
        ),
        (("127.0.0.1",), "X-Forwarded-For: nonsense\r\n", "127.0.0.1", False),
    ],
)
async def test_only_proxies_that_are_named_are_believed(
    proxies: tuple[str, ...], headers: str, peer: str, secure: bool
) -> None:
    seen: list[Context] = []

    def look(call: Call) -> Reply:
        seen.append(call.context)
        return Reply()

    server = IppServer(Service({0x0B: look}), proxies=parse_proxies(proxies))
    port = await server.start()
    await ask(port, None, make_head(len(LOOK), headers) + LOOK)
    await server.close()
    assert (seen[0].peer, seen[0].tls) == (peer, secure)
