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
        place = _AUTHORITY.match(self.text)
        host = place[2] if place is not None else self.text.partition(":")[2]
        return not _WILD.search(host) or (place is not None and bool(_FIXED_DOMAIN.search(host)))

    def make_test(self) -> Callable[[Destination], bool]:
        """Whether a destination is meant."""
        if self.breadth is Breadth.ALL:
            return lambda _: True
        whole = re.compile(_to_expression(self.text), re.DOTALL)
        if self.breadth in (Breadth.NAMES, Breadth.NAME):
            return lambda where: whole.fullmatch(fold_name(where.name)) is not None
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
    host = place[2].lower().removesuffix(":631") if channel is Channel.IPP else place[2].lower()
    return f"{scheme}:{place[1].lower()}{host}{place[3] or '/*'}"


def _to_expression(text: str) -> str:
    """A wildcard in a host stays in it: a path that ends like a host of ours leads to somebody else's."""
    place = _AUTHORITY.match(text)
    if place is None:
        return _spread(text, ".")
    return re.escape(place[1]) + _spread(place[2], "[^/]") + _spread(place[3] or "", ".")


def _spread(text: str, any_one: str) -> str:
    wild = {"*": f"{any_one}*", "?": any_one}
    return "".join(wild.get(character) or re.escape(character) for character in text)
