"""Which destinations a line of the registry is for: an address, or one with `*` and `?`, or a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from distserver.groups.snapshot import fold_name
from distserver.model.address import SCHEMES, AddressError, Channel, Destination, parse_address

_WILD = re.compile(r"[*?]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+-]*):(?![0-9]+\Z)")
_NAME = "name:"
_BARE_HOST = re.compile(r"[A-Za-z0-9.:\[\]*?_-]+\Z")
_AUTHORITY = re.compile(r"(.*?//)([^/]*)(/.*)?\Z", re.DOTALL)
_REACHED_BY_HOST = (Channel.IPP, Channel.CUPS)
_NUMERIC = re.compile(r"[0-9.*?]*[0-9][0-9.*?]*\Z")
_FIXED_DOMAIN = re.compile(r"[a-z0-9_-]+\.[a-z0-9_-]+(:[0-9]+)?\Z")


class Breadth(IntEnum):
    """How much a pattern takes in: what says less of it comes first, and so counts less."""

    ALL = 0
    ADDRESSES = 1
    NAMES = 2
    NAME = 3
    ADDRESS = 4


@dataclass(frozen=True, slots=True)
class Pattern:
    """`text` is the canonical address or the folded name, with its wildcards; `scheme` that of an address."""

    written: str
    breadth: Breadth
    text: str
    scheme: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """Lines apply in this order: the widest first."""
        return self.breadth, len(_WILD.sub("", self.text))

    @property
    def names_place(self) -> bool:
        """Whether it says where: its host, or at least the domain of it. `*` and `ipp:*` do not."""
        if self.breadth in (Breadth.ALL, Breadth.NAMES, Breadth.NAME):
            return False
        place, host = _AUTHORITY.match(self.text), self._host
        return not _WILD.search(host) or (place is not None and bool(_FIXED_DOMAIN.search(host)))

    @property
    def _host(self) -> str:
        place = _AUTHORITY.match(self.text)
        if place is not None:
            return place[2]
        rest = self.text.partition(":")[2]
        return rest.rpartition("@")[2] if self.scheme == "cups" else rest

    @property
    def takes_any_host(self) -> bool:
        """Whether it is for places that whoever sends may choose, as `*` and `ipp:*` are."""
        if self.breadth is Breadth.ADDRESSES:
            host = self._host
            narrow = _NUMERIC.match(host) or _FIXED_DOMAIN.search(host) or not _WILD.search(host)
            return SCHEMES[self.scheme] in _REACHED_BY_HOST and not narrow
        return self.breadth is Breadth.ALL

    def make_test(self) -> Callable[[Destination], bool]:
        """Whether a destination is meant."""
        if self.breadth is Breadth.ALL:
            return lambda _: True
        if self.breadth in (Breadth.NAMES, Breadth.NAME):
            named = re.compile(_to_expression(self.text, ".*", "."), re.DOTALL)
            return lambda where: _has_name(where) and named.fullmatch(fold_name(where.name)) is not None
        whole = re.compile(_to_address_expression(self.text), re.DOTALL)
        return lambda where: whole.fullmatch(where.address.uri) is not None


def parse_pattern(text: str) -> Pattern:
    """Read what stands before the first `;` of a line. Raises `AddressError`."""
    written = text.strip()
    if written == "*":
        return Pattern(written, Breadth.ALL, "*")
    if written.lower().startswith(_NAME):
        name = fold_name(written[len(_NAME) :])
        if not name:
            raise AddressError("after 'name:' comes the name of a destination, for example name:Osaka*")
        return Pattern(written, Breadth.NAMES if _WILD.search(name) else Breadth.NAME, name)
    if not _WILD.search(written):
        uri = parse_address(written).uri
        return Pattern(written, Breadth.ADDRESS, uri, uri.partition(":")[0])
    uri = _canonical(written)
    return Pattern(written, Breadth.ADDRESSES, uri, uri.partition(":")[0])


def _canonical(written: str) -> str:
    """The pattern in the form that addresses have when they are compared with it."""
    match = _SCHEME.match(written)
    if match is None:
        if not _BARE_HOST.match(written):
            raise AddressError(f"'{written}' is no pattern: write a host such as *.example.org, or tel:+81*, or name:…")
        return f"ipp://{written.lower()}/ipp/print"
    scheme, rest = match[1].lower(), written[match.end() :]
    channel = SCHEMES.get(scheme)
    if channel is None:
        raise AddressError(f"'{scheme}:' is not a known kind of address; known are: name {' '.join(SCHEMES)}")
    if channel is Channel.FAX:
        return "tel:" + re.sub(r"[().\- ]", "", rest).upper()
    if channel is Channel.MAIL:
        user, at, domain = rest.rpartition("@")
        return f"mailto:{user}{at}{domain.lower()}"
    if channel is Channel.CUPS:
        return f"cups:{rest}"
    place = _AUTHORITY.match(rest)
    if place is None:
        return f"{scheme}:{rest.lower()}"
    if "@" in place[2]:
        raise AddressError("a user or password does not belong into the address: use the options user= and secret=")
    if re.search(r"\s", place[2]):
        raise AddressError(f"a host has no blanks: '{place[2]}' fits none")
    host = place[2].lower().removesuffix(":631") if channel is Channel.IPP else place[2].lower()
    return f"{scheme}:{place[1].lower()}{host}{place[3] or '/*'}"


def _has_name(where: Destination) -> bool:
    """An address that somebody types has no name but itself: they could choose it so that it fits."""
    return fold_name(where.name) != fold_name(where.address.written)


def _to_address_expression(text: str) -> str:
    """Wildcards before the path stay before it, and in a numeric host among numbers: what is said of a place must not
    hold for `ipp://elsewhere/.example.org/` or for the name `10.0.0.elsewhere`."""
    place = _AUTHORITY.match(text)
    if place is not None:
        return (
            _to_expression(place[1], "[^/?#]*", "[^/?#]")
            + _to_host_expression(place[2])
            + _to_expression(place[3] or "", ".*", ".")
        )
    queue, at, host = text.rpartition("@")
    if at and text.startswith("cups:"):
        return _to_expression(queue + at, "[^@]*", "[^@]") + _to_host_expression(host)
    return _to_expression(text, ".*", ".")


def _to_host_expression(host: str) -> str:
    if _NUMERIC.match(host.partition(":")[0]):
        return _to_expression(host, "[0-9.]*", "[0-9.]")
    return _to_expression(host, "[^/?#]*", "[^/?#]")


def _to_expression(text: str, several: str, one: str) -> str:
    return "".join({"*": several, "?": one}.get(character, re.escape(character)) for character in text)
