"""One copy for each destination (D4)."""

from __future__ import annotations

from distserver.model.address import Destination, parse_address
from distserver.model.states import Resend
from distserver.plan.expand import ChosenGroup, expand


def _destination(address: str, name: str, **options: str) -> Destination:
    return Destination(parse_address(address), name, tuple(options.items()))


def group(name: str, *members: Destination) -> ChosenGroup:
    return ChosenGroup(name, f"{name}.rec", members)


A = _destination("ipp://a.example/ipp/print", "A")
B = _destination("b.example", "B", resend="at-most-once")
C = _destination("cups:C", "C")


def test_a_destination_in_several_groups_gets_one_copy() -> None:
    """D4, D16: each destination once, with the groups it was chosen through."""
    planned = expand([group("one", A, B), group("two", B, C, A)], [C, A], Resend.AT_LEAST_ONCE)
    assert [(p.destination.name, p.groups) for p in planned] == [
        ("A", ("one", "two")),
        ("B", ("one", "two")),
        ("C", ("two",)),
    ]


def test_what_goes_on_account_of_groups_alone_knows_their_files() -> None:
    """N1: a group that is paused holds that, and not what was chosen singly too."""
    planned = expand([group("one", A, B), group("two", B)], [A, C], Resend.AT_LEAST_ONCE)
    assert [p.via for p in planned] == [(), ("one.rec", "two.rec"), ()]


def test_one_address_written_in_two_ways_is_one_destination() -> None:
    again = _destination("B.example.", "the same")
    planned = expand([group("one", B)], [again], Resend.AT_LEAST_ONCE)
    assert [p.destination.name for p in planned] == ["B"]


def test_what_another_address_means_too_is_one_destination() -> None:
    """Also where it is told once more by the address of either line, with a wish."""
    wish = _destination("c.example", "by address", media="A5")
    short, long = _destination("c.example", "C", place="C"), _destination("cups:C", "the same", place="C")

    def identify(where: Destination) -> str:
        return where.option("place") or where.address.uri

    groups = [group("one", A, short), group("two", long, B)]
    planned = expand(groups, [], Resend.AT_LEAST_ONCE, addressed=[wish], identify=identify)
    assert [p.destination.name for p in planned] == ["A", "C", "B"]
    assert planned[1].groups == ("one", "two")
    assert planned[1].destination.option("media") == "A5"


def test_the_line_decides_whether_it_is_sent_again_after_a_crash() -> None:
    """N4: the policy is a setting of the destination."""
    planned = expand([group("one", A, B)], [], Resend.AT_LEAST_ONCE)
    assert [p.resend for p in planned] == [Resend.AT_LEAST_ONCE, Resend.AT_MOST_ONCE]


def test_what_is_asked_of_one_comes_before_its_line_and_after_what_is_asked_of_all() -> None:
    """N1: the last of two options of a name counts."""
    wish = _destination("b.example", "by address", media="A5", resend="at-least-once")
    planned = expand([group("one", A, B)], [], Resend.AT_LEAST_ONCE, addressed=[wish], options=[("media", "A4")])
    assert [p.destination.option("media") for p in planned] == ["A4", "A5"]
    assert planned[1].destination.name == "B"
    assert (planned[1].destination.option("resend"), planned[1].resend) == ("at-most-once", Resend.AT_MOST_ONCE)


def test_an_address_that_stands_nowhere_is_one_more_destination() -> None:
    planned = expand([group("one", A)], [], Resend.AT_LEAST_ONCE, addressed=[C])
    assert [p.destination.name for p in planned] == ["A", "C"]
