"""Lines of the registry for telephone numbers, in whatever form either is written, and numbers that are barred."""

from __future__ import annotations

import pytest

from distserver.groups.destinations import parse_rules
from distserver.groups.numbers import explain_bar, find_barred, is_barred
from distserver.model.address import Destination, parse_address
from distserver.model.jobs import PlannedDelivery

RULES = parse_rules(
    b"""tel:*; all; barred=yes
tel:+81*; Japan; barred=no
tel:+8190*; mobile phones; barred=yes
tel:090-1234-5678; the manager; barred=no
tel:0990*; services; barred=yes
"""
)


def read(address: str) -> Destination:
    where = Destination(parse_address(address), "Branch")
    return where.under(RULES.options(where, "JP"))


@pytest.mark.parametrize(
    ("address", "barred"),
    [
        ("tel:03-5550-0100", False),
        ("tel:+81355500100", False),
        ("tel:090-1111-2222", True),
        ("tel:+819011112222", True),
        ("tel:+819012345678", False),
        ("tel:09012345678", False),
        ("tel:+12125550100", True),
        ("tel:0990123456", True),
        ("tel:*70", True),
        ("discard:x", False),
    ],
)
def test_a_number_is_barred_in_each_form(address: str, barred: bool) -> None:
    assert is_barred(read(address)) is barred


def test_without_lines_nothing_is_barred() -> None:
    assert not is_barred(Destination(parse_address("tel:+12125550100"), "Branch"))


def test_a_number_by_itself_is_found_and_a_member_of_a_group_is_not() -> None:
    barred, free = read("tel:+12125550100"), read("tel:0355500100")
    member = PlannedDelivery(barred, ("Sales",), ("sales.rec",))
    assert find_barred([member, PlannedDelivery(free)]) is None
    assert find_barred([member, PlannedDelivery(barred)]) == barred
    assert "+12125550100 is barred" in explain_bar(barred)
