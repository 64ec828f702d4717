"""Look-ups among the groups as they stand (SPEC D2, D3, D16)."""

from __future__ import annotations

import pytest

from distserver.errors import Conflict, NotFound, UnknownDestination
from distserver.groups.recfile import parse_recfile
from distserver.groups.snapshot import Group, Snapshot, fold_name
from distserver.model.address import parse_address


def group(file: str, name: str, *lines: str) -> Group:
    return Group.of(parse_recfile("\n".join([f"# {name}", f"# {file}", *lines, ""]).encode(), file))


ALL = group(
    "all.rec",
    "all distribution destinations",
    "sale1.example; 営業一課; user=u secret=s",
    "ipps://sale2.example/ipp/print; sales 2",
    "ipp://box.example/printers/a; box a",
    "ipp://box.example/printers/b; box b",
)
SALES = group("sales.rec", "Sales", "sale1.example; 営業一課", "other.example; sales 2")
DEVELOP = group("develop.rec", "ガ開発", "sale1.example; 営業一課; copies=2")


def test_all_comes_first_and_the_order_is_that_of_the_files() -> None:
    snapshot = Snapshot.of([SALES, DEVELOP, ALL])
    assert [each.file for each in snapshot.groups] == ["all.rec", "develop.rec", "sales.rec"]
    assert snapshot.groups[0].is_all


@pytest.mark.parametrize("wanted", ["sales.rec", "sales", "Sales", "SALES", " sales  ", "SALES.REC"])
def test_a_group_is_found_by_file_and_name(wanted: str) -> None:
    assert Snapshot.of([SALES, DEVELOP, ALL]).find(wanted).file == "sales.rec"


def test_names_match_in_any_unicode_form() -> None:
    snapshot = Snapshot.of([DEVELOP])
    assert snapshot.find("カ\u3099開発").file == "develop.rec"
    assert fold_name("１～２") == fold_name("１〜２")


def test_an_unknown_group_is_told() -> None:
    with pytest.raises(NotFound, match="no group 'nobody'"):
        Snapshot.of([ALL]).find("nobody")


def test_two_groups_with_one_name_are_reported_and_told_apart_by_file() -> None:
    twin = group("twin.rec", "sales", "x.example; x")
    snapshot = Snapshot.of([SALES, twin, ALL])
    with pytest.raises(Conflict, match=r"sales\.rec, twin\.rec"):
        snapshot.find("sAles")
    assert snapshot.find("twin.rec").file == "twin.rec"
    told = [problem for each in snapshot.groups for problem in each.errors]
    assert [problem.file for problem in told] == ["sales.rec", "twin.rec"]
    assert "also that of twin.rec" in told[0].reason


def test_destinations_are_those_of_all_rec() -> None:
    """D3."""
    assert Snapshot.of([SALES, ALL]).destinations == ALL.members
    assert [member.name for member in Snapshot.of([SALES, DEVELOP]).destinations] == ["営業一課", "sales 2"]


FAXES = group(
    "faxes.rec",
    "faxes",
    "tel:+81-3-1234-5678; Tokyo",
    "fax:06-1111-2222; Osaka",
    "tel:020 7946 0018; London; country=GB",
    "tel:1234; extension",
    "tel:+81-52-111-2222; Nagoya",
    "tel:052-111-2222; Nagoya again",
)


@pytest.mark.parametrize(
    ("dialled", "name"),
    [
        ("tel:0312345678", "Tokyo"),
        ("fax:03-1234-5678", "Tokyo"),
        ("tel:+81312345678", "Tokyo"),
        ("tel:+81611112222", "Osaka"),
        ("0312345678", "Tokyo"),
        ("03-1234-5678", "Tokyo"),
        ("+81 3 1234 5678", "Tokyo"),
        ("(03) 1234-5678", "Tokyo"),
        ("03.1234.5678", "Tokyo"),
        ("\uff10\uff13\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18", "Tokyo"),
        ("tel:+442079460018", "London"),
        ("tel:1234", "extension"),
        ("tel:0521112222", "Nagoya again"),
    ],
)
def test_a_telephone_number_is_found_in_any_of_its_forms(dialled: str, name: str) -> None:
    """Who stands at a panel types what they would dial."""
    assert Snapshot.of([FAXES], country="JP").find_destination(dialled).name == name


def test_a_name_of_digits_counts_before_a_number_and_after_an_address() -> None:
    """As where devices are called by their inventory numbers."""
    snapshot = Snapshot.of([group("a.rec", "a", "tel:20481; extension", "printer.example; 20481")], country="JP")
    assert snapshot.find_destination("20481").address.uri == "ipp://printer.example/ipp/print"
    assert snapshot.find_destination("tel:20481").name == "extension"
    with pytest.raises(UnknownDestination):
        Snapshot.of([group("a.rec", "a", "tel:19216801; x")]).find_destination("192.168.0.1")
    assert Snapshot.of([group("a.rec", "a", "tel:20481; x")]).find_destination("20481").name == "x"


