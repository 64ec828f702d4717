"""Kept connections, by origin: a job and its document go over one connection where the device lets us."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from distwire.ipp.connection import Connection, open_connection
from distwire.ipp.endpoint import Endpoint

KEEP = 10.0
"""Seconds a connection is kept unused; printers close theirs after 15 to 60."""

TRUST = 2.0
"""Seconds during which a kept connection may carry what must not be sent twice: later it may be dead unnoticed."""

_Key = tuple[object, ...]


class Pool:
    """Connections that are open and unused. At most `size` are kept in all."""

    def __init__(self, size: int = 128, authorities: str | None = None) -> None:
        self._size = size
        self._authorities = authorities
        self._kept: defaultdict[_Key, list[Connection]] = defaultdict(list)

    async def take(self, endpoint: Endpoint, max_age: float = KEEP) -> Connection:
        """A kept connection (its `fresh` is False) that was used in the last `max_age` seconds, or a new one."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(_key(endpoint), [])
        while kept:
            connection = kept.pop()
            if connection.reusable and now - connection.idle_since <= max_age:
                return connection
            connection.close()
        return await open_connection(endpoint, self._authorities)

    def give_back(self, endpoint: Endpoint, connection: Connection) -> None:
        """Keep it for the next exchange, or close it when it cannot be used again."""
        self._drop_old()
        if connection.reusable and sum(map(len, self._kept.values())) < self._size:
            self._kept[_key(endpoint)].append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close all that are kept."""
        for kept in self._kept.values():
            for connection in kept:
                connection.close()
        self._kept.clear()

    def _drop_old(self) -> None:
        now = asyncio.get_running_loop().time()
        for key, kept in list(self._kept.items()):
            for connection in [c for c in kept if now - c.idle_since > KEEP or not c.reusable]:
                kept.remove(connection)
                connection.close()
            if not kept:
                del self._kept[key]


def _key(endpoint: Endpoint) -> _Key:
    """Connections differ also by how their certificate was checked, and by who was logged in on them."""
    return (*endpoint.origin, endpoint.tls, endpoint.pinned, endpoint.user)
