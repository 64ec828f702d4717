"""One request to the server and its answer, each on a connection of its own.

A kept connection may have been closed by the server just as the next request goes out, and then nobody knows whether
it was carried out; a fresh one says so: what fails before it stands has not begun. Redirects are not followed and no
proxy is used, neither of the environment nor any other: a token goes to the server that was named, and nowhere else.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswer
from urllib3.response import BaseHTTPResponse

from distwire.api.failures import NotUnderstood, Unreachable, Untrusted
from distwire.api.form import Body

_MOST_OCTETS = 64 << 20
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}")
_FAILURES = (UnicodeError, OSError, http.client.HTTPException, HTTPError)


@dataclass(frozen=True, slots=True)
class Trust:
    """How the server's certificate is checked: by the system's authorities, by those of a file (PEM), or by the
    fingerprint (SHA-256, hex) of the certificate itself, which then nobody need vouch for."""

    authorities: Path | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to connect, and the longest silence of the server: it looks into a document before it answers."""

    connect: float = 10.0
    silence: float = 120.0


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query, below the server's address; `silence` the longest one in seconds, if special."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body | None = None
    silence: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Exchange:
    """The way to one server; for any number of threads."""

    def __init__(self, url: str, trust: Trust, patience: Patience) -> None:
        self.url = url.rstrip("/")
        self._trust = trust
        self._patience = patience

    def ask(self, request: Request) -> Reply:
        """Raises `Unreachable`, `Untrusted`, `NotUnderstood`, and `Unsendable` for a body that cannot be read."""
        connection, prefix = self._make_connection()
        with contextlib.closing(connection):
            self._connect(connection)
            connection.timeout = request.silence or self._patience.silence
            try:
                _send(connection, prefix + request.target, request)
                response = connection.getresponse()
                return Reply(response.status, response.headers, _read(response))
            except _FAILURES as error:
                raise self._explain(error, begun=True) from error

    def _make_connection(self) -> tuple[HTTPConnection, str]:
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
            raise Unreachable(f"'{self.url}' is no address of a server: write https://NAME", begun=False)
        seconds = self._patience.connect
        if parts.scheme == "http":
            return HTTPConnection(host, port, timeout=seconds), parts.path
        context, pinned = _make_context(self._trust), self._trust.fingerprint or None
        return HTTPSConnection(host, port, timeout=seconds, ssl_context=context, assert_fingerprint=pinned), parts.path

    def _connect(self, connection: HTTPConnection) -> None:
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(
                f"the certificate of {self.url} is not trusted ({error.verify_message}): "
                "name the file of its authority, or its fingerprint (SHA-256)"
            ) from error
        except SSLError as error:  # urllib3's own: the fingerprint is another
            raise Untrusted(
                f"{self.url} shows another certificate than the one that was named: is it the server?"
            ) from (error)
        except _FAILURES as error:
            raise self._explain(error, begun=False) from error

    def _explain(self, error: Exception, *, begun: bool) -> Unreachable:
        if isinstance(error, NameResolutionError | UnicodeError):
            why = "its name is not known"
        elif isinstance(error, TimeoutError | NoAnswer) and not isinstance(error, NewConnectionError):
            why = "it does not answer in time"  # a NewConnectionError is called a timeout too, and is none
        elif isinstance(error, ssl.SSLError):
            why = f"TLS failed, {error.reason or 'it broke off'}"
        elif begun:
            why = "the connection broke off"
        else:
            why = _innermost(error)
        return Unreachable(f"the server at {self.url} cannot be reached: {why}", begun=begun)


def _make_context(trust: Trust) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=trust.authorities)
    except OSError as error:  # an ssl.SSLError is one
        raise Untrusted(f"{trust.authorities} holds no certificates (PEM) that can be read") from error
    if trust.fingerprint:
        if not _FINGERPRINT.fullmatch(trust.fingerprint.replace(":", "")):
            raise Untrusted("a fingerprint is the SHA-256 of the server's certificate: 64 hexadecimal digits")
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _send(connection: HTTPConnection, target: str, request: Request) -> None:
    headers, body = {"Connection": "close", **request.headers}, request.body
    if body is None:
        connection.request(request.method, target, headers=headers, preload_content=False)
        return
    headers["Content-Type"] = body.content_type
    if body.length is not None:
        headers["Content-Length"] = str(body.length)
    # A server that refuses an upload answers before it has read all: the answer says why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
        connection.request(request.method, target, body.chunks, headers, preload_content=False)


def _read(response: BaseHTTPResponse) -> bytes:
    data = response.read(_MOST_OCTETS + 1)
    if len(data) > _MOST_OCTETS:
        raise NotUnderstood(f"the server's answer is larger than {_MOST_OCTETS >> 20} MB: is that the server?")
    return data


def _innermost(error: BaseException) -> str:
    """What the system said, without the library's words around it."""
    while error.__cause__ is not None:
        error = error.__cause__
    told = error.strerror if isinstance(error, OSError) else None
    return (told or str(error) or type(error).__name__).lower()
