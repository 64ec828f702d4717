"""How documents travel over real sockets: pieces, refusals in their middle, and what is known when they break off.

`whole` decides whether a document may be sent again (N4): it must never be False when the device can have all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from distwire.ipp import (
    Message,
    Status,
    attribute,
    connecting,
    connection,
    encode_message,
    make_message,
    pool,
    wire_stream,
)
from distwire.ipp import values as v
from distwire.ipp.body import read_at
from distwire.ipp.client import DocumentFile, Endpoint, IppClient
from distwire.ipp.endpoint import Patience
from distwire.ipp.failures import ConnectionLost, DocumentUnreadable, TimedOut
from tests.contract.test_ipp_client import make_certificate
from tests.support.fake_printer import FakePrinter, run_fake_printer
from tests.support.growing import GrowingFile

JOB = [attribute("requesting-user-name", v.name("me")), attribute("job-name", v.name("n"))]
LARGE = 20_000_000
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def client() -> AsyncIterator[IppClient]:
    client = IppClient()
    yield client
    await client.close()


def make_document(folder: Path, size: int) -> DocumentFile:
    """Octets in which a lost or doubled piece shows."""
    path = folder / f"document-{size}"
    path.write_bytes(b"".join(number.to_bytes(4) for number in range(size // 4)) + b"x" * (size % 4))
    return DocumentFile(path, size)


def make_answer(status: int = 0) -> bytes:
    body = encode_message(make_message(status, 1))
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@contextlib.asynccontextmanager
async def serve(handle: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a device that treats each connection so, and then breaks it."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield f"{'ipps' if context else 'ipp'}://127.0.0.1:{port}/ipp/print"
    server.close()


def count_open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def read_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Take a request's head and let it go on; answers its length."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"100-continue" in head:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return int(head.split(b"content-length:")[1].split(b"\r\n")[0])


@pytest.mark.parametrize("size", [0, 1, 70_000, 1 << 20, LARGE])
async def test_documents_of_any_size_arrive(printer: FakePrinter, client: IppClient, tmp_path: Path, size: int) -> None:
    """D4; asked beforehand only where the question is worth its time."""
    document = make_document(tmp_path, size)
    assert (await client.print_job(Endpoint(printer.uri), JOB, [], document)).ok
    assert printer.printed == [document.path.read_bytes()]
    assert ("expect" in printer.headers[-1]) == (size >= 1 << 20)


async def test_document_arrives_over_tls(client: IppClient, tmp_path: Path) -> None:
    document = make_document(tmp_path, LARGE)
    got = bytearray()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.extend(await reader.readexactly(await read_head(reader, writer)))
        writer.write(make_answer())
        await writer.drain()
        await reader.read()

    async with serve(take, make_certificate(tmp_path)) as uri:
        assert (await client.print_job(Endpoint(uri, tls="none"), JOB, [], document)).ok
    assert bytes(got[-LARGE:]) == document.path.read_bytes()


async def test_document_arrives_where_the_file_system_cannot_send(
    printer: FakePrinter, client: IppClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "sendfile", refuse)
    document = make_document(tmp_path, 3_000_000)
    assert (await client.print_job(Endpoint(printer.uri), JOB, [], document)).ok
    assert printer.printed == [document.path.read_bytes()]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("size", [700_000, LARGE])
async def test_answer_lost_after_the_whole_document(client: IppClient, tmp_path: Path, tls: bool, size: int) -> None:
    """N4: the device can have it all, so nobody may claim otherwise."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(await read_head(reader, writer))

    async with serve(take, make_certificate(tmp_path) if tls else None) as uri:
        with pytest.raises(ConnectionLost) as caught:
            await client.print_job(Endpoint(uri, tls="none"), JOB, [], make_document(tmp_path, size))
    assert caught.value.begun
    assert caught.value.whole


@pytest.mark.parametrize("tls", [False, True])
async def test_break_in_the_middle_is_known_as_such(client: IppClient, tmp_path: Path, tls: bool) -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader, writer)
        await reader.readexactly(100_000)

    async with serve(take, make_certificate(tmp_path) if tls else None) as uri:
        with pytest.raises(ConnectionLost) as caught:
            await client.print_job(Endpoint(uri, tls="none"), JOB, [], make_document(tmp_path, LARGE))
    assert caught.value.begun
    assert not caught.value.whole


