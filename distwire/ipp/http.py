"""One HTTP/1.1 connection of the service side: requests in, responses out, on h11 and asyncio (RFC 9112).

Knows nothing of IPP. Bodies are handed on piece by piece; every wait has a limit, and every answer reaches a client
that is still sending: what remains of its body is read and thrown away before the connection is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a client may take. Sizes in bytes, times in seconds.

    `idle` is the time for a whole request head, `body` the time between two pieces of a body, `body_size` what is
    taken (or thrown away) of one body, `drain` how much of an unwanted body is read so that the answer arrives.
    """

    head: int = 16 << 10
    idle: float = 60.0
    body: float = 60.0
    body_size: int = 4 << 30
    drain: int = 64 << 20
    connections: int = 512


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request head and the way to its body."""

    method: str
    target: str
    headers: dict[str, str]
    peer: str
    body: AsyncGenerator[bytes, None]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.split("?", 1)[0]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; `Content-Length` and `Date` are added."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Answer = Callable[[HttpRequest], Awaitable[HttpResponse]]


class BodyTooLarge(ValueError):
    """The body is larger than the limit."""


class BodyBroken(ConnectionError):
    """The client went away, was silent for too long, or broke the protocol in mid-body."""


class HttpConnection:
    """Serves the requests of one connection in their order until either side ends it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, limits: HttpLimits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._limits = limits
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._method = b""
        self._stopping = False
        self._waiting = False

    async def run(self) -> None:
        """Serve until the end of the connection; never raises for what the client did."""
        try:
            while await self._serve_one():
                self._wire.start_next_cycle()
        except (OSError, TimeoutError, h11.ProtocolError):
            pass  # the client is gone or beyond talking to
        finally:
            await self._close()

    def stop(self) -> None:
        """Let the request in hand end, then close; a connection that waits for a request is closed at once."""
        self._stopping = True
        if self._waiting:
            self._writer.close()

    async def _serve_one(self) -> bool:
        """Serve the next request; True when another may follow on this connection."""
        try:
            head = await self._next_head()
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
            return False
        if head is None:
            return False
        try:
            response = await self._answer(self._request(head))
        except BodyTooLarge as error:
            response = _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        except BodyBroken:
            return False
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
            return False
        early = self._wire.they_are_waiting_for_100_continue
        await self._send(response, close=self._stopping or early)
        if early:
            return False
        await self._drain()
        return self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE and not self._stopping

    async def _next_head(self) -> h11.Request | None:
        self._waiting = True
        try:
            async with asyncio.timeout(self._limits.idle):
                event = await self._next_event()
        finally:
            self._waiting = False
        return event if isinstance(event, h11.Request) else None

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._wire.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            self._wire.receive_data(await self._reader.read(_PIECE))

    def _request(self, head: h11.Request) -> HttpRequest:
        self._method = head.method
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        peer = self._writer.get_extra_info("peername")
        return HttpRequest(
            method=head.method.decode("ascii"),
            target=head.target.decode("latin-1"),
            headers=headers,
            peer=str(peer[0]) if peer else "",
            body=self._body(),
        )

    async def _body(self) -> AsyncGenerator[bytes, None]:
        """Pieces of the body; asks a client that waits for it to go on (Expect: 100-continue)."""
        taken = 0
        if self._wire.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        while self._wire.their_state is h11.SEND_BODY:
            try:
                async with asyncio.timeout(self._limits.body):
                    event = await self._next_event()
            except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
                raise BodyBroken("the body broke off") from error
            if not isinstance(event, h11.Data):
                return
            taken += len(event.data)
            if taken > self._limits.body_size:
                raise BodyTooLarge(f"more than {self._limits.body_size} bytes")
            yield bytes(event.data)

    async def _drain(self) -> None:
        """Throw away the rest of a body, so that the client gets to reading the answer."""
        thrown = 0
        while self._wire.their_state is h11.SEND_BODY and thrown < self._limits.drain:
            async with asyncio.timeout(self._limits.body):
                event = await self._next_event()
            if not isinstance(event, h11.Data):
                return
            thrown += len(event.data)

    async def _send(self, response: HttpResponse, *, close: bool = False) -> None:
        headers = [
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            ("X-Content-Type-Options", "nosniff"),
            *response.headers,
        ]
        if close:
            headers.append(("Connection", "close"))
        reason = HTTPStatus(response.status).phrase.encode("ascii")
        self._write(h11.Response(status_code=response.status, headers=headers, reason=reason))
        if response.body and not self._head_only():
            self._write(h11.Data(data=response.body))
        self._write(h11.EndOfMessage())
        await self._writer.drain()

    def _head_only(self) -> bool:
        return self._method == b"HEAD"

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._wire.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self._send(_plain(error.error_status_hint, "this is no request that can be served"), close=True)

    def _write(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data:
            self._writer.write(data)

    async def _close(self) -> None:
        """Say the last word first: send what is buffered, shut the sending side, then let go."""
        try:
            if self._writer.can_write_eof() and not self._writer.is_closing():
                self._writer.write_eof()
            self._writer.close()
            await self._writer.wait_closed()
        except OSError:
            pass  # nobody is there to be told


def _plain(status: int, words: str) -> HttpResponse:
    return HttpResponse(status=status, body=(words + "\n").encode())
