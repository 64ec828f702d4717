"""Hostile printing clients, many at once, in a process of their own.

    python -m tests.support.crowd NAME HOST:PORT TLS_PORT COUNT GROUP

says a line when all are connected, then, when each has had its end, what they were answered as one JSON object:
words such as `HTTP 408`, `IPP 0x0408`, `closed`, with how often each was heard.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from distwire.ipp import Attribute, Group, GroupTag, Operation, attribute, decode_message, encode_message, make_message
from distwire.ipp.values import boolean, integer, keyword, name, uri
from tests.support.board import make_pdf
from tests.support.bombs import make_deflate_bomb, make_gzip_bomb

PATIENCE = 120.0
_PIECE = 1 << 16
_TCP_REPAIR = 19
_STEP_SECONDS = 0.05
_BOMB_MB = 400

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Place:
    """Where the clients go; `ready` counts those that are connected. Addresses are those of the loopback, so
    that many clients are many hosts: `per_address` of them share one."""

    host: str
    port: int
    tls_port: int
    group: str
    per_address: int = 20
    ready: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    @property
    def printer(self) -> str:
        return f"ipp://{self.host}:{self.port}/ipp/print/{self.group}"

    async def connect(self, number: int, port: int = 0) -> Streams:
        """A connection of the client with that number."""
        at = number // self.per_address
        source = f"127.0.{2 + at // 250}.{1 + at % 250}"
        try:
            return await asyncio.open_connection(self.host, port or self.port, local_addr=(source, 0))
        finally:
            self.ready.release()

    def request(self, operation: int, *more: Attribute, job: Iterable[Attribute] = ()) -> bytes:
        """The IPP part of a request."""
        first = (attribute("printer-uri", uri(self.printer)), attribute("requesting-user-name", name("crowd")))
        template = tuple(job)
        groups = (Group(GroupTag.JOB, template),) if template else ()
        return encode_message(make_message(operation, 1, (*first, *more), groups))

    def head(self, length: int | None, *more: str) -> bytes:
        """The HTTP head of a request with a body of so many octets, or a chunked one."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        lines = (f"POST /ipp/print/{self.group} HTTP/1.1", f"Host: {self.host}:{self.port}", framing, *more)
        return "\r\n".join((*lines, "Content-Type: application/ipp", "", "")).encode()


async def _hear(reader: asyncio.StreamReader) -> str:
    """What the server says next, in short."""
    try:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return "closed"
    status = head.split(b" ", 2)[1].decode()
    if status == "200" and b"application/ipp" in head.lower():
        return f"IPP {decode_message(body)[0].code:#06x}"
    return f"HTTP {status}"


async def _dribble(place: Place, number: int, whole: bytes, slow: bytes) -> str:
    """Send the one at once, and of the other an octet now and then, until the server has had enough."""
    reader, writer = await place.connect(number)
    writer.write(whole)
    heard = asyncio.ensure_future(_hear(reader))
    for octet in slow:
        if heard.done() or writer.is_closing():
            break
        writer.write(bytes((octet,)))
        await asyncio.sleep(_STEP_SECONDS)
    answer = await heard
    writer.close()
    return answer


async def dribble_head(place: Place, number: int) -> str:
    """The head of HTTP, octet by octet."""
    return await _dribble(place, number, b"", place.head(1000, f"X-Slow: {'o' * 8000}"))


async def dribble_attributes(place: Place, number: int) -> str:
    """The IPP part, octet by octet."""
    slow = place.request(Operation.PRINT_JOB, attribute("job-name", name("o" * 200)))
    return await _dribble(place, number, place.head(1_000_000), slow * 20)


async def dribble_document(place: Place, number: int) -> str:
    """The document, octet by octet."""
    whole = place.head(1_000_000) + place.request(Operation.PRINT_JOB) + b"%PDF-1.4\n"
    return await _dribble(place, number, whole, bytes(10_000))


async def _half(place: Place, number: int) -> Streams:
    reader, writer = await place.connect(number)
    writer.write(place.head(10_000_000) + place.request(Operation.PRINT_JOB) + bytes(300_000))
    await writer.drain()
    return reader, writer


async def half_and_wait(place: Place, number: int) -> str:
    """Half an upload, then silence."""
    reader, writer = await _half(place, number)
    answer = await _hear(reader)
    writer.close()
    return answer


async def half_and_reset(place: Place, number: int) -> str:
    """Half an upload, then a reset."""
    _, writer = await _half(place, number)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return "reset"


