"""Who would get a document, as far as a device knows without its server."""

from __future__ import annotations

from distwire.api.groups import Destination, Group
from mfp_client.server.resolving import resolve_recipients

KYOTO, OSAKA, NARA = (
    Destination(name=name, address=f"{name}.example", uri=f"ipp://{name}.example/ipp/print", channel="ipp")
    for name in ("kyoto", "osaka", "nara")
)


def _group(file: str, *members: Destination) -> Group:
    return Group(file=file, name=file, members=len(members), errors=0, destinations=list(members), problems=[])


def test_each_is_told_once_with_all_groups_it_is_chosen_through() -> None:
    found = resolve_recipients([_group("a.rec", KYOTO, OSAKA), _group("b.rec", OSAKA)], [], [])
    assert [(one.name, one.groups) for one in found.recipients] == [("kyoto", ["a.rec"]), ("osaka", ["a.rec", "b.rec"])]
    assert (found.total, found.troubled) == (2, 0)


def test_destinations_are_found_by_name_and_by_address() -> None:
    found = resolve_recipients([_group("a.rec", KYOTO)], ["osaka", "nara.example", KYOTO.uri], [KYOTO, OSAKA, NARA])
    assert [one.name for one in found.recipients] == ["kyoto", "osaka", "nara"]


def test_what_nobody_knows_is_left_to_the_server() -> None:
    assert resolve_recipients([], ["nowhere"], [KYOTO]).recipients == []
