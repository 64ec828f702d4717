"""Who would get a document, as far as a device knows without its server."""

from __future__ import annotations

from distwire.api.groups import Destination, GroupMembers, MemberLists
from mfp_client.server.resolving import resolve_recipients

KYOTO, OSAKA, NARA = (
    Destination(name=name, address=f"{name}.example", uri=f"ipp://{name}.example/ipp/print", channel="ipp")
    for name in ("kyoto", "osaka", "nara")
)


KNOWN = MemberLists(
    groups=[
        GroupMembers(file="all.rec", name="everybody", members=[KYOTO.uri, OSAKA.uri, NARA.uri]),
        GroupMembers(file="a.rec", name="first", members=[KYOTO.uri, OSAKA.uri]),
        GroupMembers(file="b.rec", name="second", members=[OSAKA.uri]),
    ],
    destinations=[KYOTO, OSAKA, NARA],
)


def test_each_is_told_once_with_all_groups_it_is_chosen_through() -> None:
    for chosen in (["a.rec", "b.rec"], ["first", "b.rec"]):
        found = resolve_recipients(chosen, [], KNOWN)
        told = [(one.name, one.groups) for one in found.recipients]
        assert told == [("kyoto", ["a.rec"]), ("osaka", ["a.rec", "b.rec"])]
        assert (found.total, found.troubled) == (2, 0)


def test_destinations_are_found_by_name_and_by_address() -> None:
    found = resolve_recipients(["a.rec"], ["osaka", "nara.example", KYOTO.uri], KNOWN)
    assert [one.name for one in found.recipients] == ["kyoto", "osaka", "nara"]


def test_what_nobody_knows_is_left_to_the_server() -> None:
    assert resolve_recipients(["gone.rec"], ["nowhere"], KNOWN).recipients == []
