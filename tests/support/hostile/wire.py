"""A connection to the network: HTTP/1.1 in by httptools, out by hand, because half of it is meant to be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httptools

from tests.support.hostile.exchange import Exchange
from tests.support.hostile.printer import Printer
from tests.support.hostile.script import Garbage

_LINGER_SECONDS = 1.0
_CONTROL = "/control/"
_PRINTERS = "/ipp/print/"


class Host(Protocol):
    """Whoever owns the connections."""

    connections: set[Wire]

    def find(self, name: str) -> Printer:
        """The printer of that name; it comes into being when it is first asked for."""
        ...

    def uri(self, name: str) -> str:
        """Its address."""
        ...

    async def control(self, method: str, path: str, query: str, body: bytes) -> bytes:
        """A request of the test; answers JSON."""
        ...

    def spawn(self, work: Awaitable[None]) -> None:
        """Run it beside."""
        ...


class Wire(asyncio.Protocol):
    """One connection, one exchange after the other; pipelining ends it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._control: bytearray | None = None
        self._url = b""
        self._expects = False
        self._keeps = False
        self._answering = False
        self._discarding = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._host.connections.discard(self)
        if self._exchange is not None:
            self._exchange.broken()

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_message_begin(self) -> None:
        if self._answering:
            self.abort()
        self._url, self._expects, self._exchange, self._control = b"", False, None, None

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect":
            self._expects = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        path = unquote(urlsplit(self._url.decode("latin-1")).path)
        if path.startswith(_CONTROL):
            self._control = bytearray()
        elif path.startswith(_PRINTERS) and self._parser.get_method() == b"POST":
            name = path.removeprefix(_PRINTERS).partition("/")[0]
            self._exchange = Exchange(self, self._host.find(name), self._host.uri(name))
            if self._expects:
                self._exchange.welcome()

    def on_body(self, body: bytes) -> None:
        if self._control is not None:
            self._control += body
        elif self._exchange is not None:
            self._exchange.feed(body)

    def on_message_complete(self) -> None:
        if self._discarding:
            return
        self._answering = True
        self._keeps = self._parser.should_keep_alive()  # later calls would tell of the next request
        if self._control is not None:
            self._host.spawn(self._answer_control(bytes(self._control)))
        elif self._exchange is not None:
            self._exchange.finish()
        else:
            self.respond(404, "text/plain", b"no printer here\n")

    async def _answer_control(self, body: bytes) -> None:
        parts = urlsplit(self._url.decode("latin-1"))
        command = unquote(parts.path).removeprefix(_CONTROL)
        try:
            answer = await self._host.control(self._parser.get_method().decode(), command, parts.query, body)
        except (KeyError, TypeError, ValueError) as error:
            self.respond(400, "text/plain", repr(error).encode())
        else:
            self.respond(200, "application/json", answer)

    def respond(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        """A whole answer; the connection stays when the client wants it to."""
        self._write(_head(status, kind, len(body), headers) + body)
        self._end_answer()

    def drip(self, status: int, kind: str, body: bytes, seconds: float) -> None:
        """The same, a byte each so many seconds."""
        whole = _head(status, kind, len(body), ()) + body
        self._drip(whole, 0, asyncio.get_running_loop(), seconds)

    def _drip(self, whole: bytes, at: int, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        if self._transport is None:
            return
        self._write(whole[at : at + 1])
        if at + 1 < len(whole):
            loop.call_later(seconds, self._drip, whole, at + 1, loop, seconds)
        else:
            self._end_answer()

    def spoil(self, garbage: Garbage, body: bytes) -> None:
        """No proper answer, then the end."""
        match garbage:
            case Garbage.NOISE:
                self._write(b"\x00\x7f@PJL INFO STATUS\r\n" + bytes(range(256)))
            case Garbage.PAGE:
                page = b"<html><body>Welcome to your new printer</body></html>"
                self._write(_head(200, "text/html", len(page), ()) + page)
            case Garbage.ERROR:
                self._write(_head(500, "text/plain", 0, ()))
            case Garbage.HALF:
                half = body[: len(body) // 2]
                self._write(_head(200, "application/ipp", len(half), ()) + half)
            case Garbage.SHORT:
                self._write(_head(200, "application/ipp", len(body), ()) + body[: len(body) // 2])
        if self._transport is not None:
            self._transport.close()

    def proceed(self) -> None:
        """100 Continue."""
        self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def deafen(self, *, for_ever: bool) -> None:
        """Read no more; after an early answer what still comes is thrown away, so that the answer is not lost."""
        if self._transport is None:
            return
        if for_ever:
            self._discarding = True
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.abort)
        else:
            self._transport.pause_reading()

    def listen(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end_answer(self) -> None:
        self._answering = False
        if self._transport is not None and not self._discarding and not self._keeps:
            self._transport.close()


def _head(status: int, kind: str, length: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {length}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Factory = Callable[[], Wire]
