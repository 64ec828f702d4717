"""From an address to an open connection: the socket, and with ipps its certificate."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl

from distwire.ipp.connection import Connection
from distwire.ipp.endpoint import Endpoint, format_authority
from distwire.ipp.failures import CertificateRefused, UnknownHost, Unreachable
from distwire.ipp.names import Names
from distwire.ipp.tls import PIN, check_pin, make_context
from distwire.ipp.wire import PlainWire
from distwire.ipp.wire_stream import StreamWire

_HAS_SENDFILE = hasattr(os, "sendfile")


async def open_connection(endpoint: Endpoint, names: Names, authorities: str | None = None) -> Connection:
    """Connect, and with ipps check the certificate. Raises `Unreachable` and `CertificateRefused`."""
    origin = endpoint.origin
    context = make_context(endpoint.tls, authorities) if origin.scheme == "ipps" else None
    try:
        async with asyncio.timeout(endpoint.patience.connect):
            sock = await connect_socket(names, origin.host, origin.port)
            if context is None and _HAS_SENDFILE:
                return Connection(PlainWire(sock), origin)
            wire = await _open_stream(sock, context, origin.host)
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"the device's certificate is not trusted: {error.verify_message}") from error
    except TimeoutError as error:
        raise Unreachable(f"{format_authority(origin)}: no answer in {endpoint.patience.connect:g} s") from error
    except (socket.gaierror, UnicodeError) as error:
        raise UnknownHost(origin.host) from error
    except OSError as error:
        raise Unreachable(f"{format_authority(origin)}{_explain(error)}") from error
    if context is not None and endpoint.tls == PIN:
        try:
            _pin(wire, endpoint)
        except CertificateRefused:
            wire.close()
            raise
    return Connection(wire, origin)


async def connect_socket(names: Names, host: str, port: int) -> socket.socket:
    """A connected socket to the first of the host's addresses that takes it. Raises OSError and UnicodeError."""
    failures: list[OSError] = []
    for family, address in await names.find(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failures.append(error)
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise next((e for e in failures if isinstance(e, ConnectionRefusedError)), failures[-1])


async def _open_stream(sock: socket.socket, context: ssl.SSLContext | None, host: str) -> StreamWire:
    name = host if context is not None else None
    try:
        _, wire = await asyncio.get_running_loop().create_connection(
            StreamWire, sock=sock, ssl=context, server_hostname=name
        )
    except BaseException:
        sock.close()
        raise
    return wire


def _explain(error: OSError) -> str:
    """Why no connection came about, without the numbers of the system's own message."""
    if isinstance(error, ConnectionRefusedError):
        return " refused the connection"
    if isinstance(error, ConnectionResetError):
        return " closed the connection"
    if isinstance(error, ssl.SSLError):
        return f": TLS failed ({error.reason or 'unknown reason'})"
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return ": no route to the host"
    return f" cannot be reached: {error.strerror or error}"


def _pin(wire: StreamWire, endpoint: Endpoint) -> None:
    found = check_pin(wire.certificate, endpoint.pinned)
    if endpoint.pinned is None and endpoint.on_pin is not None:
        endpoint.on_pin(found)
