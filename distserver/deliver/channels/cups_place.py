"""Which queue on which CUPS server a destination means (docs/reference/destinations-cups.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode

PORT = 631


@dataclass(frozen=True, slots=True)
class Server:
    """A CUPS server as libcups is told of it.

    `host` is a name, an IP address without brackets, the path of a socket, or "" for the system's usual server.
    `encrypted` insists on TLS; else it is used when the server asks for it.
    """

    host: str = ""
    port: int = PORT
    encrypted: bool = False
    user: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """As libcups' `ServerName` has it: a path, or host and port."""
        if self.host.startswith("/"):
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Place:
    """A queue of a server."""

    queue: str
    host: str = ""
    port: int = PORT
    encrypted: bool = False

    def to_uri(self) -> str:
        """One text for the place, which `read_place` reads."""
        fields = {"host": self.host, "port": str(self.port), "encrypted": "1" if self.encrypted else ""}
        return f"cups:{quote(self.queue, safe='')}?{urlencode(fields)}"


def find_place(uri: str, options: tuple[tuple[str, str], ...]) -> Place:
    """The place that a canonical `cups:` address with the options of its line means."""
    queue, _, where = uri.removeprefix("cups:").partition("@")
    host, port = _split_port(where)
    chosen = dict(options)
    return Place(queue, chosen.get("server", host), port, chosen.get("tls", "none") != "none")


def read_place(text: str) -> Place:
    """What `Place.to_uri` wrote."""
    name, _, query = text.partition("?")
    fields = parse_qs(query, keep_blank_values=True)
    queue = parse_qs(f"q={name.removeprefix('cups:').replace('+', '%2B')}")["q"][0]
    return Place(queue, fields["host"][0], int(fields["port"][0]), bool(fields["encrypted"][0]))


def _split_port(where: str) -> tuple[str, int]:
    if where.startswith("["):
        host, _, rest = where[1:].partition("]")
        return host, int(rest[1:] or PORT)
    host, _, port = where.partition(":")
    return host, int(port or PORT)