@pytest.mark.parametrize("dialled", ["tel:0399999999", "tel:999", "tel:*67", "tel:0312345679", "((((((", "10.0.0"])
def test_a_number_that_no_line_has_is_found_nowhere(dialled: str) -> None:
    with pytest.raises(UnknownDestination):
        Snapshot.of([FAXES], country="JP").find_destination(dialled)


@pytest.mark.parametrize(
    ("dialled", "same"),
    [
        ("tel:0312345678", "tel:+81312345678"),
        ("tel:+81611112222", "tel:0611112222"),
        ("tel:0521112222", "tel:0521112222"),
        ("tel:+810521112222", "tel:+810521112222"),
        ("tel:0399999999", "tel:0399999999"),
        ("ipp://printer.example/ipp/print", "ipp://printer.example/ipp/print"),
    ],
)
def test_the_line_of_an_address_that_need_not_have_one(dialled: str, same: str) -> None:
    """Of two lines of one number, the sender has to say which."""
    assert Snapshot.of([FAXES], country="JP").find_same(parse_address(dialled)).uri == same


def test_a_number_is_found_as_its_line_in_all_rec_has_it_in_whichever_form() -> None:
    """Else who dials it would send with the log-in of a group that may be closed to them."""
    number = "tel:+81-3-1234-5678"
    everything = group("all.rec", "all", f"{number}; Tokyo")
    closed = group("board.rec", "board", f"{number}; Board; server=hylafax://other user=board secret=@board")
    snapshot = Snapshot.of([closed, everything], country="JP")
    assert snapshot.find_destination("tel:0312345678") == snapshot.find_destination(number) == everything.members[0]


def test_a_number_of_which_the_country_is_not_known_is_found_as_it_is_written_alone() -> None:
    with pytest.raises(UnknownDestination):
        Snapshot.of([FAXES]).find_destination("tel:0312345678")


def test_of_two_lines_with_one_number_the_first_is_meant() -> None:
    assert Snapshot.of([FAXES], country="JP").find_destination("tel:+810521112222").name == "Nagoya"


def test_of_lines_with_one_number_in_several_forms_that_of_all_rec_is_meant() -> None:
    everything = group("all.rec", "all", "fax:03-1234-5678; Tokyo")
    closed = group("board.rec", "board", "tel:+81-3-1234-5678; Board; user=board secret=@board")
    snapshot = Snapshot.of([closed, everything], country="JP")
    assert snapshot.find_destination("tel:+810312345678") == everything.members[0]


def test_two_lines_with_one_name_and_one_number_are_no_two_destinations() -> None:
    more = group("more.rec", "more", "tel:03-1234-5678; Tokyo", "tel:078-333-0000; Osaka")
    snapshot = Snapshot.of([FAXES, more], country="JP")
    assert snapshot.find_destination("Tokyo").address.uri == "tel:+81312345678"
    with pytest.raises(Conflict, match=r"tel:0611112222, tel:0783330000"):
        snapshot.find_destination("Osaka")


@pytest.mark.parametrize("wanted", ["sale1.example", "SALE1.example.", "ipp://sale1.example/ipp/print", "営業一課"])
def test_a_destination_is_found_by_address_and_name(wanted: str) -> None:
    assert Snapshot.of([SALES, ALL]).find_destination(wanted).address.uri == "ipp://sale1.example/ipp/print"


def test_a_destination_is_found_by_its_host_alone() -> None:
    assert Snapshot.of([ALL]).find_destination("sale2.example").name == "sales 2"
    with pytest.raises(Conflict, match="printers/a"):
        Snapshot.of([ALL]).find_destination("box.example")


def test_an_ambiguous_or_unknown_destination_is_told() -> None:
    with pytest.raises(Conflict, match="several destinations"):
        Snapshot.of([SALES, ALL]).find_destination("Sales 2")
    with pytest.raises(NotFound, match="no destination"):
        Snapshot.of([SALES, ALL]).find_destination("nowhere.example")


def test_a_slip_of_the_pen_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(NotFound, match=r"no destination 'sales2' \(is 'sales 2' meant\?\): see the list"):
        Snapshot.of([SALES]).find_destination("sales2")


def test_a_mailbox_needs_no_scheme() -> None:
    boxes = Snapshot.of([group("boxes.rec", "Boxes", "mailto:Kyoto@example.org; Kyoto")])
    assert boxes.find_destination("Kyoto@EXAMPLE.org").name == "Kyoto"
    with pytest.raises(NotFound, match="no destination"):
        boxes.find_destination("osaka@example.org")


def test_options_need_to_stand_in_all_rec_only() -> None:
    snapshot = Snapshot.of([SALES, DEVELOP, ALL])
    assert snapshot.members(snapshot.find("sales"))[0].option("secret") == "s"
    assert snapshot.members(snapshot.find("develop"))[0].options == (("copies", "2"),)
    assert snapshot.members(snapshot.find("sales"))[1].options == ()


def test_groups_of_a_destination() -> None:
    snapshot = Snapshot.of([SALES, DEVELOP, ALL])
    assert [each.file for each in snapshot.groups_of("ipp://other.example/ipp/print")] == ["sales.rec"]


def test_all_rec_alone_is_enough() -> None:
    """D16."""
    snapshot = Snapshot.of([ALL])
    assert snapshot.find("all").members == snapshot.destinations
