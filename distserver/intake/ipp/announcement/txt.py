"""TXT records: what a client learns of a printer before it asks (Bonjour Printing Specification 1.2.1, PWG 5100.14).

Pure. Each pair has at most 255 octets, and what does not fit is cut where it stays true.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote
from uuid import UUID

from distserver.intake.ipp.announcement.name import cut_text
from distserver.intake.ipp.announcement.printer import Printer

MOST_OCTETS = 255
_NEEDED = ("image/urf", "application/pdf", "image/jpeg", "image/pwg-raster")
"""Formats that clients look for: AirPrint takes no printer without the first, IPP Everywhere none without the last."""
_TLS = "1.2"
_PRODUCT = "(Distserver)"

Pairs = dict[str, str]


class PathTooLong(ValueError):
    """A resource path has no room in a TXT record; it cannot be cut."""


def make_print_txt(printer: Printer) -> Pairs:
    """Of the print service, the same for ipp: and ipps:. Raises `PathTooLong`."""
    pairs = _make_common(printer, printer.path, printer.uuid)
    pairs |= {"Color": _flag(printer.color), "Duplex": _flag(printer.duplex)}
    if printer.urf:
        pairs["URF"] = _join(printer.urf, _room("URF"))
    fax = None if printer.fax_path is None else make_resource(printer.fax_path)
    if fax is not None and len(fax.encode()) <= _room("rfo"):
        pairs |= {"Fax": "T", "rfo": fax}
    else:
        pairs["Fax"] = "F"
    return pairs


def make_fax_txt(printer: Printer) -> Pairs:
    """Of the fax service. Raises `PathTooLong`, and `ValueError` when there is none."""
    if printer.fax_path is None:
        raise ValueError("this printer takes no faxes")
    return _make_common(printer, printer.fax_path, printer.fax_uuid or printer.uuid) | {"Fax": "T"}


def make_resource(path: str) -> str:
    """The path of a URI as it stands under `rp`: no slash before it, and letters as they are.

    Clients percent-encode it themselves when they make a URI of it, as cupsd's own announcements rely on: `ippfind`
    turns `%E5` into `%25E5`.
    """
    return unquote(path).removeprefix("/")


def fits(path: str) -> bool:
    """Whether this path of a URI can be announced."""
    return len(make_resource(path).encode()) <= _room("rp")


def _make_common(printer: Printer, path: str, uuid: UUID) -> Pairs:
    if not fits(path):
        raise PathTooLong(f"the path {path} takes more than {_room('rp')} octets")
    pairs = {
        "txtvers": "1",
        "qtotal": "1",
        "rp": make_resource(path),
        "ty": cut_text(printer.make, _room("ty")),
        "note": cut_text(printer.note, _room("note")),
        "product": _PRODUCT,
        "pdl": _join(_order_formats(printer.formats), _room("pdl")),
        "UUID": str(uuid),
        "priority": str(min(99, max(0, printer.priority))),
    }
    if printer.admin_url and len(printer.admin_url.encode()) <= _room("adminurl"):
        pairs["adminurl"] = printer.admin_url
    if printer.tls_port is not None:
        pairs["TLS"] = _TLS
    return pairs


def _order_formats(formats: Iterable[str]) -> list[str]:
    """What clients look for first, so that a cut takes the others; those in their own order."""
    listed = list(dict.fromkeys(formats))
    return [one for one in _NEEDED if one in listed] + [one for one in listed if one not in _NEEDED]


def _join(values: Iterable[str], octets: int) -> str:
    """As many whole values as have room, with commas between them."""
    taken: list[str] = []
    for value in values:
        if len(",".join([*taken, value]).encode()) <= octets:
            taken.append(value)
    return ",".join(taken)


def _room(key: str) -> int:
    return MOST_OCTETS - len(key) - 1


def _flag(value: bool) -> str:
    return "T" if value else "F"
