"""One HTTP/1.1 connection of the service side, on an asyncio transport: requests in, responses out (RFC 9112).

Knows nothing of IPP. Whatever waits for the client (a head, a body, room for an answer) waits in a callback or a
future of the loop, with a limit; a connection between two requests is a transport, this object and one timer.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Protocol, TypeVar, cast

from distwire.ipp.http import HttpLimits, HttpRequest, HttpResponse, encode_response, make_plain
from distwire.ipp.http_body import PIECE, BodyLate, BodyTooLarge, ClientGone, HttpBody
from distwire.ipp.http_framing import BadFraming
from distwire.ipp.http_head import BadHead, Head, HeadReader
from distwire.ipp.http_phase import Phase
from distwire.ipp.http_timer import LazyTimer

_log = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BUSY = make_plain(HTTPStatus.SERVICE_UNAVAILABLE, "there are too many connections: try later", ("Retry-After", "5"))
_FAILED = make_plain(HTTPStatus.INTERNAL_SERVER_ERROR, "this could not be done; the log says why")
_LATE = make_plain(HTTPStatus.REQUEST_TIMEOUT, "the request did not come in time")

T = TypeVar("T")


class House(Protocol):
    """What the connections of a server share. `scratch` is read into and used up within one callback."""

    limits: HttpLimits
    scratch: bytearray
    stopping: bool
    idle: dict[HttpConnection, float]

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Carry out a request."""

    def forget(self, connection: HttpConnection) -> None:
        """It is closed."""

    def remember(self, task: asyncio.Task[None]) -> None:
        """A request is being carried out: perhaps longer than its connection lives."""