@pytest.mark.parametrize("tls", [False, True])
async def test_refusal_stops_the_sending(client: IppClient, tmp_path: Path, tls: bool) -> None:
    """The device answers, takes nothing more, and keeps the connection open."""
    done = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader, writer)
        writer.write(make_answer(Status.DOCUMENT_FORMAT_NOT_SUPPORTED))
        await writer.drain()
        await asyncio.wait_for(done.wait(), 60)

    async with serve(refuse, make_certificate(tmp_path) if tls else None) as uri:
        answer = await client.print_job(Endpoint(uri, tls="none"), JOB, [], make_document(tmp_path, LARGE))
        done.set()
    assert answer.code == Status.DOCUMENT_FORMAT_NOT_SUPPORTED


async def test_refusal_is_read_although_the_device_closed(client: IppClient, tmp_path: Path) -> None:
    """A document below the size that is asked for meets a device that answers and leaves without reading it."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(make_answer(Status.NOT_ACCEPTING_JOBS))
        await writer.drain()

    async with serve(refuse) as uri:
        answer = await client.print_job(Endpoint(uri), JOB, [], make_document(tmp_path, 900_000))
    assert answer.code == Status.NOT_ACCEPTING_JOBS


async def test_refusal_when_asked_spares_the_document(client: IppClient, tmp_path: Path) -> None:
    """A large document is not sent to a device that says no at its announcement."""
    rest: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(make_answer(Status.NOT_ACCEPTING_JOBS))
        await writer.drain()
        rest.append(await reader.read())

    async with serve(refuse) as uri:
        answer = await client.print_job(Endpoint(uri), JOB, [], make_document(tmp_path, LARGE))
        async with asyncio.timeout(60):
            while not rest:
                await asyncio.sleep(0.01)
    assert answer.code == Status.NOT_ACCEPTING_JOBS
    assert rest == [b""]


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
async def test_document_in_chunks_arrives(printer: FakePrinter, client: IppClient, tmp_path: Path, size: int) -> None:
    document = make_document(tmp_path, size)
    assert (await client.print_job(Endpoint(printer.uri), JOB, [], DocumentFile(document.path, None))).ok
    assert printer.printed == [document.path.read_bytes()]


async def test_yes_in_the_middle_does_not_stop_the_sending(client: IppClient, tmp_path: Path) -> None:
    got: list[int] = []

    async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = await read_head(reader, writer)
        writer.write(make_answer())
        await writer.drain()
        got.append(len(await reader.readexactly(length)))

    async with serve(agree) as uri:
        assert (await client.print_job(Endpoint(uri), JOB, [], make_document(tmp_path, LARGE))).ok
        async with asyncio.timeout(60):
            while not got:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", ["sendfile", "stream", "tls"])
@pytest.mark.parametrize("after", [0.0, 0.2])
async def test_yes_and_then_a_break_is_no_success(
    client: IppClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, after: float
) -> None:
    monkeypatch.setattr(connecting, "_HAS_SENDFILE", way == "sendfile")

    async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader, writer)
        writer.write(make_answer())
        await writer.drain()
        await asyncio.sleep(after)

    async with serve(agree, make_certificate(tmp_path) if way == "tls" else None) as uri:
        with pytest.raises(ConnectionLost) as caught:
            await client.print_job(Endpoint(uri, tls="none"), JOB, [], make_document(tmp_path, LARGE))
    assert not caught.value.whole


class _Breaking(threading.Thread):
    """A device that says yes at once, and breaks when it is told to: by a reset, or by an end of what it says, after
    which it takes what comes yet. `got` counts those octets."""

    def __init__(self, context: ssl.SSLContext | None, *, resets: bool) -> None:
        super().__init__(daemon=True)
        self._context, self._resets = context, resets
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.uri = f"{'ipps' if context else 'ipp'}://127.0.0.1:{self._listening.getsockname()[1]}/ipp/print"
        self.agreed, self.told, self.broken = threading.Event(), threading.Event(), threading.Event()
        self.got = 0

    def run(self) -> None:
        with self._listening:
            sock, _ = self._listening.accept()
        spoken = self._context.wrap_socket(sock, server_side=True) if self._context else sock
        head = b""
        while b"\r\n\r\n" not in head:
            head += spoken.recv(1000)
        spoken.sendall(make_answer())
        self.agreed.set()
        self.told.wait(60)
        with socket.socket(fileno=spoken.detach()) as bare:  # without a word of TLS, as most devices
            if self._resets:
                bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                bare.shutdown(socket.SHUT_WR)
                self.broken.set()
                while data := bare.recv(1 << 16):
                    self.got += len(data)
        self.broken.set()


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("way", ["stream", "tls"])
async def test_a_break_at_any_piece_is_a_success_only_where_all_went_out(
    client: IppClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, resets: bool, at: int
) -> None:
    """It is not noticed before the piece, and perhaps the next one, was given to the stream, which swallows them."""
    size = 1 << 14
    monkeypatch.setattr(connecting, "_HAS_SENDFILE", False)
    monkeypatch.setattr(wire_stream, "PIECE", size)
    device = _Breaking(make_certificate(tmp_path) if way == "tls" else None, resets=resets)

    def read(file: int, most: int, offset: int) -> bytes:
        if offset == 0:
            device.agreed.wait(60)
        if offset == at * size:
            device.told.set()
            device.broken.wait(60)
        return read_at(file, most, offset)

    monkeypatch.setattr(wire_stream, "read_at", read)
    device.start()
    document = make_document(tmp_path, 4 * size)
    try:
        took = (await client.print_job(Endpoint(device.uri, tls="none"), JOB, [], document)).ok
    except ConnectionLost as error:
        took = error.whole
    await asyncio.to_thread(device.join, 60)
    assert took == (device.got >= document.size)


async def test_device_that_takes_nothing_more_is_left(client: IppClient, tmp_path: Path) -> None:
    done = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader, writer)
        await asyncio.wait_for(done.wait(), 60)

    async with serve(stall) as uri:
        with pytest.raises(TimedOut) as caught:
            endpoint = Endpoint(uri, patience=Patience(30, 30, 0.5))
            await client.print_job(endpoint, JOB, [], make_document(tmp_path, LARGE))
        done.set()
    assert caught.value.begun
    assert not caught.value.whole


@pytest.mark.parametrize("said", [99_999, 100_001])
async def test_document_of_another_length_is_not_sent(
    printer: FakePrinter, client: IppClient, tmp_path: Path, said: int
) -> None:
    path = make_document(tmp_path, 100_000).path
    with pytest.raises(DocumentUnreadable) as caught:
        await client.print_job(Endpoint(printer.uri), JOB, [], DocumentFile(path, said))
    assert not caught.value.whole
    assert printer.jobs == {}


async def test_document_that_shrinks_on_the_way_is_noticed(client: IppClient, tmp_path: Path) -> None:
    document = make_document(tmp_path, LARGE)

    async def shrink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader, writer)
        os.truncate(document.path, 1000)
        await reader.read()

    async with serve(shrink) as uri:
        with pytest.raises(DocumentUnreadable) as caught:
            await client.print_job(Endpoint(uri), JOB, [], document)
    assert not caught.value.whole


async def test_growing_document_is_sent_as_it_grows(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    """The device has the first page before the last one is drawn."""
    growth = GrowingFile(tmp_path / "growing")
    document = DocumentFile(growth.path, None, growth)
    sending = asyncio.create_task(client.print_job(Endpoint(printer.uri), JOB, [], document))
    whole = b""
    for page in range(5):
        await growth.wait_until_asked(len(whole))
        growth.write(part := bytes([page]) * 300_000)
        whole += part
    growth.finish()
    assert (await sending).ok
    assert printer.printed == [whole]
    assert printer.headers[-1]["transfer-encoding"] == "chunked"


async def test_growing_document_of_a_known_length(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    growth = GrowingFile(tmp_path / "growing")
    sending = asyncio.create_task(
        client.print_job(Endpoint(printer.uri), JOB, [], DocumentFile(growth.path, 6, growth))
    )
    for at in (0, 3):
        await growth.wait_until_asked(at)
        growth.write(b"abc")
    assert (await sending).ok
    assert printer.printed == [b"abcabc"]
    assert "transfer-encoding" not in printer.headers[-1]


async def test_writer_that_fails_breaks_the_sending(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    growth = GrowingFile(tmp_path / "growing")
    growth.write(b"abc")
    document = DocumentFile(growth.path, None, growth)
    sending = asyncio.create_task(client.print_job(Endpoint(printer.uri), JOB, [], document))
    await growth.wait_until_asked(3)
    growth.fail()
    with pytest.raises(DocumentUnreadable, match="its writer has died") as caught:
        await sending
    assert not caught.value.whole
    assert printer.printed == []


async def test_slow_writer_is_not_the_devices_fault(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    growth = GrowingFile(tmp_path / "growing")
    growth.write(b"abc")
    endpoint = Endpoint(printer.uri, patience=Patience(30, 30, 1))
    sending = asyncio.create_task(client.print_job(endpoint, JOB, [], DocumentFile(growth.path, None, growth)))
    await growth.wait_until_asked(3)
    await asyncio.sleep(1.5)
    growth.finish()
    assert (await sending).ok


@pytest.mark.parametrize("closes", [False, True])
async def test_device_that_leaves_a_growing_document_is_noticed(
    client: IppClient, tmp_path: Path, closes: bool
) -> None:
    growth = GrowingFile(tmp_path / "growing")
    growth.write(b"abc")
    done = asyncio.Event()

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await growth.wait_until_asked(3)
        if not closes:
            writer.write(make_answer(Status.BUSY))
            await asyncio.wait_for(done.wait(), 60)

    async with serve(leave) as uri:
        sending = client.print_job(Endpoint(uri), JOB, [], DocumentFile(growth.path, None, growth))
        if closes:
            with pytest.raises(ConnectionLost) as caught:
                await sending
            assert not caught.value.whole
        else:
            assert (await sending).code == Status.BUSY
        done.set()


async def test_canceled_sending_leaves_nothing_open(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    printer.stall = True
    files = count_open_files()
    sending = asyncio.create_task(client.print_job(Endpoint(printer.uri), JOB, [], make_document(tmp_path, LARGE)))
    async with asyncio.timeout(60):
        while not printer.headers:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    printer.released.set()
    async with asyncio.timeout(60):
        while count_open_files() > files:
            await asyncio.sleep(0.01)


async def test_connection_that_the_device_closed_is_not_used_again(client: IppClient) -> None:
    """N4: what must not be sent twice does not meet a connection that is known to be dead."""
    connections: list[int] = []
    closed = asyncio.Event()

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readexactly(await read_head(reader, writer))
        writer.write(make_answer())
        await writer.drain()
        writer.transport.abort()
        closed.set()

    async with serve(answer_once) as uri:
        for _ in range(3):
            closed.clear()
            assert (await client.create_job(Endpoint(uri), JOB, [])).ok
            await asyncio.wait_for(closed.wait(), 60)
            await asyncio.sleep(0.05)
    assert len(connections) == 3


async def test_unasked_answer_spoils_a_connection(client: IppClient) -> None:
    connections: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        for _ in range(2):
            await reader.readexactly(await read_head(reader, writer))
            writer.write(make_answer() + make_answer(Status.BUSY))
            await writer.drain()

    async with serve(talk) as uri:
        for _ in range(3):
            assert (await client.create_job(Endpoint(uri), JOB, [])).ok
    assert len(connections) == 3


async def test_pool_keeps_no_more_than_it_may() -> None:
    """The one that was unused longest gives way, and what is too old goes when the next one comes."""
    async with run_fake_printer() as first, run_fake_printer() as second, run_fake_printer() as third:
        kept = pool.Pool(size=2)
        places = [Endpoint(one.uri) for one in (first, second, third)]
        for place in places:
            kept.give_back(place, await kept.take(place))
        assert len(kept) == 2
        again = [await kept.take(place) for place in reversed(places)]
        assert len(kept) == 0
        for place, one in zip(reversed(places), again, strict=True):
            one.idle_since -= 2 * pool.KEEP
            kept.give_back(place, one)
        assert len(kept) == 1
        kept.close()
        assert len(kept) == 0


async def test_hundreds_at_once(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    """D11: each with a connection of its own, and none mixed up."""
    documents = [make_document(tmp_path, 10_000 + number) for number in range(256)]

    async def send(document: DocumentFile) -> Message:
        return await client.print_job(Endpoint(printer.uri), JOB, [], document)

    answers = await asyncio.gather(*map(send, documents))
    assert all(answer.ok for answer in answers)
    assert sorted(printer.printed) == sorted(document.path.read_bytes() for document in documents)
    assert connection.Connection.__hash__ is object.__hash__, "kept ones are told apart by what they are"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("length", [True, False], ids=["length", "chunks"])
async def test_gate_that_closes_in_the_middle_stops_the_sending(
    client: IppClient, tmp_path: Path, tls: bool, length: bool
) -> None:
    """N4: who was stopped in the middle of a document does not complete it when it wakes up."""
    valid, got = [True], bytearray()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        got.extend(await reader.readexactly(100_000))
        valid[0] = False
        while piece := await reader.read(1 << 20):
            got.extend(piece)
        over.set()

    over = asyncio.Event()
    whole = make_document(tmp_path, LARGE)
    document = DocumentFile(whole.path, LARGE if length else None, gate=lambda: valid[0])
    async with serve(take, make_certificate(tmp_path) if tls else None) as uri:
        with pytest.raises(DocumentUnreadable) as caught:
            await client.print_job(Endpoint(uri, tls="none"), JOB, [], document)
        await asyncio.wait_for(over.wait(), 60)
    assert caught.value.begun
    assert not caught.value.whole
    assert len(got) < LARGE
