"""Telephone numbers in their three forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.telephone import NumberError, dial_number, find_reached, normalise_number


@pytest.mark.parametrize(
    ("written", "country", "world", "dialled"),
    [
        ("03-1234-5678", "JP", "+81312345678", "0312345678"),
        ("+81312345678", "JP", "+81312345678", "0312345678"),
        ("+81312345678", "DE", "+81312345678", "0081312345678"),
        ("+12125550100", "JP", "+12125550100", "01012125550100"),
        ("(212) 555-0100", "US", "+12125550100", "12125550100"),
        ("010 1 212 555 0100", "JP", "+12125550100", "01012125550100"),
        ("1234", "JP", "1234", "1234"),
        ("*72#", "JP", "*72#", "*72#"),
        ("*67 03 1234 5678", "JP", "*670312345678", "*670312345678"),
        ("0312345678#12", "JP", "0312345678#12", "0312345678#12"),
        ("0900123456", "JP", "+81900123456", "0900123456"),
        ("+81900123456", "JP", "+81900123456", "0900123456"),
    ],
)
def test_number_of_people_of_the_world_and_of_the_dial(written: str, country: str, world: str, dialled: str) -> None:
    assert normalise_number(written, country) == world
    assert dial_number(written, country) == dialled


def test_number_without_country_keeps_its_code() -> None:
    assert dial_number("+81312345678", "") == "+81312345678"


@pytest.mark.parametrize("written", ["+", "+999", "+81", "+8131234567812345678901", "", "abc"])
def test_what_cannot_be_dialled_is_told(written: str) -> None:
    with pytest.raises(NumberError):
        normalise_number(written, "JP")


@given(st.text(alphabet="0123456789+*#-(). A", max_size=25), st.sampled_from(["JP", "US", "DE", ""]))
def test_world_form_is_stable(written: str, country: str) -> None:
    try:
        world = normalise_number(written, country)
    except NumberError:
        return
    assert not world.startswith("+") or normalise_number(world, country) == world


@pytest.mark.parametrize(
    ("dialled", "country", "reached"),
    [
        ("099012345699999", "JP", "+81990123456"),
        ("1840990123456", "JP", "+81990123456"),
        ("*67#0990123456", "JP", "+81990123456"),
        ("099012345#6", "JP", "+81990123456"),
        ("003301019005551234", "JP", "+19005551234"),
        ("01019005551234999", "JP", "+19005551234"),
        ("*829005551234", "US", "+19005551234"),
        ("19005551234999", "US", "+19005551234"),
    ],
)
def test_what_an_exchange_makes_of_more_than_a_number(dialled: str, country: str, reached: str) -> None:
    assert reached in find_reached(dialled, country)


@given(st.text(alphabet="0123456789*#", max_size=40), st.sampled_from(["JP", "US", "DE", "ES", "ZZ", ""]))
def test_anything_that_is_dialled_is_looked_into(dialled: str, country: str) -> None:
    assert all(one.startswith("+") for one in find_reached(dialled, country))
