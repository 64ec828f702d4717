"""An asyncio HTTP server that hands IPP requests to a service and all others to a page handler (RFC 8010 §4)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from distwire.ipp.exchange import Exchange
from distwire.ipp.http import HttpConnection, HttpLimits, HttpRequest, HttpResponse
from distwire.ipp.message import MEDIA_TYPE
from distwire.ipp.service import Context, Service

Page = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def no_page(request: HttpRequest) -> HttpResponse:
    """The page handler of a server that speaks only IPP."""
    del request
    return HttpResponse(status=404, body=b"there is no page here, only IPP\n")


class IppServer:
    """Listens on one address. Documents stream from the socket into the service, never whole in memory."""

    def __init__(self, service: Service, page: Page = no_page, limits: HttpLimits | None = None) -> None:
        self._service = service
        self._page = page
        self._limits = limits or HttpLimits()
        self._server: asyncio.Server | None = None
        self._connections: dict[HttpConnection, asyncio.Task[None]] = {}

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Bind and listen; returns the port (the free one that was found when `port` is 0). Raises OSError."""
        self._server = await asyncio.start_server(self._accept, host, port, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, grace: float = 5.0) -> None:
        """Stop listening, let requests in hand end for `grace` seconds, then cut the rest."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.stop()
        tasks = list(self._connections.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= self._limits.connections:
            writer.close()
            return
        connection = HttpConnection(reader, writer, self._answer, self._limits)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        try:
            with contextlib.suppress(asyncio.CancelledError):  # cut by close(): asyncio would log it as an error
                await connection.run()
        finally:
            del self._connections[connection]

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        media_type = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
        if request.method != "POST" or media_type != MEDIA_TYPE:
            return await self._page(request)
        exchange = Exchange(self._service, self._context(request))
        try:
            async with contextlib.aclosing(request.body) as pieces:
                async for piece in pieces:
                    exchange.feed(piece)
                    if exchange.answered:
                        break
            body = exchange.finish()
        except BaseException:
            exchange.abort()
            raise
        return HttpResponse(content_type=MEDIA_TYPE, body=body, headers=(("Cache-Control", "no-store"),))

    def _context(self, request: HttpRequest) -> Context:
        return Context(path=request.path, authority=request.headers.get("host", ""), peer=request.peer)
