"""Where each group takes jobs as a printer (SPEC N1): the one place that knows the addresses."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit

from distserver.groups.recfile import SUFFIX
from distserver.settings import Settings

PRINT, FAX = "/ipp/print/", "/ipp/faxout/"

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


def _uri(settings: Settings, scheme: str, path: str) -> str | None:
    """With the host of the board's public address, else what the server listens on, else this machine's name."""
    port = settings.secure_printers_port if scheme == "ipps" else settings.printers_port
    if not port:
        return None
    host = urlsplit(settings.public_url).hostname or settings.host.strip("[]")
    if host in _EVERYWHERE:
        host = socket.gethostname().lower()
    return f"{scheme}://[{host}]:{port}{path}" if ":" in host else f"{scheme}://{host}:{port}{path}"