async def half_and_vanish(place: Place, number: int) -> str:
    """Half an upload, and the machine is gone: no FIN, no reset. Who may not have that from the system is silent."""
    reader, writer = await _half(place, number)
    sock = writer.get_extra_info("socket")
    try:
        sock.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
    except OSError:
        await _hear(reader)
    writer.transport.abort()
    return "vanished"


async def idle_kept(place: Place, number: int) -> str:
    """One good request, then nothing: the connection is kept until the server has had enough."""
    reader, writer = await place.connect(number)
    body = place.request(Operation.GET_PRINTER_ATTRIBUTES, attribute("requested-attributes", keyword("none")))
    writer.write(place.head(len(body)) + body)
    answer = await _hear(reader)
    assert answer == "IPP 0x0000", answer
    answer = await _hear(reader)
    writer.close()
    return answer


@cache
def _bomb(kind: str) -> bytes:
    """Zeros that fill a disk."""
    return make_gzip_bomb(_BOMB_MB) if kind == "gzip" else make_deflate_bomb(_BOMB_MB)


async def _send_bomb(place: Place, number: int, kind: str, operation: int, *more: Attribute, chunked: bool) -> str:
    request = place.request(operation, attribute("compression", keyword(kind)), *more)
    reader, writer = await place.connect(number)
    body = request + _bomb(kind)
    if chunked:
        pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    writer.write(place.head(None if chunked else len(body)) + body)
    answer = await _hear(reader)
    writer.close()
    return answer


def _make_bomb(kind: str, *, chunked: bool) -> Client:
    async def client(place: Place, number: int) -> str:
        return await _send_bomb(place, number, kind, Operation.PRINT_JOB, chunked=chunked)

    return client


async def bombs_in_a_job(place: Place, number: int) -> str:
    """A bomb as the second document of a job, and as its third: after the first there is no job any more."""
    job = await _create_job(place, number)
    of_job = (attribute("job-id", integer(job)), attribute("last-document", boolean(False)))
    good = await _ask(place, number, place.request(Operation.SEND_DOCUMENT, *of_job) + make_page())
    said = [
        await _send_bomb(place, number, kind, Operation.SEND_DOCUMENT, *of_job, chunked=True)
        for kind in ("gzip", "deflate")
    ]
    return ", ".join((good, *said))


async def _create_job(place: Place, number: int) -> int:
    reader, writer = await place.connect(number)
    body = place.request(Operation.CREATE_JOB)
    writer.write(place.head(len(body)) + body)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    answer = decode_message(await reader.readexactly(length))[0]
    writer.close()
    return answer.job.integer("job-id") or 0


async def _ask(place: Place, number: int, body: bytes) -> str:
    reader, writer = await place.connect(number)
    writer.write(place.head(len(body)) + body)
    answer = await _hear(reader)
    writer.close()
    return answer


async def never_closed(place: Place, number: int) -> str:
    """A Create-Job to which nothing follows."""
    return await _ask(place, number, place.request(Operation.CREATE_JOB))


def _make_large(*, chunked: bool, megabytes: int) -> Client:
    async def client(place: Place, number: int) -> str:
        """A document of so many megabytes; it listens while it sends, as CUPS does."""
        size = megabytes << 20
        request = place.request(Operation.PRINT_JOB)
        reader, writer = await place.connect(number)
        writer.write(place.head(None if chunked else len(request) + size))
        heard = asyncio.ensure_future(_hear(reader))
        pouring = asyncio.ensure_future(_pour(writer, request, size, chunked=chunked))
        await asyncio.wait((heard, pouring), return_when=asyncio.FIRST_COMPLETED)
        answer = await heard
        pouring.cancel()
        writer.close()
        return answer

    return client


