"""Where a request goes, with whose credentials, and how patiently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from distwire.ipp.failures import Unreachable

IPP_PORT = 631


class Origin(NamedTuple):
    """What a connection belongs to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `first_byte` counts from the end of the request; `idle` is the longest pause while bytes flow."""

    connect: float = 10.0
    first_byte: float = 30.0
    idle: float = 60.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A printer as the client sees it.

    `tls` is `verify`, `pin` or `none`; `pinned` the SHA-256 (hex) of the certificate trusted, None to trust the first
    one; `on_pin` is told of that first one.
    """

    uri: str
    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    tls: str = "verify"
    pinned: str | None = None
    on_pin: Callable[[str], None] | None = field(default=None, repr=False, compare=False)
    patience: Patience = Patience()

    @property
    def origin(self) -> Origin:
        """Scheme, host (no brackets) and port. Raises `Unreachable` for what is no ipp or ipps URI."""
        return _locate(self.uri)[0]

    @property
    def path(self) -> str:
        """Path and query, as HTTP's request line has them."""
        return _locate(self.uri)[1]


@lru_cache(maxsize=4096)
def _locate(uri: str) -> tuple[Origin, str]:
    """Origin and path of an address; remembered, for the same printers are asked again and again."""
    try:
        parts = urlsplit(uri)
        port = parts.port or IPP_PORT
    except ValueError as error:
        raise Unreachable(f"{uri} is no address: {error}") from error
    if parts.scheme not in ("ipp", "ipps") or not parts.hostname:
        raise Unreachable(f"{uri} is neither an ipp:// nor an ipps:// address")
    return Origin(parts.scheme, parts.hostname, port), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def format_authority(origin: Origin) -> str:
    """The Host header: an IPv6 address in brackets, and always the port, which is not HTTP's own."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return f"{host}:{origin.port}"
