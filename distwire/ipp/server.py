"""An asyncio HTTP server that hands IPP requests to a service and all others to a page handler (RFC 8010 §4).

What waits for a client waits on the loop. What a service does is done on the loop too, or, with an executor, in its
threads: in few steps, each of which has the octets that it needs.
"""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Executor
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from distwire.ipp.auth import make_basic_challenge, read_basic
from distwire.ipp.enums import Status
from distwire.ipp.exchange import DEFAULT_LIMITS, Exchange, ExchangeLimits
from distwire.ipp.forwarded import Network, find_client, is_proxy, name_peer
from distwire.ipp.http import HttpLimits, HttpRequest, HttpResponse, make_plain
from distwire.ipp.http_body import PIECE
from distwire.ipp.http_connection import HttpConnection
from distwire.ipp.http_listener import HttpListener, bind_sockets
from distwire.ipp.http_tls import TlsTransport
from distwire.ipp.message import MEDIA_TYPE
from distwire.ipp.service import AuthenticationNeeded, Context, Refusal, Service
from distwire.ipp.thread_step import run_in_thread

Page = Callable[[HttpRequest], Awaitable[HttpResponse]]
T = TypeVar("T")

_SCRATCH = 256 << 10
_ALLOWED = ("Allow", "GET, HEAD, OPTIONS, POST")
_NO_STORE = ("Cache-Control", "no-store")
_YIELDING_SECONDS = 1.0
"""How long a connection has to have been idle before it gives way to another client."""
_HTTP_STATUS: dict[int, HTTPStatus] = {
    Status.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Status.NOT_AUTHORIZED: HTTPStatus.FORBIDDEN,
    Status.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Status.GONE: HTTPStatus.GONE,
    Status.REQUEST_ENTITY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Status.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Status.NOT_ACCEPTING_JOBS: HTTPStatus.SERVICE_UNAVAILABLE,
    Status.SERVICE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Status.TEMPORARY_ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
}


async def no_page(request: HttpRequest) -> HttpResponse:
    """The page handler of a server that speaks only IPP."""
    del request
    return make_plain(HTTPStatus.NOT_FOUND, "there is no page here, only IPP")


