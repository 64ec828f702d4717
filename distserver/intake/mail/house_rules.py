"""The settings of mail in, read (see `distserver.settings`)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from distserver.errors import SetupError
from distserver.groups.access import Network, read_networks
from distserver.groups.owners import canonical_address
from distserver.settings import Settings


@dataclass(frozen=True, slots=True)
class Listening:
    """Where, and whether in the words of RFC 2033 (`lmtp`)."""

    lmtp: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class HouseRules:
    """`domains` are ours. From `relays`, mails whose envelope is of their author are taken when `trusted`, and
    Authentication-Results that bear the name `results` are believed. `dns` is a name server (address, port), if not the
    system's."""

    domains: tuple[str, ...]
    mailbox: str
    relays: tuple[Network, ...] = ()
    trusted: bool = False
    results: str = ""
    dns: tuple[str, int] | None = None
    hourly: int = 60
    most_bytes: int = 35 << 20
    confirm_seconds: float = 86400.0

    @property
    def domain(self) -> str:
        """The one that answers come from."""
        return self.domains[0]

    def is_relay(self, peer: str) -> bool:
        """Whether the word of a server at this address is taken."""
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.relays)


def read_listening(settings: Settings) -> Listening | None:
    """Where mail is taken in; None when nowhere. Raises `SetupError`."""
    value = settings.mail_in_listen
    if not value:
        return None
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("lmtp", "smtp") and bool(parts.hostname) and parts.port is not None
        good = good and value == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good:
        raise SetupError(f"mail_in_listen: '{value}' is not lmtp://ADDRESS:PORT or smtp://ADDRESS:PORT")
    return Listening(parts.scheme == "lmtp", parts.hostname or "", parts.port or 0)


def read_mail_rules(settings: Settings) -> HouseRules | None:
    """None when no mail is taken in. Raises `SetupError`."""
    if read_listening(settings) is None:
        return None
    domains = tuple(one.strip().lower().rstrip(".") for one in settings.mail_in_domain.split(",") if one.strip())
    mailbox = settings.mail_in_mailbox
    if not domains:
        raise SetupError("mail_in_domain is empty: name the domain of the groups' addresses, as print.example.org")
    for domain in domains:
        if canonical_address(f"{mailbox}@{domain}") is None or "+" in mailbox:
            raise SetupError(f"'{mailbox}@{domain}' is no mail address: mend mail_in_domain or mail_in_mailbox")
    found = read_networks(settings.mail_in_relays)
    if found.faults:
        raise SetupError(f"mail_in_relays: {found.faults[0]}")
    return HouseRules(
        domains=domains,
        mailbox=mailbox,
        relays=found.print_from,
        trusted=settings.mail_in_senders == "trusted",
        results=settings.mail_in_results.strip().lower(),
        dns=_read_dns(settings.mail_in_dns),
        hourly=settings.mail_in_hourly,
        most_bytes=settings.mail_in_mb << 20,
        confirm_seconds=settings.mail_in_confirm_hours * 3600,
    )


def _read_dns(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = str(ipaddress.ip_address(parts.hostname or "")), parts.port or 53
    except ValueError as error:
        raise SetupError(f"mail_in_dns: '{text}' is no ADDRESS or ADDRESS:PORT of a name server") from error
    return host, port
