"""What a setting's value may be. Each kind takes a value as TOML gave it and answers it as it is used; a value that
cannot be used raises `Unusable`."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any
from urllib.parse import SplitResult, urlsplit

Kind = Callable[[Any], Any]

_SCANNERS = ("http", "https", "escl", "escls")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*")
_HOST_AND_PORT = re.compile(r"(?!tel:|fax:)[^:]+:\d{1,5}", re.IGNORECASE)
"""Looks like a scheme and a path, and is none."""
_LABEL = re.compile(r"\w(?:[\w-]{0,61}\w)?", re.ASCII)
_LONGEST_HOST = 253
"""Characters of a domain name, and 63 of each of its labels (RFC 1035 §2.3.4)."""
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


LONGEST_NAME = 127
"""Octets of a printer's name (RFC 8011 §5.4.4)."""


class Unusable(Exception):
    """A value that a setting cannot have; the message says what to write."""


def text(value: Any) -> str:
    """Words on one line."""
    if not isinstance(value, str) or not value.isprintable():
        raise Unusable('write words on one line, between quotes: "…"')
    return value.strip()


def name(value: Any) -> str:
    """Words that are not missing."""
    words = text(value)
    if not words or len(words.encode()) > LONGEST_NAME:
        raise Unusable(f'write a name of at most {LONGEST_NAME} octets, between quotes: "…"')
    return words


def yes_no(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Unusable("write true or false, without quotes")
    return value


def time_of_day(value: Any) -> str:
    """`HH:MM` or nothing."""
    said = text(value)
    if said and not _TIME.fullmatch(said):
        raise Unusable('write a time of day as "HH:MM", or "" for none')
    return said


def choice(*words: str) -> Kind:
    """One of these words."""

    def check(value: Any) -> str:
        if value not in words:
            raise Unusable(f"write one of {', '.join(words)}, between quotes")
        return str(value)

    return check


def whole(least: int, most: int) -> Kind:
    """A whole number between these, both included."""

    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Unusable(f"write a whole number from {least} to {most}, without quotes")
        return value

    return check


def seconds(value: Any) -> float:
    """Seconds, with or without a fraction."""
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise Unusable("write seconds, 0 or more, without quotes")
    return float(value)


def server(value: Any) -> str:
    """`http://HOST[:PORT]`, `https://…`, or nothing."""
    said = text(value).rstrip("/")
    parts = _split(said)
    if said and (parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment):
        raise Unusable('write "https://HOST" or "https://HOST:PORT", or "" for none')
    return said


def address(value: Any) -> str:
    """What may stand before the `;` of a line of all.rec: a domain name, an IP address, a URI; or nothing."""
    said = text(value)
    scheme, colon, rest = said.partition(":")
    parts = _split(said) if "://" in said else None
    is_uri = colon and _SCHEME.fullmatch(scheme) and (parts.hostname if parts else rest and "//" not in rest)
    if said and (not (is_uri or _is_host(said)) or _HOST_AND_PORT.fullmatch(said)):
        raise Unusable(
            'write a domain name such as "copier2.example.org", an IP address, or the address that stands in all.rec, '
            'such as "ipp://copier2.example.org:8651/ipp/print"'
        )
    return said


def printer(value: Any) -> str:
    """`ipp:`, `ipps:`, `cups:QUEUE`, or nothing."""
    said = text(value)
    if said.startswith("cups:") and len(said) > len("cups:"):
        return said
    parts = _split(said)
    if said and (parts is None or parts.scheme not in ("ipp", "ipps")):
        raise Unusable('write "ipp://HOST/ipp/print", "cups:QUEUE", or "" for the printer of this device')
    return said


def destination_printer(value: Any) -> str:
    """`cups:QUEUE`, `ipp:`, `ipps:`, or nothing: no printer of its own."""
    try:
        return printer(value)
    except Unusable as error:
        raise Unusable('write "cups:QUEUE", "ipp://HOST/ipp/print", or "" for none') from error


def queue(value: Any) -> str:
    """`cups:QUEUE` or nothing."""
    said = text(value)
    kind, _, rest = said.partition(":")
    if said and (kind != "cups" or not rest):
        raise Unusable('write "cups:QUEUE", or "" for the tray')
    return said


def file(value: Any) -> str:
    """The path of a file from the root, or nothing."""
    said = text(value)
    if said and not PurePath(said).is_absolute():
        raise Unusable('write "/PATH" from the root, or "" for none')
    return said


def scanners(value: Any) -> tuple[str, ...]:
    """URIs of scanners, each once."""
    if not isinstance(value, list | tuple):
        raise Unusable('write a list of URIs: ["http://HOST/eSCL"], or [] for none')
    return tuple(dict.fromkeys(_scanner(one) for one in value))


def folders(value: Any) -> tuple[str, ...]:
    """Paths from the root, each once."""
    if not isinstance(value, list | tuple):
        raise Unusable('write a list of folders: ["/PATH"], or [] for none')
    found = tuple(dict.fromkeys(text(one) for one in value))
    if any(not one.startswith("/") for one in found):
        raise Unusable('write folders from the root: ["/PATH"]')
    return found


def fingerprint(value: Any) -> str:
    """SHA-256 in hexadecimal, with colons or without, or nothing."""
    said = text(value).replace(":", "").lower()
    if said and not _FINGERPRINT.fullmatch(said):
        raise Unusable("write the 64 hexadecimal digits of the certificate's SHA-256, between quotes")
    return said


def _is_host(said: str) -> bool:
    """A domain name, in any script (then its A-labels count, RFC 3490), or an IP address."""
    try:
        ipaddress.ip_address(said.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return _is_domain(said)
    return True


def _is_domain(said: str) -> bool:
    if len(said) > _LONGEST_HOST:  # the codec takes the square of it
        return False
    try:
        name = said if said.isascii() else said.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    labels = name.removesuffix(".").split(".")
    numbers = all(label.isdigit() for label in labels)
    return len(name) <= _LONGEST_HOST and not numbers and all(_LABEL.fullmatch(label) for label in labels)


def _scanner(value: Any) -> str:
    said = text(value)
    kind, _, rest = said.partition(":")
    parts = _split(said)
    known = (
        (kind == "sane" and rest)
        or (kind == "folder" and PurePath(rest).is_absolute())
        or (parts is not None and parts.scheme in _SCANNERS)
    )
    if not known:
        raise Unusable(f'\'{said}\' is no scanner: write "http://HOST/eSCL", "sane:NAME" or "folder:/PATH"')
    return said


def _split(value: str) -> SplitResult | None:
    """The parts of a URI with a host; None for what is none."""
    try:
        parts = urlsplit(value)
        good = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # no number for a port, or half an address of IPv6
        return None
    return parts if good else None
