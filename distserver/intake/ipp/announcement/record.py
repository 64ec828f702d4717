"""The DNS records of a printer: one name under several types (RFC 6763; Bonjour Printing Specification 1.2.1 §4)."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass

from zeroconf import ServiceInfo

from distserver.intake.ipp.announcement.printer import Printer
from distserver.intake.ipp.announcement.txt import Pairs, make_fax_txt, make_print_txt

IPP, IPPS, FAX = "_ipp._tcp.local.", "_ipps._tcp.local.", "_fax-ipp._tcp.local."
FLAGSHIP = "_printer._tcp.local."
"""Who prints by any protocol holds its name here too, with port 0 where it does not speak LPD."""
SUBTYPES = ("_print", "_universal")
"""IPP Everywhere's and AirPrint's: clients browse for these alone."""

_MADE_UP = 1 << 40  # set where Python finds no network card and takes a number by chance
_NOT_IN_HOSTS = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Server:
    """The machine as the records name it: `name` ends in `.local.`"""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """All that is announced of one printer under one name. `services` have a name of their own each, `pointers` are
    subtypes of those."""

    instance: str
    services: tuple[ServiceInfo, ...]
    pointers: tuple[ServiceInfo, ...]

    @property
    def all(self) -> tuple[ServiceInfo, ...]:
        return (*self.services, *self.pointers)


def make_records(printer: Printer, instance: str, server: Server) -> Records:
    """Raises `PathTooLong`."""
    txt = make_print_txt(printer)
    services = [_make_info(FLAGSHIP, instance, 0, {}, server), _make_info(IPP, instance, printer.port, txt, server)]
    if printer.tls_port is not None:
        services.append(_make_info(IPPS, instance, printer.tls_port, txt, server))
    if printer.fax_path is not None:
        services.append(_make_info(FAX, instance, printer.port, make_fax_txt(printer), server))
    pointers = [_make_subtype(info, name) for info in services if info.type in (IPP, IPPS) for name in SUBTYPES]
    return Records(instance, tuple(services), tuple(pointers))


def make_server_name(hostname: str, port: int) -> str:
    """A host name for multicast DNS that is this server's alone: the machine's own belongs to its avahi, and stands for
    other addresses. A second server on it has another port, a machine of the same name another network card."""
    label = _NOT_IN_HOSTS.sub("-", hostname.partition(".")[0].lower()).strip("-")[:40] or "distserver"
    node = uuid.getnode()
    card = 0 if node & _MADE_UP else node
    mark = hashlib.sha256(f"{card:012x} {port}".encode()).hexdigest()[:6]
    return f"{label}-{mark}.local."


def _make_info(kind: str, instance: str, port: int, txt: Pairs, server: Server) -> ServiceInfo:
    return ServiceInfo(
        kind,
        f"{instance}.{kind}",
        port=port,
        properties=txt,
        server=server.name,
        parsed_addresses=list(server.addresses),
    )


def _make_subtype(info: ServiceInfo, name: str) -> ServiceInfo:
    """zeroconf keeps one service for each name: a subtype, which is only a pointer, is kept under a key of its own."""
    kind = f"{name}._sub.{info.type}"
    pointer = ServiceInfo(
        kind,
        info.name,
        port=info.port,
        properties=info.text,
        server=info.server,
        parsed_addresses=info.parsed_addresses(),
    )
    pointer.key = f"{info.key} {name}"
    return pointer
