"""Whether a request comes from the panel's own screen: a page of another site in that browser must not work the panel.

Such a page can send no header of ours. It could have its own name lead to this machine (DNS rebinding), and then its
requests look like ours but for that name.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request

from mfp_client.panel.refusals import Refusal

_SAFE = ("GET", "HEAD")
_WORDS = "the panel is worked from its own screen"


def refuse_foreign_pages(own_host: str) -> None:
    """Raises `Refusal` for what a page of another site sends. `own_host`: where the panel listens."""
    if not is_own_name(request.headers.get("Host", ""), own_host):
        raise Refusal("foreign-page", f"{_WORDS}: by an IP address, localhost or the name in panel_host")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refusal("foreign-page", _WORDS)
    if request.method not in _SAFE and request.headers.get("X-Panel") != "1":
        raise Refusal("foreign-page", _WORDS)


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
