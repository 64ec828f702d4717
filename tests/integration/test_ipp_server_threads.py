"""An IppServer whose service works in threads: nobody waits for another, and no client costs a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from distwire.ipp import Operation, Status
from distwire.ipp.http import HttpLimits
from distwire.ipp.service import Call, Reply
from tests.support.ipp_rim import (
    ATTRIBUTES,
    LOOK,
    PATIENCE,
    Rim,
    Sink,
    make_head,
    read_answer,
    run_rim,
    status_of,
)

THREADS = 3
PRINT = make_head(len(ATTRIBUTES) + 4) + ATTRIBUTES + b"docu"


@asynccontextmanager
async def run_threaded(limits: HttpLimits | None = None, **more: object) -> AsyncIterator[Rim]:
    with ThreadPoolExecutor(THREADS, "rim") as executor:
        async with run_rim(limits, executor=executor, **more) as it:  # type: ignore[arg-type]
            yield it


async def test_handlers_and_sinks_run_in_threads_and_get_large_pieces() -> None:
    document = b"x" * (8 << 20)
    async with run_threaded() as it:
        assert status_of(await it.talk(make_head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document)) == Status.OK
        (sink,) = it.sinks
        assert sink.size == len(document)
        assert sink.pieces <= 2 + len(document) // (256 << 10)
        assert all(name.startswith("rim") for name in sink.threads)


async def test_a_handler_that_waits_holds_up_nobody_else() -> None:
    stuck, free = threading.Semaphore(0), threading.Event()

    def look(call: Call) -> Reply:
        stuck.release()
        free.wait(PATIENCE)
        return Reply()

    async with run_threaded(handlers={Operation.GET_PRINTER_ATTRIBUTES: look}) as it:
        waiting = [asyncio.create_task(it.talk(make_head(len(LOOK)) + LOOK)) for _ in range(THREADS - 1)]
        for _ in waiting:
            await asyncio.to_thread(stuck.acquire, timeout=PATIENCE)
        for _ in range(20):
            assert status_of(await it.talk(PRINT)) == Status.OK
        assert not any(task.done() for task in waiting)
        free.set()
        assert [status_of(answer) for answer in await asyncio.gather(*waiting)] == [Status.OK] * (THREADS - 1)


async def test_clients_that_wait_cost_no_thread() -> None:
    """Idle ones, ones in mid-head, and ones in mid-document: ten times as many as there are threads."""
    async with run_threaded() as it:
        beginnings = (b"", PRINT[:20], make_head(1000) + ATTRIBUTES[:5], make_head(100_000) + ATTRIBUTES + b"half")
        writers = []
        for number in range(THREADS * 10):
            _, writer = await it.connect()
            writer.write(beginnings[number % len(beginnings)])
            writers.append(writer)
        assert status_of(await it.talk(PRINT)) == Status.OK
        assert sum(thread.name.startswith("rim") for thread in threading.enumerate()) <= THREADS
        for writer in writers:
            writer.transport.abort()


async def test_half_an_upload_leaves_nothing_when_its_thread_is_busy() -> None:
    """The client goes while a piece is being written: the sink is told after that, and from one thread at a time."""
    entered, free, ended = threading.Event(), threading.Event(), threading.Event()
    order: list[str] = []

    class SlowSink(Sink):
        def write(self, piece: bytes) -> None:
            entered.set()
            free.wait(PATIENCE)
            order.append("written")

        def abort(self, reason: str) -> None:
            order.append("aborted")
            ended.set()

    async with run_threaded(handlers={Operation.PRINT_JOB: lambda call: SlowSink(False)}) as it:
        _, writer = await it.connect()
        writer.write(make_head(1_000_000) + ATTRIBUTES + b"half")
        await asyncio.to_thread(entered.wait, PATIENCE)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        free.set()
        await asyncio.to_thread(ended.wait, PATIENCE)
    assert order == ["written", "aborted"]


async def test_a_document_that_is_not_taken_is_not_read_from_the_socket() -> None:
    entered, free = threading.Event(), threading.Event()

    class SlowSink(Sink):
        def write(self, piece: bytes) -> None:
            entered.set()
            free.wait(PATIENCE)
            super().write(piece)

    document = b"z" * (64 << 20)
    async with run_threaded(handlers={Operation.PRINT_JOB: lambda call: SlowSink(False)}) as it:
        task = asyncio.create_task(it.talk(make_head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document))
        await asyncio.to_thread(entered.wait, PATIENCE)
        await asyncio.sleep(0.2)
        (connection,) = it.server._connections
        assert connection._body is not None
        assert connection._body.gathered <= 1 << 20
        free.set()
        assert status_of(await task) == Status.OK


class Later:
    """Get-Printer-Attributes that answers when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.canceled = 0
        self.release = asyncio.Event()

    def look(self, call: Call) -> Awaitable[Reply]:
        return self.wait(call)

    async def wait(self, call: Call) -> Reply:
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.canceled += 1
            raise
        finally:
            self.ended.set()
        return Reply(words=f"for {call.user}")


async def test_answers_may_come_later_and_cost_no_thread_meanwhile() -> None:
    later = Later()
    async with run_threaded(handlers={Operation.GET_PRINTER_ATTRIBUTES: later.look}) as it:
        connections = [await it.connect() for _ in range(THREADS * 10)]
        for _, writer in connections:
            writer.write(make_head(len(LOOK)) + LOOK)
        await later.begun.wait()
        assert status_of(await it.talk(PRINT)) == Status.OK
        later.release.set()
        for reader, writer in connections:
            assert status_of(await read_answer(reader)) == Status.OK
            writer.close()


async def test_the_end_of_a_connection_ends_the_waiting_for_its_answer() -> None:
    later = Later()
    async with run_threaded(handlers={Operation.GET_PRINTER_ATTRIBUTES: later.look}) as it:
        for count, end in enumerate(("abort", "close"), 1):
            later.ended.clear()
            later.begun.clear()
            _, writer = await it.connect()
            writer.write(make_head(len(LOOK)) + LOOK)
            await later.begun.wait()
            writer.transport.abort() if end == "abort" else writer.close()
            async with asyncio.timeout(PATIENCE):
                await later.ended.wait()
            assert later.canceled == count


async def test_the_end_of_the_server_ends_the_waiting_too() -> None:
    later = Later()
    async with run_threaded(handlers={Operation.GET_PRINTER_ATTRIBUTES: later.look}) as it:
        reader, writer = await it.connect()
        writer.write(make_head(len(LOOK)) + LOOK)
        await later.begun.wait()
        async with asyncio.timeout(PATIENCE):
            await it.server.close(grace=2 * PATIENCE)
        assert await reader.read() == b""
        writer.close()
    assert later.canceled == 1
