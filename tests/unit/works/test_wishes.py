"""What a screen may ask for, and what is said of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfp_client.works.faults import WrongWish
from mfp_client.works.telephone import read_fax_address
from mfp_client.works.wishes import check_wishes, read_wishes


def test_wishes_are_read_with_their_defaults() -> None:
    kind, wishes = read_wishes(
        "distribute-document", {"kind": "x", "groups": ["a.rec"], "keep": None, "scan": {"duplex": True}}
    )
    assert (kind, wishes.groups, wishes.keep, wishes.review) == ("distribute-document", ("a.rec",), None, True)
    assert (wishes.scan.duplex, wishes.scan.resolution, wishes.scan.color) == (True, 300, "monochrome")


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        ("dance", {}, "kind"),
        ("copy", {"copies": 0}, "copies"),
        ("copy", {"number_up": 3}, "number_up"),
        ("copy", {"scan": {"source": "ceiling"}}, "scan.source"),
        ("copy", {"colour": "red"}, "colour"),
        ("take-out", {"ids": ["1234"]}, "ids.0"),
        ("take-out", {"ids": "12345678"}, "ids"),
        ("store", {"title": "x" * 201}, "title"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_field(kind: str, said: dict[str, object], field: str) -> None:
    with pytest.raises(WrongWish) as raised:
        read_wishes(kind, said)
    assert (raised.value.keyword, raised.value.facts) == ("wrong-wish", {"field": field})


@pytest.mark.parametrize(
    ("kind", "said", "keyword"),
    [
        ("take-out", {}, "no-document"),
        ("process", {"ids": ["12345678"]}, "wrong-wish"),
        ("process", {"ids": ["12345678"], "action": "move"}, "no-medium"),
        ("distribute-file", {"ids": ["12345678"]}, "no-destination"),
        ("fax", {"groups": ["a.rec"]}, "no-destination"),
        ("fax", {"to": ["1"], "sheet": True}, "sheet-needs-keep"),
        ("copy", {"unfinished": "12345678"}, "wrong-wish"),
    ],
)
def test_what_is_missing_is_told(kind: str, said: dict[str, object], keyword: str) -> None:
    chosen, wishes = read_wishes(kind, said)
    with pytest.raises(WrongWish) as raised:
        check_wishes(chosen, wishes)
    assert raised.value.keyword == keyword


def test_image_ids_are_read_as_people_type_them() -> None:
    assert read_wishes("take-out", {"ids": ["1234 5678", "１２３４５６７９", 12345670]})[1].ids == (
        12345678,
        12345679,
        12345670,
    )


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("+81-3-1234-5678", "tel:+81312345678"),
        ("(03) 1234 5678", "tel:0312345678"),
        ("＋８１３１２３４５６７８", "tel:+81312345678"),
        ("fax:+81 3 1234 5678", "tel:+81312345678"),
        ("TEL:110", "tel:110"),
        ("Osaka branch", "Osaka branch"),
        (" branch.example.org ", "branch.example.org"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("1234567890123456", "1234567890123456"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("()", "()"),
        ("", ""),
    ],
)
def test_numbers_become_addresses_and_nothing_else_does(typed: str, address: str) -> None:
    assert read_fax_address(typed) == address


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_stays_as_it_is(typed: str) -> None:
    address = read_fax_address(typed)
    assert address == typed.strip() or address.removeprefix("tel:").lstrip("+").isdecimal()
    assert read_fax_address(address) == address
