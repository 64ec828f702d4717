"""On which networks printers are announced, and at which addresses they are (settings `host`, `dnssd_interfaces`)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import ifaddr

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks inside of this machine, and tunnels: nobody looks for a printer there, and others cannot reach the address.
_INNER = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "cni", "podman", "lxc", "tun", "wg", "ppp", "tailscale")


@dataclass(frozen=True, slots=True)
class Place:
    """An address of this machine, on which interface."""

    interface: str
    address: IP


@dataclass(frozen=True, slots=True)
class Reach:
    """`speakers` are the addresses that multicast goes out from, `addresses` those that clients are told."""

    speakers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def find_reach(host: str, wanted: Iterable[str]) -> Reach:
    """As this machine's network stands now. It may ask a name server about `host`: not for an event loop."""
    return choose_reach(list_places(), _resolve(host), tuple(wanted))


def choose_reach(places: Iterable[Place], listening: frozenset[IP], wanted: tuple[str, ...]) -> Reach:
    """Among `places`, those that the server listens on (`listening`; 0.0.0.0 and :: stand for all of their kind) and
    that are wanted by name of the interface or address. When none is named: all but loopback, tunnels and networks
    inside of the machine; loopback if the server listens on nothing else."""
    chosen = [place for place in places if _is_heard(place.address, listening)]
    if wanted:
        chosen = [place for place in chosen if place.interface in wanted or str(place.address) in wanted]
    elif not all(address.is_loopback for address in listening):
        chosen = [one for one in chosen if not one.address.is_loopback and not one.interface.startswith(_INNER)]
    told = [place.address for place in chosen if not (place.address.version == 6 and place.address.is_link_local)]
    fourth = [str(address) for address in told if address.version == 4]
    sixth = [str(address) for address in told if address.version == 6]
    return Reach(tuple(fourth or sixth), (*fourth, *sixth))


def is_loopback(host: str) -> bool:
    """Whether a server that listens on `host` is for this machine alone."""
    return all(address.is_loopback for address in _resolve(host))


def _is_heard(address: IP, listening: frozenset[IP]) -> bool:
    everywhere = ipaddress.ip_address("::"), ipaddress.ip_address("0.0.0.0")  # noqa: S104 - compared, not bound
    if everywhere[0] in listening or (everywhere[1] in listening and address.version == 4):
        return True
    return address in listening


def _resolve(host: str) -> frozenset[IP]:
    """The addresses that `host` stands for; none when nobody knows."""
    try:
        return frozenset([ipaddress.ip_address(host.strip("[]"))])
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)


def list_places() -> list[Place]:
    """All addresses of this machine."""
    places = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            places.append(Place(adapter.nice_name, ipaddress.ip_address(text)))
    return places
