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


def test_a_fax_by_its_number_counts_also_where_it_is_not_known() -> None:
    """Nobody is told before START that a document is for nobody."""
    found = resolve_recipients([], ["tel:0312345678", "osaka", "tel:0312345678"], KNOWN)
    assert [(one.name, one.channel) for one in found.recipients] == [("0312345678", "fax"), ("osaka", "ipp")]


def test_a_file_counts_before_a_group_that_is_called_so() -> None:
    """As on the server: else whoever names a group after another's file would be shown in its place."""
    decoy = GroupMembers(file="a.rec", name="b.rec", members=[NARA.uri])
    meant = GroupMembers(file="b.rec", name="second", members=[OSAKA.uri])
    known = MemberLists(groups=[decoy, meant], destinations=[OSAKA, NARA])
    assert [one.name for one in resolve_recipients(["b.rec"], [], known).recipients] == ["osaka"]


def test_an_address_counts_before_a_destination_that_is_called_so() -> None:
    decoy = NARA.model_copy(update={"name": OSAKA.address})
    found = resolve_recipients([], [OSAKA.address], MemberLists(groups=[], destinations=[decoy, OSAKA]))
    assert [one.uri for one in found.recipients] == [OSAKA.uri]


def test_what_a_name_stands_for_twice_is_left_to_the_server() -> None:
    groups = [GroupMembers(file=file, name="branch", members=[KYOTO.uri]) for file in ("a.rec", "b.rec")]
    twins = [NARA, OSAKA.model_copy(update={"name": "nara"})]
    known = MemberLists(groups=groups, destinations=[KYOTO, *twins])
    assert resolve_recipients(["branch"], ["nara"], known).recipients == []
