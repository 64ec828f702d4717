"""Who would get a document, from what is kept of the server's groups: for when it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from distwire.api.groups import Destination, MemberLists
from distwire.api.panel import Recipient, Recipients


def resolve_recipients(groups: Sequence[str], chosen: Iterable[str], known: MemberLists) -> Recipients:
    """Each destination once, those of the groups (by file or name) first. Nobody knows what stands in their way."""
    found: dict[str, Recipient] = {}
    by_uri = {one.uri: one for one in known.destinations}
    members = {key: one for one in reversed(known.groups) for key in (one.name, one.file)}
    for group in filter(None, map(members.get, dict.fromkeys(groups))):
        for uri in group.members:
            before = found.get(uri)
            if uri in by_uri:
                found[uri] = _describe(by_uri[uri], [*(before.groups if before else []), group.file])
    by_name = {key: one for one in reversed(known.destinations) for key in (one.name, one.uri, one.address)}
    for text in chosen:
        single = by_name.get(text)
        if single is not None and single.uri not in found:
            found[single.uri] = _describe(single, [])
    return Recipients(total=len(found), troubled=0, recipients=list(found.values()))


def _describe(one: Destination, groups: list[str]) -> Recipient:
    return Recipient(name=one.name, address=one.address, uri=one.uri, channel=one.channel, groups=groups)
