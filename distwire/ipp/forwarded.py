"""Who a request is from when it came through a proxy: believed only of proxies that are named (RFC 7239)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping

UNKNOWN = "unknown"
"""The address of a client of which nobody knows where it is (RFC 7239 §6.2)."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PAIR = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))\s*')


def parse_proxies(names: Collection[str]) -> tuple[Network, ...]:
    """Addresses and networks (`10.0.0.0/8`) as a setting has them. Raises ValueError."""
    return tuple(ipaddress.ip_network(name.strip(), strict=False) for name in names)


def is_proxy(address: str, proxies: Collection[Network]) -> bool:
    """Whether this is one of them."""
    if not proxies:
        return False
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in proxies)


def find_client(
    peer: str, headers: Mapping[str, str], proxies: Collection[Network], *, tls: bool = False
) -> tuple[str, bool]:
    """The client's address, and whether it speaks TLS: the last one that is not a named proxy itself.

    A header counts only when a named proxy wrote it: each one adds what it saw at the end, to `Forwarded` or to
    `X-Forwarded-For` and `X-Forwarded-Proto`. Where both are there and end in different clients, the client has written
    the one that the proxy does not know: then it is `UNKNOWN`, which nothing is allowed to.
    """
    if not is_proxy(peer, proxies):
        return peer, tls
    if "forwarded" in headers and "x-forwarded-for" in headers and not _agree(headers):
        return UNKNOWN, False
    for address, secure in reversed(_read_hops(headers)):
        if address is None:  # hidden or broken: what stands before it cannot be believed
            return peer, secure
        peer, tls = address, secure
        if not is_proxy(address, proxies):
            break
    return peer, tls


def name_peer(peer: str) -> str:
    """Who counts as one: an address, or a network of IPv6 that one host has for itself."""
    if ":" not in peer:
        return peer
    try:
        address = ipaddress.IPv6Address(peer.partition("%")[0])
    except ValueError:
        return peer
    return peer if address.is_loopback or address.ipv4_mapped else address.exploded[:19]


def _agree(headers: Mapping[str, str]) -> bool:
    """Both headers say the same of who came last."""
    return _read_standard_hops(headers)[-1] == _read_usual_hops(headers)[-1]


def _read_hops(headers: Mapping[str, str]) -> list[tuple[str | None, bool]]:
    if "forwarded" in headers:
        return _read_standard_hops(headers)
    return _read_usual_hops(headers) if "x-forwarded-for" in headers else []


def _read_standard_hops(headers: Mapping[str, str]) -> list[tuple[str | None, bool]]:
    return [_read_element(element) for element in headers["forwarded"].split(",")]


def _read_usual_hops(headers: Mapping[str, str]) -> list[tuple[str | None, bool]]:
    addresses = headers["x-forwarded-for"].split(",")
    protocols = [word.strip().lower() for word in headers.get("x-forwarded-proto", "").split(",")]
    if len(protocols) != len(addresses):
        protocols = protocols[-1:] * len(addresses)
    return [(_read_address(word), protocol == "https") for word, protocol in zip(addresses, protocols, strict=True)]


def _read_element(element: str) -> tuple[str | None, bool]:
    pairs = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(element)}
    return _read_address(pairs.get("for", "")), pairs.get("proto", "").lower() == "https"


def _read_address(word: str) -> str | None:
    """An address without its port; None for `unknown` and hidden names."""
    word = word.strip().strip('"')
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        return None
