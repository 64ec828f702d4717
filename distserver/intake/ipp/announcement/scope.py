"""Whether and on which networks printers are announced, as the settings say."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from distserver.intake.ipp.announcement.reach import is_loopback
from distserver.intake.ipp.announcement.record import make_server_name
from distserver.settings import Settings

_MEMORY = "dnssd-names.json"
_EVERYWHERE = "::"


@dataclass(frozen=True, slots=True)
class Scope:
    """`host` is what the printers' server listens on, `interfaces` names or addresses of networks to announce on (none:
    all that are fit), `server` the name that the machine has in what is announced, `memory` the file that keeps the
    printers' names over restarts."""

    host: str
    server: str
    interfaces: tuple[str, ...] = ()
    memory: Path | None = None


def make_scope(settings: Settings, port: int) -> Scope | None:
    """Of printers that are served on `port`; None when they are not to be announced. It may ask a name server.

    Behind a proxy they are reached where the proxy listens, and not where the server does: on all networks.
    """
    if settings.dnssd == "off" or (settings.dnssd == "auto" and is_loopback(settings.host)):
        return None
    return Scope(
        host=_EVERYWHERE if settings.ipp_url else settings.host,
        server=make_server_name(socket.gethostname(), port),
        interfaces=tuple(one for one in settings.dnssd_interfaces.replace(",", " ").split()),
        memory=settings.home / "store" / _MEMORY,
    )
