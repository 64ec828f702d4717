"""What the HTTP of the service side is made of (RFC 9110): limits, requests and responses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from distwire.ipp.http_body import HttpBody


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What a client may take. Sizes in bytes, times in seconds.

    Heads: `head` octets and `headers` lines at most, whole within `head_seconds` of their first octet, which has
    `first_byte` from the connection's beginning and `idle` from the last answer on. Bodies: `body_size` octets at most,
    `body` between two pieces; while one is waited for, `rate` octets a second are the least, after `grace`. Answers:
    taken within `send`. `drain` octets of an unwanted body are read, and `linger` is waited for the client to close,
    so that the answer arrives. `handshake` is the time for TLS.

    `connections` may be open at once, `per_peer` from one address; of those beyond, `refusals` at once are told so.
    """

    head: int = 16 << 10
    headers: int = 100
    head_seconds: float = 20.0
    first_byte: float = 30.0
    idle: float = 60.0
    body: float = 60.0
    body_size: int = 4 << 30
    rate: int = 256
    grace: float = 30.0
    send: float = 60.0
    drain: int = 64 << 20
    linger: float = 5.0
    handshake: float = 15.0
    connections: int = 512
    per_peer: int = 128
    refusals: int = 64


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request head and the way to its body. `path` is the target without host and query.

    `authority` is the host (and port) that is meant. `expects` says that the client sends the body only when it is
    asked for, which the first reading of the body does.
    """

    method: str
    target: str
    path: str
    authority: str
    headers: dict[str, str]
    peer: str
    tls: bool
    expects: bool
    body: HttpBody


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; `Content-Length` and `Date` are added."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Answer = Callable[[HttpRequest], Awaitable[HttpResponse]]


def make_plain(status: int, words: str, *headers: tuple[str, str]) -> HttpResponse:
    """A response that says a sentence to a person."""
    return HttpResponse(status=status, body=(words + "\n").encode(), headers=headers)


def encode_response(response: HttpResponse, connection: str | None, *, bodiless: bool = False) -> bytes:
    """As it goes out. `connection` is what is said of the connection; a `bodiless` one is the answer to HEAD."""
    status = response.status
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Date: {_format_date(int(time.time()))}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        "X-Content-Type-Options: nosniff",
        *(f"{name}: {value}" for name, value in response.headers),
    ]
    if connection is not None:
        lines.append(f"Connection: {connection}")
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    return head if bodiless else head + response.body


@lru_cache(maxsize=1)
def _format_date(second: int) -> str:
    return formatdate(second, usegmt=True)
