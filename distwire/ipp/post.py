"""The head of a POST, made of parts that are the same for every request to a printer (RFC 9112 §3, RFC 8010 §4)."""

from __future__ import annotations

import re
from functools import lru_cache

from distwire.ipp.endpoint import Origin, format_authority
from distwire.ipp.failures import Unreachable
from distwire.ipp.message import MEDIA_TYPE

_TARGET = re.compile(r"[\x21-\x7e]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")


def make_head(origin: Origin, path: str, authorization: str | None, length: int | None, *, expects: bool) -> bytes:
    """Request line and headers; `length` None announces chunks. Raises `Unreachable` for what HTTP cannot carry."""
    lines = [_make_constant(origin, path)]
    if authorization is not None:
        if not _VALUE.fullmatch(authorization):
            raise Unreachable("the user's name cannot stand in an HTTP request")
        lines.append(f"Authorization: {authorization}\r\n".encode("ascii"))
    lines.append(b"Transfer-Encoding: chunked\r\n" if length is None else b"Content-Length: %d\r\n" % length)
    lines.append(b"Expect: 100-continue\r\n\r\n" if expects else b"\r\n")
    return b"".join(lines)


@lru_cache(maxsize=4096)
def _make_constant(origin: Origin, path: str) -> bytes:
    authority = format_authority(origin)
    if not _TARGET.fullmatch(path) or not _TARGET.fullmatch(authority):
        raise Unreachable(f"the address cannot stand in an HTTP request: {path!r} at {authority!r}")
    return (
        f"POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"User-Agent: Distserver\r\nAccept: {MEDIA_TYPE}\r\n"
    ).encode("ascii")
