"""Addresses of hosts by their names, asked for in threads of their own.

Asking the system blocks for as long as a name server is silent, half a minute and more. In the few threads that the
event loop lends to all it would hold up whatever else is done there; here it holds up only who wants that name.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_MOST_THREADS = 128

HostAddress = tuple[int, tuple[Any, ...]]
"""(address family, address) as a socket takes them."""


class Names:
    """Belongs to one event loop. Each host is asked for once at a time, however many want it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MOST_THREADS, "names")
        self._asked: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def find(self, host: str, port: int) -> list[HostAddress]:
        """The host's addresses, in the system's order; one that is an address already needs no asking.

        Raises OSError and UnicodeError. Whoever goes away does not take the answer from the others.
        """
        for family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError):
                socket.inet_pton(family, host)
                return [(family, (host, port))]
        asked = self._asked.get((host, port))
        if asked is None:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, _ask_system, host, port)
            self._asked[host, port] = asked
            asked.add_done_callback(lambda _: self._asked.pop((host, port), None))
        return [(family, address) for family, _, _, _, address in await asyncio.shield(asked)]


def _ask_system(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