class HttpConnection(asyncio.BufferedProtocol):
    """Serves the requests of one connection in their order until either side ends it."""

    def __init__(self, house: House, peer: str, *, tls: bool, refused: bool = False) -> None:
        """`refused` ones are told that there are too many, and nothing else."""
        self.peer = peer
        self.tls = tls
        self.refused = refused
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._phase = Phase.IDLE
        self._reader: HeadReader | None = None
        self._head: Head | None = None
        self._body: HttpBody | None = None
        self._ahead = b""
        self._attended: asyncio.Future[object] | None = None
        self._timer = LazyTimer(self._loop, self._ring)
        self._since = self._latest = self._loop.time()
        self._waited = 0.0
        self._thrown = 0
        self._blocked = self._closing = self._eof = self._paused = self._served = self._continued = False

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: it is open."""
        self._transport = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(high=0)  # to be told at once when the client takes no more
        if self.refused:
            self._write(_BUSY, closing=True)
            self._linger()
        elif self._house.stopping:
            transport.abort()
        else:
            self._enter(Phase.IDLE)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is over."""
        self._enter(Phase.CLOSED)
        self._eof = True
        self._ahead = b""
        self._transport = None
        self._timer.cancel()
        self._leave()
        self._house.forget(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        """asyncio: where octets may be put; they are taken from there before anything else happens."""
        return self._house.scratch

    def buffer_updated(self, nbytes: int) -> None:
        """asyncio: octets came."""
        self._latest = self._loop.time()
        data = memoryview(self._house.scratch)[:nbytes]
        phase, body = self._phase, self._body
        if phase is Phase.IDLE or phase is Phase.HEAD:
            self._take_head(bytes(data))
        elif phase is Phase.LINGERING:
            self._throw(nbytes)
        elif body is not None and not body.arrived:
            self._take_body(body, data)
        elif not self._closing:
            self._ahead += data
        self._regulate()

    def eof_received(self) -> bool:
        """asyncio: the client sends no more; it may still want its answers."""
        self._eof = True
        if self._phase in (Phase.SERVING, Phase.SENDING):
            self._leave(half=True)
            return not self.tls
        self.abort()
        return False

    def pause_writing(self) -> None:
        """asyncio: the client does not take what it is sent."""
        self._blocked = True

    def resume_writing(self) -> None:
        """asyncio: it does."""
        self._blocked = False
        if self._phase is Phase.SENDING:
            self._go_on()

    @property
    def waiting_since(self) -> float | None:
        """The loop's time since which the client has kept us waiting; None while the work is ours."""
        working = self._phase is Phase.SERVING and not (self._body is not None and self._body.waiting)
        return None if working or self._phase is Phase.CLOSED else self._since

    # Requests

    def stop(self) -> None:
        """Let the request in hand end, then close; a connection without one is closed at once."""
        if self._attended is not None:
            self._attended.cancel()
        elif self._phase not in (Phase.SERVING, Phase.SENDING):
            self._close()

    def _take_head(self, data: bytes) -> None:
        if self._reader is None:
            data = data.lstrip(b"\r\n")  # RFC 9112 §2.2
            if not data:
                return
            self._enter(Phase.HEAD)
            self._reader = HeadReader(self._house.limits.head, self._house.limits.headers)
        try:
            head, used = self._reader.feed(data)
            if head is None:
                self._watch()
                return
            self._reader = None
            self._begin(head, data[used:])
        except BadHead as error:
            self._reader = None
            self._say_last(make_plain(error.status, str(error)))

    def _begin(self, head: Head, rest: bytes) -> None:
        limits = self._house.limits
        if head.length is not None and head.length > limits.body_size:
            raise BadHead(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {limits.body_size} bytes")
        self._head = head
        self._body = HttpBody(self, head.make_framing(), limits.body_size)
        self._waited = 0.0
        self._continued = False
        self._enter(Phase.SERVING)
        used = self._body.feed(memoryview(rest)) if rest and not self._body.arrived else 0
        self._ahead = rest[used:]
        request = HttpRequest(
            method=head.method,
            target=head.target,
            path=head.path,
            authority=head.authority,
            headers=head.headers,
            peer=self.peer,
            tls=self.tls,
            expects=self._is_awaited,
            body=self._body,
        )
        self._house.remember(self._loop.create_task(self._serve(request)))

    async def _serve(self, request: HttpRequest) -> None:
        closing = False
        try:
            response = await self._house.answer(request)
        except BodyTooLarge as error:
            response, closing = make_plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)), True
        except BadFraming as error:
            response, closing = make_plain(HTTPStatus.BAD_REQUEST, str(error)), True
        except BodyLate:
            response, closing = _LATE, True
        except ClientGone:
            self.abort()
            return
        except asyncio.CancelledError:
            self.abort()
            raise
        except Exception:  # noqa: BLE001 - the outermost loop of a connection: the others are to be served
            _log.exception("http-request-broke")
            response, closing = _FAILED, True
        self._reply(response, closing=closing or self._house.stopping or self._is_awaited)

    @property
    def _is_awaited(self) -> bool:
        """The client waits for a word before it sends the body."""
        head, body = self._head, self._body
        if head is None or body is None or not head.expects or self._continued:
            return False
        return body.size == 0 and not body.arrived

    def _reply(self, response: HttpResponse, *, closing: bool) -> None:
        assert self._head is not None
        assert self._body is not None
        if self._phase is Phase.CLOSED:
            return
        self._body.drop()
        self._write(response, closing=closing or not self._head.keeps_alive or self._body.failed)
        self._enter(Phase.SENDING)
        if self._blocked:
            self._watch()
        else:
            self._go_on()

    def _go_on(self) -> None:
        """The answer is out: what comes next?"""
        body = self._body
        if self._closing:
            self._close() if body is None or (body.arrived and not self._ahead) else self._linger()
        elif body is not None and not body.arrived:
            if self._eof:
                self.abort()
                return
            self._thrown, self._waited = 0, 0.0
            self._enter(Phase.DRAINING)
            self._regulate()
            self._watch()
        else:
            self._next()

    def _next(self) -> None:
        ahead, self._ahead = self._ahead, b""
        self._head = self._body = None
        self._served = True
        self._enter(Phase.IDLE)
        if self._house.stopping:
            self._close()
            return
        if ahead:
            self._take_head(ahead)
        if self._phase is Phase.IDLE or self._phase is Phase.HEAD:
            if self._eof:
                self._close()
                return
            self._watch()
        self._regulate()

    # Bodies

    def begin_waiting(self) -> None:
        """Body: its reader waits."""
        head, body = self._head, self._body
        if head is not None and head.expects and not self._continued and body is not None and not body.arrived:
            self._continued = True  # also in the middle: libcups sends the attributes, then waits for it
            self._send(_CONTINUE)
        self._since = self._latest = self._loop.time()
        if self._eof and self._body is not None:
            self._body.fail(ClientGone("the client went away"))
        self._regulate()
        self._watch()

    def end_waiting(self) -> None:
        """Body: its reader took what there was."""
        self._regulate()

    async def attend(self, awaitable: Awaitable[T]) -> T:
        """Body: something is waited for while the client is there."""
        future = asyncio.ensure_future(awaitable)
        self._attended = future  # type: ignore[assignment]
        if self._eof:
            future.cancel()
        try:
            return await future
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._eof and task is not None and not task.cancelling():
                raise ClientGone("the client did not wait for the answer") from None
            raise
        finally:
            self._attended = None

    def _take_body(self, body: HttpBody, data: memoryview) -> None:
        waited = body.waiting
        before = body.size
        used = body.feed(data)
        if used < len(data) and not self._closing:
            self._ahead += data[used:]
        if self._phase is Phase.DRAINING:
            self._thrown += body.size - before
            body.drop()
            if body.failed or self._thrown > self._house.limits.drain:
                self._linger()
            elif body.arrived:
                self._next()
        elif waited:
            self._waited += self._latest - self._since
            self._since = self._latest

    def _throw(self, octets: int) -> None:
        self._thrown += octets
        if self._thrown > self._house.limits.drain:
            self.abort()

    def _leave(self, *, half: bool = False) -> None:
        """The client is gone, or (`half`) sends no more: who waits for it need not wait any longer."""
        attended, self._attended = self._attended, None
        if attended is not None:
            attended.cancel()
        body = self._body
        if body is not None and not body.arrived and (not half or self._phase is Phase.SERVING):
            body.fail(ClientGone("the client went away"))

    def _regulate(self) -> None:
        """Read from the socket only what there is room for."""
        if self._transport is None or self._phase is Phase.CLOSED:
            return
        full = len(self._ahead) > self._house.limits.head
        body = self._body
        if self._phase is Phase.SERVING and body is not None and body.gathered >= PIECE:
            full = True
        if full != self._paused and not self._transport.is_closing():
            self._paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # Answers, and the end

    def _write(self, response: HttpResponse, *, closing: bool) -> None:
        self._closing = closing
        head = self._head
        says = "close" if closing else "keep-alive" if head is not None and not head.newest else None
        self._send(encode_response(response, says, bodiless=head is not None and head.method == "HEAD"))

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _say_last(self, response: HttpResponse) -> None:
        """Answer what can be no request, and close."""
        self._write(response, closing=True)
        self._linger()

    def _linger(self) -> None:
        """Say no more, and wait until the client has heard it: closing over unread octets would take our words back."""
        if self._transport is None:
            return
        self._thrown = 0
        self._ahead = b""
        self._body = None
        self._enter(Phase.LINGERING)
        if self._eof:
            self._close()
            return
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        self._regulate()
        self._watch()

    def _close(self) -> None:
        if self._transport is not None:
            if self._blocked:
                self._transport.abort()
            else:
                self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # Time

    def _enter(self, phase: Phase) -> None:
        if self._phase is Phase.IDLE:
            self._house.idle.pop(self, None)
        if self._phase is Phase.CLOSED:
            return
        self._phase = phase
        self._since = self._latest = self._loop.time()
        if phase is Phase.IDLE:
            self._house.idle[self] = self._since

    @property
    def _due(self) -> float:
        """The loop's time until which the client has it."""
        limits, phase = self._house.limits, self._phase
        if phase is Phase.IDLE:
            return self._since + (limits.idle if self._served else limits.first_byte)
        if phase is Phase.HEAD:
            return self._since + limits.head_seconds
        if phase is Phase.SENDING:
            return self._since + limits.send
        if phase is Phase.LINGERING:
            return self._since + limits.linger
        body = self._body
        if body is None or (phase is Phase.SERVING and not body.waiting):
            return math.inf
        least = self._since - self._waited + limits.grace + body.size / limits.rate
        return min(self._latest + limits.body, least)

    def _watch(self) -> None:
        self._timer.watch(self._due)

    def _ring(self) -> None:
        if self._loop.time() < self._due:
            self._watch()
        elif self._phase is Phase.SERVING:
            assert self._body is not None
            self._body.fail(BodyLate("the client was silent for too long, or too slow"))
        elif self._phase is Phase.HEAD:
            self._reader = None
            self._say_last(_LATE)
        elif self._phase is Phase.IDLE:
            self._close()
        else:
            self.abort()