class IppServer:
    """Listens on one address or several. Documents stream from the socket into the service, never whole in memory.

    Without an `executor` handlers and sinks run on the loop, and must not wait. With one they run in its threads, each
    request's steps one after the other. The executor stays the caller's: shut it down after `close`. `proxies` are
    those whose word about the client is taken.
    """

    def __init__(
        self,
        service: Service,
        page: Page = no_page,
        limits: HttpLimits | None = None,
        *,
        executor: Executor | None = None,
        documents: ExchangeLimits = DEFAULT_LIMITS,
        proxies: Collection[Network] = (),
    ) -> None:
        self.limits = limits or HttpLimits()
        self.scratch = bytearray(_SCRATCH)
        self.stopping = False
        self.idle: dict[HttpConnection, float] = {}
        self._service = service
        self._page = page
        self._executor = executor
        self._documents = documents
        self._proxies = proxies
        self._listeners: list[HttpListener] = []
        self._connections: set[HttpConnection] = set()
        self._peers: Counter[str] = Counter()
        self._refused = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: dict[HttpConnection, asyncio.Task[bool]] = {}
        self._wrapped: dict[HttpConnection, TlsTransport] = {}
        self._empty = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0, *, ssl: tls.SSLContext | None = None) -> int:
        """Bind and listen; returns the port (the free one that was found when `port` is 0). Raises OSError.

        May be called again for further addresses, with TLS and without.
        """
        sockets = await asyncio.get_running_loop().run_in_executor(None, bind_sockets, host, port)
        for sock in sockets:
            self.start_on(sock, ssl=ssl)
        return int(sockets[0].getsockname()[1])

    def start_on(self, sock: socket.socket | int, *, ssl: tls.SSLContext | None = None) -> int:
        """Listen on a socket that is bound already, or on its descriptor; it is closed with the server. Its port."""
        listener = HttpListener(socket.socket(fileno=sock) if isinstance(sock, int) else sock, ssl, self._accept)
        self._listeners.append(listener)
        return listener.port

    async def close(self, grace: float = 5.0) -> None:
        """Stop listening, let requests in hand end for `grace` seconds, then cut the rest."""
        self.stopping = True
        while self._listeners:
            self._listeners.pop().close()
        for opening in list(self._opening.values()):
            opening.cancel()
        for connection in list(self._connections):
            connection.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for connection in list(self._connections):
            connection.stop()
        await self._until_empty(min(grace, self.limits.linger))
        for connection in list(self._connections):
            connection.abort()
        for wrapped in list(self._wrapped.values()):
            wrapped.abort()
        await self._until_empty(grace)

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Carry out one request (a connection asks for it)."""
        if request.method == "POST":
            media_type = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
            return await (self._exchange(request) if media_type == MEDIA_TYPE else self._page(request))
        if request.method == "OPTIONS":
            return HttpResponse(status=HTTPStatus.OK, headers=(_ALLOWED,))
        if request.method not in ("GET", "HEAD"):
            return make_plain(HTTPStatus.METHOD_NOT_ALLOWED, "this is not done here", _ALLOWED)
        return await self._page(request)

    def forget(self, connection: HttpConnection) -> None:
        """A connection is closed."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        key = name_peer(connection.peer)
        if connection.refused:
            self._refused -= 1
        elif self._peers[key] > 1:
            self._peers[key] -= 1
        else:
            del self._peers[key]
        if not self._connections:
            self._empty.set()

    def remember(self, task: asyncio.Task[None]) -> None:
        """A request is being carried out."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, sock: socket.socket, peer: str, context: tls.SSLContext | None) -> None:
        limits, key = self.limits, name_peer(peer)
        crowded = self._peers[key] >= limits.per_peer and not is_proxy(peer, self._proxies)
        if not crowded and len(self._connections) - self._refused >= limits.connections:
            crowded = not self._make_room(key)
        if crowded and self._refused >= limits.refusals:
            sock.close()
            return
        connection = HttpConnection(self, peer, tls=context is not None, refused=crowded)
        self._connections.add(connection)
        if crowded:
            self._refused += 1
        else:
            self._peers[key] += 1
        self._empty.clear()
        protocol = connection if context is None else self._wrap(connection, context)
        task = asyncio.get_running_loop().create_task(_open(protocol, sock))
        self._opening[connection] = task
        task.add_done_callback(partial(self._end_opening, connection, sock))

    def _end_opening(self, connection: HttpConnection, sock: socket.socket, task: asyncio.Task[bool]) -> None:
        """It is open, or the client is gone already, or (`cancelled`, perhaps before a step was done) it gives way."""
        self._opening.pop(connection, None)
        if task.cancelled() or not task.result():
            sock.close()
            self.forget(connection)
            self._wrapped.pop(connection, None)

    def _wrap(self, connection: HttpConnection, context: tls.SSLContext) -> TlsTransport:
        """TLS under a connection, which can be ended before its connection knows of it."""

        def end() -> None:
            self._wrapped.pop(connection, None)
            self.forget(connection)

        wrapped = TlsTransport(connection, context, self.limits.handshake, end)
        self._wrapped[connection] = wrapped
        return wrapped

    def _make_room(self, newcomer: str) -> bool:
        """Let a connection go that has been idle for long, or else one of the peer who has most; False when nobody has
        more than the newcomer would have."""
        chosen = self._longest_idle() or self._hoarded(self._peers[newcomer] + 1)
        if chosen is None:
            return False
        self._end(chosen)
        return True

    def _longest_idle(self) -> HttpConnection | None:
        now = asyncio.get_running_loop().time()
        for connection, since in self.idle.items():
            return connection if now - since >= _YIELDING_SECONDS else None
        return None

    def _hoarded(self, fair: int) -> HttpConnection | None:
        """Of the peer who has most connections, if more than `fair`: the one that has kept us waiting longest."""
        most = ((count, peer) for peer, count in self._peers.items() if not is_proxy(peer, self._proxies))
        count, peer = max(most, default=(0, ""))
        if count <= fair:
            return None
        theirs = (one for one in self._connections if not one.refused and name_peer(one.peer) == peer)
        waiting = [(since, one) for one in theirs if (since := one.waiting_since) is not None]
        return min(waiting, key=lambda item: item[0])[1] if waiting else None

    def _end(self, connection: HttpConnection) -> None:
        opening, wrapped = self._opening.get(connection), self._wrapped.get(connection)
        if opening is not None:
            opening.cancel()
        (connection if wrapped is None else wrapped).abort()
        self.forget(connection)
        self.idle.pop(connection, None)

    async def _until_empty(self, seconds: float) -> None:
        """Not by `asyncio.timeout`: before Python 3.11.5 that ends a task that is being cancelled instead."""
        if self._connections:
            self._empty.clear()
            waiting = asyncio.ensure_future(self._empty.wait())
            try:
                await asyncio.wait({waiting}, timeout=seconds)
            finally:
                waiting.cancel()

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        context = self._make_context(request)
        exchange = Exchange(self._service, context, self._documents)
        try:
            if request.expects and self._service.admit is not None:
                await self._run(exchange.admit)
            if not exchange.answered:
                await self._fill(exchange, request)
            if exchange.pending:
                await request.body.attend(exchange.settle())
            if exchange.refusal is not None:
                return _make_refusal(exchange.refusal, context)
            return HttpResponse(content_type=MEDIA_TYPE, body=exchange.finish(), headers=(_NO_STORE,))
        except BaseException:
            await self._run(exchange.abort)
            raise

    async def _fill(self, exchange: Exchange, request: HttpRequest) -> None:
        """Until the exchange is answered: the first octets as soon as they are there, the others in large pieces."""
        body = request.body
        piece = await body.take()
        while not body.complete:
            await self._run(partial(exchange.feed, piece))
            if exchange.answered:
                return
            piece = await body.take(PIECE if self._executor is not None else 1)
        await self._run(partial(_end, exchange, piece))

    async def _run(self, step: Callable[[], T]) -> T:
        """One step of a service. Who is cancelled waits for its end, so no two steps overlap."""
        if self._executor is None:
            return step()
        return await run_in_thread(self._executor, step)

    def _make_context(self, request: HttpRequest) -> Context:
        peer, secure = find_client(request.peer, request.headers, self._proxies, tls=request.tls)
        credentials = read_basic(request.headers["authorization"]) if "authorization" in request.headers else None
        return Context(path=request.path, authority=request.authority, peer=peer, tls=secure, credentials=credentials)


async def _open(protocol: asyncio.BaseProtocol, sock: socket.socket) -> bool:
    """False: the client is gone already."""
    try:
        await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, sock)
    except OSError:
        return False
    return True


def _end(exchange: Exchange, piece: bytes) -> None:
    exchange.feed(piece)
    exchange.end()


def _make_refusal(refusal: Refusal, context: Context) -> HttpResponse:
    """What only HTTP can say: who are you, not over this connection, and no to a request of which no octet was read."""
    words = refusal.reply.words or "this is refused"
    if not isinstance(refusal, AuthenticationNeeded):
        return make_plain(_HTTP_STATUS.get(refusal.reply.status, HTTPStatus.FORBIDDEN), words)
    if not (context.tls or refusal.over_plain):
        return make_plain(
            HTTPStatus.UPGRADE_REQUIRED,
            f"{words}: use ipps or https, so that nobody can read the password",
            ("Upgrade", "TLS/1.2, HTTP/1.1"),
            ("Connection", "Upgrade"),
        )
    return make_plain(HTTPStatus.UNAUTHORIZED, words, ("WWW-Authenticate", make_basic_challenge(refusal.realm)))
