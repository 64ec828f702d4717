"""Numbers that are barred: refused where one is chosen by itself, passed over in a group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import Forbidden
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
