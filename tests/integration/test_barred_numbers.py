"""Numbers that are barred: refused where one is chosen by itself, passed over in a group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import Forbidden
from distserver.groups.destinations import parse_rules
from distserver.groups.numbers import is_barred
from distserver.model.address import Destination, parse_address
from tests.support.board import Board

GROUP = "# Branches\n# branches.rec\ntel:090-1111-2222; Mobile\ndiscard:x; Nobody\n"


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    (tmp_path / "destinations.rec").write_text("tel:+8190*; mobile phones; barred=yes\n")
    one = Board(tmp_path, {"branches.rec": GROUP})
    try:
        yield one
    finally:
        one.services.close()


@pytest.mark.parametrize("number", ["fax:090-1111-2222", "Mobile"])
def test_by_itself_it_is_refused_with_the_way_out(board: Board, number: str) -> None:
    with pytest.raises(Forbidden, match="is barred: a line of the registry"):
        board.submit(destinations=(number,))


def test_in_a_group_it_keeps_nothing_from_the_others(board: Board) -> None:
    assert board.submit(groups=("Branches",)).counts.total == 2


@pytest.mark.parametrize(
    "number",
    [
        "fax:0990-123-456",
        "fax:099012345699999",
        "fax:184 0990123456",
        "fax:*67 0990123456",
        "fax:*67#0990123456",
        "fax:099012345#6",
        "fax:0033 0990123456",
        "tel:+81990123456",
        "fax:010 81 990123456",
        "tel:0990123456;phone-context=+81",
        "tel:0990123456;ext=12",
    ],
)
def test_number_in_disguise_is_barred_as_well(number: str) -> None:
    """A line for the number as the world knows it is for whatever a modem dials to reach it."""
    rules = "tel:+81990123456; premium; barred=yes\ntel:+81*; Japan; server=hylafax://tokyo\n"
    where = Destination(parse_address(number), "X")
    assert is_barred(where.under(parse_rules(rules.encode()).options(where, "JP")))


@pytest.mark.parametrize("number", ["fax:1840990123456", "fax:0990765432", "fax:1234", "fax:*72#"])
def test_what_is_not_barred_or_allowed_by_a_narrower_line_is_called(number: str) -> None:
    rules = "tel:+81990123456; premium; barred=yes\ntel:1840990123456; ours; barred=no\n"
    where = Destination(parse_address(number), "X")
    assert not is_barred(where.under(parse_rules(rules.encode()).options(where, "JP")))


def test_allowed_number_at_the_end_of_another_one_opens_nothing() -> None:
    rules = "tel:*; the world; barred=yes\ntel:+81335550100; ours; barred=no\n"
    where = Destination(parse_address("fax:09901234560335550100"), "X")
    assert is_barred(where.under(parse_rules(rules.encode()).options(where, "JP")))
