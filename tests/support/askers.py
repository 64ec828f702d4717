"""Everybody who may come to a printer: users of each kind, guests from here and from elsewhere, and who is refused."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from tests.support.group_printers import House
from tests.support.ippwire import DIRECT, Way

PROXY = "127.0.0.8"
"""Where the proxy is that says from where somebody comes: the setting `ipp_proxies`."""
SIGNED_IN = ("administrator", "operator", "named sender", "sender", "receiver")
KINDS = (*SIGNED_IN, "guest", "guest elsewhere")
REFUSED = ("disabled user", "wrong password", "password over plain ipp")
NAMED = "u-named-sender"
"""Whom a `senders:` line is to name."""

_PASSWORD = "quite a long passphrase"
_ROLES = {"named sender": "sender", "disabled user": "sender"}

_hosts = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks. Everybody comes from this machine; one who comes through the proxy is elsewhere."""

    login: tuple[str, str] | None
    way: Way = DIRECT
    user: str = "visitor"


def add_users(house: House) -> None:
    """All who can sign in, and one who no longer can."""
    for kind in (*SIGNED_IN, "disabled user"):
        house.add_user(_name(kind), _ROLES.get(kind, kind), _PASSWORD)
    assert house.server.command("user", "disable", _name("disabled user")).returncode == 0


def make_asker(kind: str) -> Asker:
    """One of `KINDS`, one of `REFUSED`, or another guest."""
    match kind:
        case "guest":
            return Asker(None)
        case "another guest":
            return Asker(None, user="another")
        case "guest elsewhere":  # who gives the name of the guest here
            return Asker(None, come_from_elsewhere("https"))
        case "disabled user":
            return Asker((_name(kind), _PASSWORD), come_from_elsewhere("https"))
        case "wrong password":
            return Asker((_name("operator"), "not this one, I fear"), come_from_elsewhere("https"))
        case "password over plain ipp":
            return Asker((_name("operator"), _PASSWORD), come_from_elsewhere("http"))
    return Asker((_name(kind), _PASSWORD))


def come_from_elsewhere(scheme: str) -> Way:
    """Another host each time: after a few wrong passwords one is let wait."""
    number = next(_hosts)
    headers = (("X-Forwarded-For", f"198.18.{number // 250}.{number % 250}"), ("X-Forwarded-Proto", scheme))
    return Way(PROXY, headers)


def _name(kind: str) -> str:
    return f"u-{kind.replace(' ', '-')}"
