"""Addresses of destinations: what may stand before the first `;` of a group file's line (SPEC D1)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote, urlsplit


class Channel(StrEnum):
    """The protocol that carries a delivery; each has one file under `distserver/deliver/channels`."""

    IPP = "ipp"
    CUPS = "cups"
    FAX = "fax"
    MAIL = "mail"
    PC = "pc"
    DEVICE = "device"
    WEBHOOK = "webhook"
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
    "webhook": Channel.WEBHOOK,
    "discard": Channel.DISCARD,
}

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,254}}\Z)(?:{_LABEL}\.)*(?!\d+\.?\Z){_LABEL}\.?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_QUEUE = re.compile(r"([^\s/#?@;]{1,127})(?:@([^\s/@;]+))?\Z")
_HOST_PORT = re.compile(r"(\[[^\]]+\]|[^:]+)(?::([1-9][0-9]{0,4}))?\Z")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_TEL = re.compile(r"\+?[0-9A-Da-d*#().\- ]{1,60}\Z")
_SCOPE = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
_MAIL = re.compile(r"(?!.*=\?)[^\s@;,<>]+@[^\s@;,<>]+\Z")  # no encoded word (RFC 2047), which may hold anything
_NUMBER = re.compile(r"(?=[0-9.]*-)[0-9]+(?:[-.][0-9]+)+\Z")
_NAME = re.compile(r"[^\s;]{1,255}\Z")
_WEB_PORTS = {"http": 80, "https": 443}


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

    @property
    def subnet(self) -> str | None:
        """The /24 (IPv6: /64) of an IP address in the uri, or None: a name's network is not known from its letters."""
        try:
            ip = ipaddress.ip_address((self.host or "").partition("%")[0])
        except ValueError:
            return None
        return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))


def parse_address(text: str) -> Address:
    """Read one address: domain name, IPv4, IPv6, or a URI of a known scheme (SPEC D1).

    A domain name or an IP address means IPP's default printer there: `ipp://HOST/ipp/print`. Raises `AddressError`.
    """
    written = text.strip()
    if not written:
        raise AddressError("the address is missing: write a domain name, an IP address or a URI before the first ';'")
    if _CONTROL.search(written):
        raise AddressError("the address contains a control character")
    if _NUMBER.match(written):
        raise AddressError(f"'{written}' is a telephone number, not a host name: write fax:{written}")
    bare = _parse_bare_host(written)
    if bare is not None:
        return Address(f"ipp://{bare}/ipp/print", written, Channel.IPP)
    match = _SCHEME.match(written)
    if match is None:
        raise AddressError(
            f"'{_mask(written)}' is neither a domain name, an IP address nor a URI such as ipp://host/ipp/print"
        )
    scheme = match[1].lower()
    channel = SCHEMES.get(scheme)
    if channel is None:
        if "." in scheme or written[match.end() :].isdigit():
            raise AddressError(f"a port needs the whole URI: ipp://{_mask(written)}/ipp/print")
        known = " ".join(SCHEMES)
        raise AddressError(f"'{scheme}:' is not a known kind of address; known are: {known}")
    return Address(_PARSERS[channel](scheme, written[match.end() :]), written, channel)


def _parse_bare_host(text: str) -> str | None:
    """Canonical host of a domain name or an IP address (IPv6 in brackets); None when it is the start of a URI."""
    if _DOMAIN.match(text):
        return text.rstrip(".").lower()
    bracketed = text.startswith("[") and text.endswith("]")
    try:
        ip = ipaddress.ip_address(text[1:-1] if bracketed else text)
    except ValueError:
        return _canonical_host(text) if ":" not in text and "/" not in text else None
    if ip.version == 4:
        return None if bracketed else str(ip)
    if ip.scope_id is not None and not _SCOPE.match(ip.scope_id):
        raise AddressError(f"'{text}' is not an IPv6 address: after '%' comes the name of a network interface")
    return f"[{ip.compressed}]"


def _canonical_host(text: str) -> str:
    """Lower-case, A-label form of a domain name; raises `AddressError`."""
    name = text
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise AddressError(f"'{text}' is not a domain name") from error
    if not _DOMAIN.match(name):
        if re.fullmatch(r"[0-9.]+", name):
            raise AddressError(f"'{text}' looks like an IPv4 address, but is none")
        hint = f"; a mailbox is written mailto:{text}" if _MAIL.match(text) else ""
        raise AddressError(f"'{text}' is not a domain name{hint}")
    return name.removesuffix(".").lower()


