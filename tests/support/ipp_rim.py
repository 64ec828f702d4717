"""An IppServer on a free port with a service that counts documents, and raw clients for it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from distwire.ipp import Operation, Status, attribute, decode_message, encode_message, make_message
from distwire.ipp.http import HttpLimits, HttpRequest, HttpResponse
from distwire.ipp.server import IppServer
from distwire.ipp.service import Call, Context, Handler, Refusal, Reply, Service
from distwire.ipp.values import uri

PATIENCE = 60.0
_TARGET = attribute("printer-uri", uri("ipp://x/ipp/print"))
ATTRIBUTES = encode_message(make_message(Operation.PRINT_JOB, 5, (_TARGET,)))
LOOK = encode_message(make_message(Operation.GET_PRINTER_ATTRIBUTES, 6, (_TARGET,)))


class Sink:
    """Counts a document; a small one is refused at its first byte when told so."""

    def __init__(self, refuse: bool) -> None:
        self.size = 0
        self.pieces = 0
        self.aborted = asyncio.Event()
        self.threads: set[str] = set()
        self._refuse = refuse

    def write(self, piece: bytes) -> None:
        """See `DocumentSink`."""
        if self._refuse:
            raise Refusal(Status.NOT_ACCEPTING_JOBS, "closed")
        self.threads.add(threading.current_thread().name)
        self.size += len(piece)
        self.pieces += 1

    def finish(self) -> Reply:
        """See `DocumentSink`."""
        return Reply(words=str(self.size))

    def abort(self, reason: str) -> None:
        """See `DocumentSink`."""
        self.aborted.set()


@dataclass
class Rim:
    """A server, what it got, and a way to it."""

    port: int
    server: IppServer
    sinks: list[Sink] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    async def connect(self, host: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from that address of the loopback."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(host, 0))

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


async def count_body(request: HttpRequest) -> HttpResponse:
    """A page that says what was asked, and how much came."""
    got = b""
    async for piece in request.body:
        got += piece
    return HttpResponse(body=f"{request.method} {request.path} {len(got)}".encode())


@asynccontextmanager
async def run_rim(
    limits: HttpLimits | None = None,
    refuse: bool = False,
    handler: Callable[[HttpRequest], Awaitable[HttpResponse]] = count_body,
    *,
    handlers: Mapping[int, Handler] | None = None,
    admit: Callable[[Context], Context] | None = None,
    executor: Executor | None = None,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Rim]:
    """Print-Job into a `Sink`, Get-Printer-Attributes into nothing, and what `handlers` has instead of them."""
    sinks: list[Sink] = []
    calls: list[Call] = []

    def take(call: Call) -> Sink:
        calls.append(call)
        sinks.append(Sink(refuse))
        return sinks[-1]

    def look(call: Call) -> Reply:
        calls.append(call)
        return Reply()

    known: dict[int, Handler] = {Operation.PRINT_JOB: take, Operation.GET_PRINTER_ATTRIBUTES: look, **(handlers or {})}
    server = IppServer(Service(known, admit=admit), handler, limits, executor=executor)
    port = await server.start(ssl=context)
    try:
        yield Rim(port, server, sinks, calls)
    finally:
        await server.close()


def make_head(length: int | None, more: str = "") -> bytes:
    """The head of a request with a body of so many octets, or a chunked one."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\n{framing}\r\n{more}\r\n".encode()


def status_of(answer: bytes) -> int:
    """The IPP status in an HTTP answer."""
    _, _, body = answer.partition(b"\r\n\r\n")
    return decode_message(body)[0].code


def split_answers(data: bytes) -> list[tuple[bytes, bytes]]:
    """Heads and bodies of answers that came one after the other."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        found.append((head, rest[:length]))
        data = rest[length:]
    return found


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """The next answer, whole."""
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readexactly(int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0]))
