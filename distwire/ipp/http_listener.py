"""A listening socket: takes connections in, says whom they are from, and lives through a want of descriptors."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable

_log = logging.getLogger(__name__)
_AT_ONCE = 64
_PAUSE_SECONDS = 0.5
_BACKLOG = 512
_KEEP_IDLE_SECONDS = 60
"""After such a silence the system asks whether the client's machine is still there: some answers are long in coming."""

Accept = Callable[[socket.socket, str, "ssl.SSLContext | None"], None]


class HttpListener:
    """Gives every connection to `accept` at once, before anything is said on it, so that all are counted."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, accept: Accept) -> None:
        self._socket = sock
        self._context = context
        self._accept = accept
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        if sock.family in (socket.AF_INET, socket.AF_INET6):  # Linux: accepted ones have it from here
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_IDLE_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEP_IDLE_SECONDS // 4)
        sock.listen(_BACKLOG)
        self._loop.add_reader(sock.fileno(), self._take)

    @property
    def port(self) -> int:
        """Where it listens; 0 for a socket that has no port."""
        name = self._socket.getsockname()
        return int(name[1]) if isinstance(name, tuple) else 0

    def close(self) -> None:
        """Listen no more."""
        if self._pause is not None:
            self._pause.cancel()
        elif self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no descriptors, no memory: later there will be
                _log.warning("http-accept-failed", {"error": str(error)})
                self._loop.remove_reader(self._socket.fileno())
                self._pause = self._loop.call_later(_PAUSE_SECONDS, self._go_on)
                return
            connection.setblocking(False)
            self._accept(connection, address[0] if isinstance(address, tuple) else "", self._context)

    def _go_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._socket.fileno(), self._take)


def bind_sockets(host: str, port: int) -> list[socket.socket]:
    """A socket for every address that `host` has, all on one port. Raises OSError."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address[0], port, *address[2:]))
            port = port or sock.getsockname()[1]
    except OSError:
        for sock in sockets:
            sock.close()
        raise
    return sockets
