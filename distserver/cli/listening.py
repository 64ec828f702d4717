"""The socket that the web server listens on."""

from __future__ import annotations

import errno
import socket

from distserver.errors import SetupError

_HIGHEST = 65535


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `SetupError`, with the mend, when that cannot be."""
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SetupError(_explain(error, host, port)) from error


def open_printers(host: str, port: int, wanted: int) -> socket.socket:
    """A socket on which groups are printers: `port`, or with 0 the `wanted` one, or a free one where that is taken."""
    if port:
        return open_socket(host, port)
    try:
        return open_socket(host, wanted if wanted <= _HIGHEST else 0)
    except SetupError:
        return open_socket(host, 0)


def url_here(host: str, port: int) -> str:
    """How programs on this machine reach a server that listens on `host`."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - read here, not listened on
        return f"http://127.0.0.1:{port}"
    if host == "::":
        return f"http://[::1]:{port}"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken: end what uses it, or choose another with --port N"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no right to listen on port {port}: choose one above 1023 with --port N"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"'{host}' is no address of this machine: choose one of its own with --host ADDRESS, or 127.0.0.1"
    return f"cannot listen on {host} port {port}: {error.strerror}; choose another with --host and --port"
