"""Kept connections, by origin: a job and its document go over one connection where the device lets us."""

from __future__ import annotations

import asyncio
from collections import deque

from distwire.ipp.connecting import open_connection
from distwire.ipp.connection import Connection
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.names import Names

KEEP = 10.0
"""Seconds a connection is kept unused; printers close theirs after 15 to 60."""

TRUST = 2.0
"""Seconds during which a kept connection may carry what must not be sent twice: later it may be dead unnoticed."""

_Key = tuple[object, ...]


class Pool:
    """Connections that are open and unused. At most `size` are kept in all; the one unused longest gives way.

    The default leaves room below 1,024 files, a usual limit of a process, for 256 deliveries with their documents.

    Every call costs the same whatever is kept: `_order` has all of them from the longest unused on, and so has each
    queue of `_kept` those of one key.
    """

    def __init__(self, size: int = 384, authorities: str | None = None) -> None:
        self._size = size
        self._authorities = authorities
        self._names = Names()
        self._kept: dict[_Key, deque[Connection]] = {}
        self._order: dict[Connection, _Key] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._order)

    async def take(self, endpoint: Endpoint, max_age: float = KEEP) -> Connection:
        """A kept connection (its `fresh` is False) that was used in the last `max_age` seconds, or a new one."""
        now = asyncio.get_running_loop().time()
        key = _key(endpoint)
        while key in self._kept:
            connection = self._remove(key, -1)
            if now - connection.idle_since <= max_age and connection.reusable:
                return connection
            connection.close()
        return await open_connection(endpoint, self._names, self._authorities)

    def give_back(self, endpoint: Endpoint, connection: Connection) -> None:
        """Keep it for the next exchange, or close it when it cannot be used again."""
        self._drop_old()
        if not connection.reusable or self._size < 1:
            connection.close()
            return
        if len(self._order) >= self._size:
            self._remove(next(iter(self._order.values())), 0).close()
        key = _key(endpoint)
        self._kept.setdefault(key, deque()).append(connection)
        self._order[connection] = key

    def close(self) -> None:
        """Close all that are kept."""
        for connection in self._order:
            connection.close()
        self._order.clear()
        self._kept.clear()

    def _drop_old(self) -> None:
        """Each is looked at once in its life here, when its time is over."""
        oldest_allowed = asyncio.get_running_loop().time() - KEEP
        while self._order and (oldest := next(iter(self._order))).idle_since < oldest_allowed:
            self._remove(self._order[oldest], 0).close()

    def _remove(self, key: _Key, end: int) -> Connection:
        """Take out the first (0) or last (-1) of a key."""
        queue = self._kept[key]
        connection = queue.popleft() if end == 0 else queue.pop()
        if not queue:
            del self._kept[key]
        del self._order[connection]
        return connection


def _key(endpoint: Endpoint) -> _Key:
    """Connections differ also by how their certificate was checked, and by who was logged in on them."""
    return (*endpoint.origin, endpoint.tls, endpoint.pinned, endpoint.user)
