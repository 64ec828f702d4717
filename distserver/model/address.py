"""Addresses of destinations: what may stand before the first `;` of a group file's line (SPEC D1)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit


class Channel(StrEnum):
    """The protocol that carries a delivery; each has one file under `distserver/deliver/channels`."""

    IPP = "ipp"
    CUPS = "cups"
    FAX = "fax"
    MAIL = "mail"
    PC = "pc"
    DEVICE = "device"
    DISCARD = "discard"


SCHEMES = {
    "ipp": Channel.IPP,
    "ipps": Channel.IPP,
    "cups": Channel.CUPS,
    "tel": Channel.FAX,
    "fax": Channel.FAX,
    "mailto": Channel.MAIL,
    "pc": Channel.PC,
    "device": Channel.DEVICE,
    "discard": Channel.DISCARD,
}

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_QUEUE = re.compile(r"[^\s/#?@;]{1,127}(@[^\s/@;]+)?\Z")
_TEL = re.compile(r"\+?[0-9A-Da-d*#().\- ]{1,60}\Z")
_MAIL = re.compile(r"[^\s@;,<>]+@[^\s@;,<>]+\Z")
_NAME = re.compile(r"[^\s;]{1,255}\Z")


class AddressError(ValueError):
    """The text is no address; the message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a delivery goes.

    `uri` is the canonical form and the key under which a destination counts as the same one; `written` is the text
    as it stands in the group file, the request or the command line.
    """

    uri: str
    written: str
    channel: Channel

    @property
    def host(self) -> str | None:
        """Host name or IP address that the uri names, without brackets, or None (a queue, a number, a mailbox)."""
        return urlsplit(self.uri).hostname if self.channel is Channel.IPP else None


def parse_address(text: str) -> Address:
    """Read one address: domain name, IPv4, IPv6, or a URI of a known scheme (SPEC D1).

    A domain name or an IP address means IPP's default printer there: `ipp://HOST/ipp/print`. Raises `AddressError`.
    """
    written = text.strip()
    if not written:
        raise AddressError("the address is missing: write a domain name, an IP address or a URI before the first ';'")
    if any(ord(c) < 0x20 or c == "\x7f" for c in written):
        raise AddressError("the address contains a control character")
    bare = _parse_bare_host(written)
    if bare is not None:
        return Address(f"ipp://{bare}/ipp/print", written, Channel.IPP)
    match = _SCHEME.match(written)
    if match is None:
        raise AddressError(
            f"'{written}' is neither a domain name, an IP address nor a URI such as ipp://host/ipp/print"
        )
    scheme = match[1].lower()
    channel = SCHEMES.get(scheme)
    if channel is None:
        known = " ".join(SCHEMES)
        raise AddressError(f"'{scheme}:' is not a known kind of address; known are: {known}")
    return Address(_PARSERS[channel](scheme, written[match.end() :]), written, channel)


def _parse_bare_host(text: str) -> str | None:
    candidate = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ip = ipaddress.ip_address(candidate)
    except ValueError:
        return _canonical_host(text) if ":" not in text and "/" not in text else None
    return f"[{ip.compressed}]" if ip.version == 6 else str(ip)


def _canonical_host(text: str) -> str:
    """Lower-case, A-label form of a domain name; raises `AddressError`."""
    name = text.rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise AddressError(f"'{text}' is not a domain name") from error
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise AddressError(f"'{text}' is not a domain name")
    if labels[-1].isdigit():
        raise AddressError(f"'{text}' looks like an IPv4 address, but is none")
    return name.lower()


def _parse_ipp(scheme: str, rest: str) -> str:
    if not rest.startswith("//"):
        raise AddressError(f"after '{scheme}:' comes '//HOST/…', for example {scheme}://printer.example.org/ipp/print")
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        port = parts.port
    except ValueError as error:
        raise AddressError(f"'{scheme}:{rest}' is not a URI: {error}") from error
    if not parts.hostname:
        raise AddressError(f"'{scheme}:{rest}' names no host")
    if parts.username is not None or parts.password is not None:
        raise AddressError("a user or password does not belong into the address: use the options user= and secret=")
    host = _parse_bare_host(parts.hostname) or _canonical_host(parts.hostname)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    netloc = host if port in (None, 631) else f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,=~-._") or "/ipp/print"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{netloc}{path}{query}"


def _parse_cups(_scheme: str, rest: str) -> str:
    if not _QUEUE.match(rest):
        raise AddressError("after 'cups:' comes the queue's name, and '@HOST' when it is on another machine")
    queue, _, host = rest.partition("@")
    return f"cups:{queue}@{host.lower()}" if host else f"cups:{queue}"


def _parse_fax(scheme: str, rest: str) -> str:
    number = rest.split("?", maxsplit=1)[0].split(";", maxsplit=1)[0]
    if not _TEL.match(number) or not any(c.isdigit() for c in number):
        raise AddressError(f"after '{scheme}:' comes a telephone number, for example {scheme}:+81-3-1234-5678")
    return "tel:" + re.sub(r"[().\- ]", "", number).upper()


def _parse_mail(_scheme: str, rest: str) -> str:
    if not _MAIL.match(rest):
        raise AddressError("after 'mailto:' comes one mail address, for example mailto:branch@example.org")
    user, _, domain = rest.rpartition("@")
    return f"mailto:{user}@{domain.lower()}"


def _parse_name(scheme: str, rest: str) -> str:
    name = rest.removeprefix("//")
    if not _NAME.match(name):
        raise AddressError(f"after '{scheme}:' comes the name of an enrolled device, without spaces")
    return f"{scheme}:{name.lower()}"


_PARSERS = {
    Channel.IPP: _parse_ipp,
    Channel.CUPS: _parse_cups,
    Channel.FAX: _parse_fax,
    Channel.MAIL: _parse_mail,
    Channel.PC: _parse_name,
    Channel.DEVICE: _parse_name,
    Channel.DISCARD: _parse_name,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """One line of a group file: an address, the name people know it by, and its options (`key=value`, in order)."""

    address: Address
    name: str
    options: tuple[tuple[str, str], ...] = ()

    def option(self, key: str) -> str | None:
        """Value of the last option called `key`, or None."""
        return next((value for name, value in reversed(self.options) if name == key), None)
