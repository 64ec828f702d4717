"""The body of a request on its way from a connection to whoever reads it: gathered, bounded, waited for on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from distwire.ipp.http_framing import BadFraming, Framing

T = TypeVar("T")

PIECE = 256 << 10
"""Octets that are gathered at most before the reader has to take them: then the socket is read no more."""


class BodyTooLarge(ValueError):
    """The body is larger than the limit."""


class BodyLate(TimeoutError):
    """The client was silent for too long, or sent too little."""


class ClientGone(ConnectionError):
    """The client went away before it had sent all, or while it was waited for something for it."""


class Source(Protocol):
    """The connection, as its bodies know it."""

    def begin_waiting(self) -> None:
        """Somebody waits for octets from now on: the client's time runs."""

    def end_waiting(self) -> None:
        """Nobody waits any more, or there is room again."""

    async def attend(self, awaitable: Awaitable[T]) -> T:
        """Wait for something that is none of the client's, while the client is there. Raises `ClientGone`."""


class HttpBody:
    """Read it by `take`, or by iterating. Raises `BodyTooLarge`, `BodyLate`, `BadFraming` and `ClientGone`."""

    __slots__ = ("_failure", "_framing", "_limit", "_parts", "_source", "_waiter", "_wanted", "gathered", "size")

    def __init__(self, source: Source, framing: Framing, limit: int) -> None:
        self._source = source
        self._framing = framing
        self._limit = limit
        self._parts: list[bytes] = []
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 1
        self.gathered = 0
        self.size = 0

    @property
    def arrived(self) -> bool:
        """All of it came, whether it was taken or not."""
        return self._framing.complete

    @property
    def complete(self) -> bool:
        """All of it came and was taken."""
        return self._framing.complete and not self.gathered

    @property
    def waiting(self) -> bool:
        """Somebody waits for more of it."""
        return self._waiter is not None

    async def take(self, least: int = 1) -> bytes:
        """What has come: at least so many octets (up to `PIECE`), or all that is left. Empty at the end."""
        self._wanted = min(least, PIECE)
        while not self._ready:
            self._waiter = asyncio.get_running_loop().create_future()
            self._source.begin_waiting()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._failure is not None:
            raise self._failure
        piece = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self.gathered = 0
        self._source.end_waiting()
        return piece

    def __aiter__(self) -> HttpBody:
        return self

    async def __anext__(self) -> bytes:
        piece = await self.take()
        if not piece:
            raise StopAsyncIteration
        return piece

    async def attend(self, awaitable: Awaitable[T]) -> T:
        """Wait for something while the client is there: its end cancels it, and raises `ClientGone`."""
        return await self._source.attend(awaitable)

    def feed(self, data: memoryview) -> int:
        """Connection: octets came; how many of them belong to this body."""
        before = len(self._parts)
        try:
            used = self._framing.feed(data, self._parts)
        except BadFraming as error:
            self.fail(error)
            return len(data)
        if used:
            added = sum(map(len, self._parts[before:]))
            self.gathered += added
            self.size += added
            if self.size > self._limit:
                self.fail(BodyTooLarge(f"more than {self._limit} bytes"))
                return len(data)
        self._wake()
        return used

    def drop(self) -> None:
        """Connection: nobody will take what has come."""
        self._parts.clear()
        self.gathered = 0

    def fail(self, failure: Exception) -> None:
        """Connection: it will never be whole."""
        if self._failure is None:
            self._failure = failure
        self._wake()

    @property
    def failed(self) -> bool:
        """It will never be whole."""
        return self._failure is not None

    @property
    def _ready(self) -> bool:
        return self._failure is not None or self._framing.complete or self.gathered >= self._wanted

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and self._ready:
            self._waiter.set_result(None)
