"""Blank pages and those that only seem so; `deploy/bench blank` does the same with many more."""

from __future__ import annotations

import pytest
from PIL import Image

from distwire.scan.blank import is_blank
from tests.support.dirty_paper import CONTENTS, LEVELS, SIZE, make_page


@pytest.mark.parametrize("level", range(len(LEVELS)))
@pytest.mark.parametrize("content", CONTENTS)
def test_next_to_nothing_is_something(content: str, level: int) -> None:
    assert not is_blank(make_page(content, level, 1))


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_dirt_is_nothing(level: int) -> None:
    assert is_blank(make_page(None, level, 1))


@pytest.mark.parametrize("size", [(130, 130), (130, 3000), (3000, 130), SIZE])
def test_white_of_any_size_is_blank(size: tuple[int, int]) -> None:
    assert is_blank(Image.new("L", size, 255))


@pytest.mark.parametrize("size", [(1, 1), (20, 20), (24, 3000), (3000, 60)])
def test_scraps_are_kept(size: tuple[int, int]) -> None:
    assert not is_blank(Image.new("L", size, 255))


def test_a_black_page_is_none_that_may_be_lost() -> None:
    assert not is_blank(Image.new("L", SIZE, 0))
