"""Answers of a web service that would keep the worker busy: without end, or larger than they look (D15, N4)."""

from __future__ import annotations

import asyncio
import gzip
import re
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.webhook import WebhookChannel
from distserver.deliver.channels.webhook_words import judge
from distserver.deliver.contract import Deferred, Outcome, Timeouts
from distserver.model.states import Reason
from tests.support.deliveries import Listener, make_request
from tests.support.rig_webhook import name_webhook


@pytest.fixture
async def channel() -> AsyncIterator[WebhookChannel]:
    made = WebhookChannel()
    yield made
    await made.close()


def kind_of(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "reason", ""))


@asynccontextmanager
async def answering(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """The URL of one that takes a document, and answers as it likes for as long as somebody listens."""

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower()
            await reader.readexactly(int(re.findall(r"content-length: (\d+)", head)[0]))
            await answer(writer)
        writer.transport.abort()
        await asyncio.sleep(0)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await asyncio.gather(*filter(None, serving))


def drip(first: bytes, again: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.transport.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    ("first", "again", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x", ("Deferred", Reason.UNCERTAIN)),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", ("Deferred", Reason.UNCERTAIN)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b"x", ("Completed", Reason.TAKEN_OVER)),
    ],
    ids=["header", "interim", "words"],
)
async def test_an_answer_that_never_ends_is_not_waited_for(
    channel: WebhookChannel, tmp_path: Path, first: bytes, again: bytes, outcome: tuple[str, str]
) -> None:
    """It would hold the destination's lane."""
    async with answering(drip(first, again)) as url:
        target = replace(name_webhook(url), timeouts=Timeouts(30, 3, 3, 5))
        async with asyncio.timeout(60):
            assert kind_of(await channel.deliver(make_request(target, tmp_path), Listener().watch)) == outcome


async def test_an_answer_is_not_decompressed(channel: WebhookChannel, tmp_path: Path) -> None:
    """A few kilobytes can hold gigabytes."""
    words = gzip.compress(gzip.compress(b"\0" * (256 << 20), 1))

    async def answer(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: {len(words)}\r\n\r\n"
        writer.write(head.encode() + words)
        await writer.drain()

    async with answering(answer) as url:
        tracemalloc.start()
        found = await channel.deliver(make_request(name_webhook(url), tmp_path), Listener().watch)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert kind_of(found) == ("Completed", Reason.TAKEN_OVER)
    assert peak < 32 << 20


def test_a_success_before_the_document_is_none() -> None:
    """Whoever has not read all of it cannot have it (RFC 9112 §8)."""
    found = judge(200, {}, "fine", whole=False)
    assert isinstance(found, Deferred)
    assert found.reason == Reason.PROTOCOL_ERROR
