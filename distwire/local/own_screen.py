"""Whether a request to a client's screen on loopback comes from that screen: a page of another site in the same browser
must not work it.

Such a page can send no header of ours. It could have its own name lead to this machine (DNS rebinding), and then its
requests look like ours but for that name.
"""

from __future__ import annotations

import ipaddress
from typing import Protocol
from urllib.parse import urlsplit

_SAFE = ("GET", "HEAD")


class Headers(Protocol):
    """The header fields of a request."""

    def get(self, key: str, default: str) -> str:
        """The field of that name, else the default."""
        ...


def names_other_host(headers: Headers, own_host: str) -> bool:
    """Whether the request was sent to a name that may be another's. `own_host`: where the screen listens."""
    return not is_own_name(headers.get("Host", ""), own_host)


def is_from_elsewhere(method: str, headers: Headers, mark: str) -> bool:
    """Whether a page of another site sent it: its browser says so, or it would change something and has no `mark`."""
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    return method not in _SAFE and headers.get(mark, "") != "1"


def is_own_name(host: str, own_host: str) -> bool:
    """Whether a Host header (RFC 9110 §7.2) names this machine as nobody else can: an IP address needs no DNS, and
    localhost leads nowhere else (RFC 6761 §6.3)."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half an address of IPv6
        return False
    if name in ("localhost", own_host.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
