"""Where each group takes jobs as a printer (SPEC N1): the one place that knows the addresses."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit

from distserver.groups.recfile import SUFFIX
from distserver.settings import Settings

PRINT, FAX = "/ipp/print/", "/ipp/faxout/"
DEFAULT_PORT = 631
"""Of ipp: (RFC 3510 §3) and ipps: (RFC 7472 §4.2)."""

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


def printer_path(file: str) -> str:
    """The path of the printer of the group in `file` (`sales.rec`)."""
    return PRINT + quote(file.removesuffix(SUFFIX), safe="")


def fax_path(file: str) -> str:
    """The path of its fax service."""
    return FAX + quote(file.removesuffix(SUFFIX), safe="")


def printer_uri(settings: Settings, file: str, scheme: str = "ipp") -> str | None:
    """The URI of the printer of the group in `file`, as people reach it; None when nobody knows the port."""
    return _uri(settings, scheme, printer_path(file))


def fax_uri(settings: Settings, file: str, scheme: str = "ipp") -> str | None:
    """The URI of its fax service, likewise."""
    return _uri(settings, scheme, fax_path(file))


def printers_port(settings: Settings, scheme: str = "ipp") -> int:
    """The port at which people reach the printers: a proxy's, if one stands in between; 0 when nobody knows."""
    given = _given(settings, scheme)
    if given:
        return urlsplit(given).port or DEFAULT_PORT
    return settings.secure_printers_port if scheme == "ipps" else settings.printers_port


def printer_hosts(settings: Settings) -> tuple[str, ...]:
    """The host names and addresses that stand in the URIs of this server's printers."""
    found = (urlsplit(f"//{authority}").hostname for authority in sorted(printer_authorities(settings)))
    return tuple(dict.fromkeys(host for host in found if host))


def printer_authorities(settings: Settings) -> frozenset[str]:
    """Each `host:port` that stands in the URIs of this server's printers."""
    found = (_uri(settings, scheme, "/") for scheme in ("ipp", "ipps"))
    return frozenset(urlsplit(uri).netloc.lower() for uri in found if uri is not None)


def _uri(settings: Settings, scheme: str, path: str) -> str | None:
    """At the address that the settings give; else with the host of the board's public address, else what the server
    listens on, else this machine's name."""
    given, port = _given(settings, scheme), printers_port(settings, scheme)
    if given:
        return given.rstrip("/") + path
    if not port:
        return None
    host = urlsplit(settings.public_url).hostname or settings.host.strip("[]")
    if host in _EVERYWHERE:
        host = socket.gethostname().lower()
    return f"{scheme}://[{host}]:{port}{path}" if ":" in host else f"{scheme}://{host}:{port}{path}"


def _given(settings: Settings, scheme: str) -> str:
    return settings.ipps_url if scheme == "ipps" else settings.ipp_url
