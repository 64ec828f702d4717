"""Who would get a document, from what is kept of the server's groups: for when it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from distwire.api.groups import Destination, Group
from distwire.api.panel import Recipient, Recipients


def resolve_recipients(groups: Sequence[Group], chosen: Iterable[str], known: Sequence[Destination]) -> Recipients:
    """Each destination once, those of the groups first. Nobody knows what stands in their way just now."""
    found: dict[str, Recipient] = {}
    for group in groups:
        for one in group.destinations:
            before = found.get(one.uri)
            through = [*(before.groups if before else []), group.file]
            found[one.uri] = _describe(one, through)
    by_name = {key: one for one in known for key in (one.name, one.uri, one.address)}
    for text in chosen:
        single = by_name.get(text)
        if single is not None and single.uri not in found:
            found[single.uri] = _describe(single, [])
    return Recipients(total=len(found), troubled=0, recipients=list(found.values()))


def _describe(one: Destination, groups: list[str]) -> Recipient:
    return Recipient(name=one.name, address=one.address, uri=one.uri, channel=one.channel, groups=groups)
