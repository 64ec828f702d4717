"""Who would get a document, from what is kept of the server's groups: for when it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from distwire.api.groups import Destination, MemberLists
from distwire.api.panel import Recipient, Recipients

T = TypeVar("T")
_FAX = "tel:"


def resolve_recipients(groups: Sequence[str], chosen: Iterable[str], known: MemberLists) -> Recipients:
    """Each destination once, those of the groups (by file, else by name, as the server does) first, and numbers of
    faxes that nobody knows as they are. What a name stands for twice is left to the server. Nobody knows what stands in
    their way."""
    through: dict[str, list[str]] = {}
    named = _unique((one.name, one) for one in known.groups) | {one.file: one for one in known.groups}
    for group in filter(None, map(named.get, dict.fromkeys(groups))):
        for uri in group.members:
            through.setdefault(uri, []).append(group.file)
    single = _find_singles(known)
    by_uri = {one.uri: one for one in known.destinations}
    for text in chosen:
        one = single.get(text)
        if one is None and text.startswith(_FAX):
            one = by_uri[text] = Destination(name=text.removeprefix(_FAX), address=text, uri=text, channel="fax")
        if one is not None:
            through.setdefault(one.uri, [])
    found = [_describe(by_uri[uri], files) for uri, files in through.items() if uri in by_uri]
    return Recipients(total=len(found), troubled=0, recipients=found)


def _find_singles(known: MemberLists) -> dict[str, Destination]:
    """By address, as it is written or in its canonical form, before names."""
    names = _unique((one.name, one) for one in known.destinations)
    return names | {key: one for one in reversed(known.destinations) for key in (one.address, one.uri)}


def _unique(named: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Without the names that stand for several."""
    found: dict[str, T] = {}
    twice: set[str] = set()
    for name, one in named:
        if found.setdefault(name, one) is not one:
            twice.add(name)
    return {name: one for name, one in found.items() if name not in twice}


def _describe(one: Destination, groups: list[str]) -> Recipient:
    return Recipient(name=one.name, address=one.address, uri=one.uri, channel=one.channel, groups=groups)