async def _pour(writer: asyncio.StreamWriter, request: bytes, size: int, *, chunked: bool) -> None:
    pieces = [request, *([bytes(_PIECE)] * (size // _PIECE))]
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
        if chunked:
            writer.write(b"0\r\n\r\n")


async def wordless(place: Place, number: int) -> str:
    """A connection on which nothing is said."""
    try:
        reader, writer = await place.connect(number)
    except OSError:
        return "closed"
    answer = await _hear(reader)
    writer.close()
    return answer


async def hoard(place: Place, number: int) -> str:
    """All from one address, each with the beginning of a head."""
    reader, writer = await place.connect(0)
    writer.write(b"POST /ipp/pr")
    answer = await _hear(reader)
    writer.close()
    return answer


async def half_a_handshake(place: Place, number: int) -> str:
    """The beginning of a TLS handshake."""
    reader, writer = await place.connect(number, place.tls_port)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    answer = await _hear(reader)
    writer.close()
    return answer


async def takes_no_answer(place: Place, number: int) -> str:
    """Asks without end, and reads nothing."""
    _, writer = await place.connect(number)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    body = place.request(Operation.GET_PRINTER_ATTRIBUTES)
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                writer.write((place.head(len(body)) + body) * 20)
                await writer.drain()
    except ConnectionError:
        return "closed"
    finally:
        writer.transport.abort()


def _make_expecting(length: int, *more: str) -> Client:
    async def client(place: Place, number: int) -> str:
        """Waits to be asked for the document, which it never should be."""
        reader, writer = await place.connect(number)
        writer.write(place.head(length, "Expect: 100-continue", *more))
        answer = await _hear(reader)
        writer.close()
        return answer

    return client


_WRONG = f"Authorization: Basic {base64.b64encode(b'nobody:a wrong password').decode()}"


@cache
def make_page() -> bytes:
    """A document of one page."""
    return make_pdf()


Client = Callable[[Place, int], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """`count` clients of a kind, and `answers`, the words that each of them may hear."""

    client: Client
    count: int
    answers: frozenset[str]
    per_address: int = 20


def _crowd(client: Client, count: int, *answers: str, per_address: int = 20) -> Crowd:
    return Crowd(client, count, frozenset(answers), per_address)


TOO_LARGE = "IPP 0x0408"
CROWDS = {
    "dribbled-head": _crowd(dribble_head, 60, "HTTP 408"),
    "dribbled-attributes": _crowd(dribble_attributes, 60, "HTTP 408"),
    "dribbled-document": _crowd(dribble_document, 60, "HTTP 408"),
    "half-and-wait": _crowd(half_and_wait, 60, "HTTP 408"),
    "half-and-reset": _crowd(half_and_reset, 60, "reset"),
    "half-and-vanish": _crowd(half_and_vanish, 60, "vanished"),
    "idle-kept": _crowd(idle_kept, 500, "closed"),
    "gzip-bomb": _crowd(_make_bomb("gzip", chunked=False), 4, TOO_LARGE),
    "deflate-bomb": _crowd(_make_bomb("deflate", chunked=False), 4, TOO_LARGE),
    "gzip-bomb-in-chunks": _crowd(_make_bomb("gzip", chunked=True), 4, TOO_LARGE),
    "bombs-in-a-job": _crowd(bombs_in_a_job, 4, f"IPP 0x0000, {TOO_LARGE}, IPP 0x0404"),
    "larger-than-the-limit": _crowd(_make_large(chunked=False, megabytes=48), 6, TOO_LARGE),
    "larger-than-the-limit-in-chunks": _crowd(_make_large(chunked=True, megabytes=48), 6, TOO_LARGE),
    "larger-than-the-disk": _crowd(_make_large(chunked=False, megabytes=160), 3, "IPP 0x0505"),
    "larger-than-the-disk-in-chunks": _crowd(_make_large(chunked=True, megabytes=160), 3, "IPP 0x0505"),
    "wordless": _crowd(wordless, 3000, "closed", "HTTP 503"),
    "hoarded-by-one": _crowd(hoard, 300, "HTTP 408", "HTTP 503", "closed"),
    "hoarded-by-six": _crowd(dribble_head, 720, "HTTP 408", "HTTP 503", "closed", per_address=120),
    "never-closed": _crowd(never_closed, 60, "IPP 0x0000", "IPP 0x050b", per_address=60),
    "half-a-handshake": _crowd(half_a_handshake, 120, "closed"),
    "takes-no-answer": _crowd(takes_no_answer, 8, "closed"),
    "expects-too-much": _crowd(_make_expecting(64 << 30), 40, "HTTP 413"),
    "expects-without-right": _crowd(_make_expecting(1 << 20, _WRONG), 5, "HTTP 401"),
}


async def _run(crowd: Crowd, place: Place, count: int) -> Counter[str]:
    clients = [asyncio.ensure_future(crowd.client(place, number)) for number in range(count)]
    for _ in clients:
        await place.ready.acquire()
    print("there", flush=True)
    async with asyncio.timeout(2 * PATIENCE):
        return Counter(await asyncio.gather(*clients))


def main() -> None:
    """See the module."""
    kind, authority, tls_port, count, group = sys.argv[1:]
    crowd, (host, _, port) = CROWDS[kind], authority.rpartition(":")
    if "bomb" in kind:  # made before anybody waits for it
        _bomb("gzip"), _bomb("deflate")

    async def run() -> Counter[str]:
        return await _run(crowd, Place(host, int(port), int(tls_port), group, crowd.per_address), int(count))

    print(json.dumps(asyncio.run(run())), flush=True)


if __name__ == "__main__":
    main()