def _mask(text: str) -> str:
    """Without a user or password before the host: reasons are shown to everybody, and logged."""
    return re.sub(r"[^/\s]+@", "…@", text)


def _parse_ipp(scheme: str, rest: str) -> str:
    if not rest.startswith("//"):
        raise AddressError(f"after '{scheme}:' comes '//HOST/…', for example {scheme}://printer.example.org/ipp/print")
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        port = parts.port
    except ValueError as error:
        raise AddressError(f"'{scheme}:{_mask(rest)}' is not a URI: {error}") from error
    if not parts.hostname:
        raise AddressError(f"'{scheme}:{_mask(rest)}' names no host")
    if port == 0:
        raise AddressError(f"'{scheme}:{_mask(rest)}' names port 0, which does not exist")
    if parts.username is not None or parts.password is not None:
        raise AddressError("a user or password does not belong into the address: use the options user= and secret=")
    host = _parse_host(parts.hostname)
    netloc = host if port in (None, 631) else f"{host}:{port}"
    path = _escape(parts.path, "/:@!$&'()*+,=~-._") or "/ipp/print"
    query = f"?{_escape(parts.query, '/:@!$&()*+,=~-._?')}" if parts.query else ""
    return f"{scheme}://{netloc}{path}{query}"


def _parse_host(text: str) -> str:
    host = _parse_bare_host(text)
    if host is None:
        raise AddressError(f"'{text}' is neither a domain name nor an IP address")
    return host


def _escape(text: str, safe: str) -> str:
    """Percent-encode what must be, once: escapes that are there stay, those of plain characters go (RFC 3986 §6.2)."""

    def canonical(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character.isascii() and (character.isalnum() or character in "-._~") else match[0].upper()

    return quote(_ESCAPE.sub(canonical, re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)), safe=safe + "%")


def _parse_cups(_scheme: str, rest: str) -> str:
    match = _QUEUE.match(rest)
    if match is None:
        raise AddressError("after 'cups:' comes the queue's name, and '@HOST' when it is on another machine")
    queue, server = match.groups()
    if server is None:
        return f"cups:{queue}"
    place = _HOST_PORT.match(server)
    if place is None or int(place[2] or 1) > 65535:
        raise AddressError(f"'{server}' is not a host: after '@' comes HOST or HOST:PORT")
    host = _parse_host(place[1])
    return f"cups:{queue}@{host}" if place[2] in (None, "631") else f"cups:{queue}@{host}:{place[2]}"


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


def _parse_webhook(_scheme: str, rest: str) -> str:
    example = "after 'webhook:' comes a URL, for example webhook:https://hooks.example.org/documents"
    try:
        parts = urlsplit(rest)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{example}; this one cannot be read: {error}") from error
    scheme = parts.scheme.lower()
    if scheme not in _WEB_PORTS or not parts.hostname or port == 0:
        raise AddressError(example)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError("a URL with a user, a password or a '#' is no webhook: its key is the option secret=@NAME")
    host = _parse_host(parts.hostname)
    netloc = host if port in (None, _WEB_PORTS[scheme]) else f"{host}:{port}"
    path = _escape(parts.path, "/:@!$&'()*+,=~-._") or "/"
    query = f"?{_escape(parts.query, '/:@!$&()*+,=~-._?')}" if parts.query else ""
    return f"webhook:{scheme}://{netloc}{path}{query}"


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
    Channel.WEBHOOK: _parse_webhook,
    Channel.DISCARD: _parse_name,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """One line of a group file: an address, the name people know it by, and its options (`key=value`, in order).

    The first `asked` of the options are no part of the line: the sender has asked for them.
    """

    address: Address
    name: str
    options: tuple[tuple[str, str], ...] = ()
    asked: int = 0

    def option(self, key: str) -> str | None:
        """Value of the last option called `key`, or None."""
        return next((value for name, value in reversed(self.options) if name == key), None)

    def under(self, rules: tuple[tuple[str, str], ...]) -> Destination:
        """The same with what the registry says of it: more than what is asked, less than what its line says."""
        if not rules:
            return self
        return replace(self, options=(*self.options[: self.asked], *rules, *self.options[self.asked :]))
