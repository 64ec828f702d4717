"""Instance names of printers."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.ipp.announcement.name import MOST_OCTETS, cut_text, list_names, make_name
from tests.support.announcing import uuid_of

NAMES = st.text(alphabet=st.characters(codec="utf-8"), max_size=120)


def test_a_name_is_cut_between_letters_of_three_octets() -> None:
    assert make_name("営" * 30) == "営" * 21
    assert make_name("a" + "営" * 30) == "a" + "営" * 20


def test_a_letter_keeps_its_marks() -> None:
    """か with the mark that makes it が is one letter to whoever reads it; so is a family of people."""
    assert cut_text("abか\u3099", 6) == "ab"
    assert cut_text("x👩\u200d👧", 9) == "x"


def test_what_dns_cannot_bear_is_replaced() -> None:
    assert make_name(" St. Gallen\nWest\x00 ") == "St\u2024 Gallen West"
    assert make_name("") == make_name("\n") == "Distserver"


def test_a_name_that_is_taken_gets_digits_of_the_uuid_then_a_number() -> None:
    names = list(islice(list_names("sales", uuid_of("3fa9c2d1")), 4))
    assert names == ["sales", "sales (3FA9C2)", "sales (3FA9C2-2)", "sales (3FA9C2-3)"]


@given(NAMES)
def test_every_name_to_try_fits_and_is_another(name: str) -> None:
    names = list(islice(list_names(name, uuid_of("3fa9c2d1")), 12))
    assert all(0 < len(one.encode()) <= MOST_OCTETS and "." not in one for one in names)
    assert len(set(names)) == len(names)


@given(NAMES, st.integers(0, 200))
def test_a_cut_text_is_a_beginning_that_fits(text: str, octets: int) -> None:
    cut = cut_text(text, octets)
    assert text.startswith(cut)
    assert len(cut.encode()) <= octets
