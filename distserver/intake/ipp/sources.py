"""From where documents may be fetched that a client names by a URI: hosts by name, and the addresses behind them.

A name says nothing about where it leads: what it resolves to is checked too, and only an address that was checked is
connected to. Pure but for the asking of names.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from distserver.groups.access import Network, read_networks

PORTS = {"ftp": 21, "http": 80, "https": 443}
_ASCII_URI = re.compile(r"[\x21-\x7e]{1,1023}")
_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_TUNNELS = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32", "64:ff9b::/96")))
"""Networks of IPv6 whose addresses lead to an IPv4 address of anybody's choice (RFC 3056, RFC 4380, RFC 6052)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a name. Raises `OSError` when it has none."""


class NotAllowed(Exception):
    """Nothing is fetched from there; the words say why, for a person."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask for what: `host` as it was written (in lower case), `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Source:
    """A host that documents may come from; with `below`, all names below it."""

    scheme: str
    host: str
    port: int
    below: bool = False

    def covers(self, place: Place) -> bool:
        """Whether that lies there."""
        named = place.host.endswith(f".{self.host}") if self.below else place.host == self.host
        return named and (place.scheme, place.port) == (self.scheme, self.port)


def resolve_name(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says, each address once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Sources:
    """All of them; none: nothing is fetched. Names may lead into `networks` though these are not public."""

    hosts: tuple[Source, ...] = ()
    networks: tuple[Network, ...] = ()
    resolve: Resolve = resolve_name

    @property
    def schemes(self) -> tuple[str, ...]:
        """`reference-uri-schemes-supported`: all that can be done, wherever there is a host at all; `ftp` has to be
        among them (RFC 8011 §5.4.27)."""
        return tuple(PORTS) if self.hosts else ()

    def find(self, uri: str) -> Place:
        """Where a URI leads. Raises `NotAllowed` unless it is one of the hosts."""
        place = _place_of(uri)
        if not any(one.covers(place) for one in self.hosts):
            raise NotAllowed(f"nothing is fetched from {place.scheme}://{place.authority}: it is not among print_uri")
        return place

    def addresses(self, place: Place) -> list[str]:
        """The addresses of its host that may be connected to. Raises `NotAllowed`, and `OSError` when it has none."""
        found = self.resolve(place.host, place.port)
        allowed = [one for one in found if self._lets_in(place, one)]
        if not allowed:
            raise NotAllowed(f"{place.host} leads to an address that is not public, and not among print_uri_networks")
        return allowed

    def _lets_in(self, place: Place, text: str) -> bool:
        address = ipaddress.ip_address(text.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self.networks) or str(address) == place.host:
            return True  # an address that stands in the URI itself stands among the hosts
        hidden = any(address in network for network in _TUNNELS)
        return address.is_global and not address.is_multicast and not hidden


def read_sources(hosts: str, networks: str) -> Sources:
    """The settings `print_uri` and `print_uri_networks`. Raises `ValueError` whose words say what to write."""
    found = read_networks(networks)
    if found.faults:
        raise ValueError(f"print_uri_networks: {found.faults[0]}")
    return Sources(tuple(_read_source(word) for word in hosts.replace(",", " ").split()), found.print_from)


def _read_source(word: str) -> Source:
    mend = "write it as https://files.example.org, https://*.example.org or http://192.0.2.7:8080"
    try:
        parts = _split(word)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"print_uri: '{word[:80]}' is no host: {mend}") from error
    host = parts.netloc.lower().rpartition("@")[2]
    host = host if port is None else host.rpartition(":")[0]
    good = _HOST.fullmatch(host) and not parts.username and parts.path in ("", "/") and not parts.query
    if not good:
        raise ValueError(f"print_uri: '{word[:80]}' is no host: {mend}")
    name = _plain(host.removeprefix("*."))
    return Source(parts.scheme, name, port or PORTS[parts.scheme], host.startswith("*."))


def _place_of(uri: str) -> Place:
    try:
        parts = _split(uri)
        port, host = parts.port or PORTS[parts.scheme], parts.hostname
    except ValueError as error:
        raise NotAllowed("this URI is none that can be fetched") from error
    if not host or not _ASCII_URI.fullmatch(uri):
        raise NotAllowed("this URI is none that can be fetched")
    if parts.username is not None:
        raise NotAllowed("a URI with a name and a password in it is not fetched")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, _plain(host), port, path)


def _split(uri: str) -> SplitResult:
    parts = urlsplit(uri)
    if parts.scheme not in PORTS or "\\" in uri:
        raise ValueError("of no scheme that is known")
    return parts


def _plain(host: str) -> str:
    """A host's name in its one form; of an address, too."""
    bare = host.lower().strip("[]").removesuffix(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare
