"""Page ranges as people write them, and the pages they choose (RFC 8011 §5.2.7)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.pages import (
    LAST_PAGE,
    MOST_RANGES,
    PageRanges,
    check_page_ranges,
    choose_pages,
    count_pages,
    count_sides,
    format_page_ranges,
    join_page_ranges,
    narrow_page_ranges,
    parse_page_ranges,
    spread_page_ranges,
)

RANGE = st.tuples(st.integers(1, 60), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))
RANGES = st.lists(RANGE, max_size=8).map(join_page_ranges)
COUNTS = st.lists(st.integers(1, 12), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("", ()),
        ("  ", ()),
        ("7", ((7, 7),)),
        ("1-3,7", ((1, 3), (7, 7))),
        (" 1 - 3 ; 7 ", ((1, 3), (7, 7))),
        ("7,1-3", ((1, 3), (7, 7))),
        ("1-3,2-5,6", ((1, 6),)),
        ("5-", ((5, LAST_PAGE),)),
        ("2,5-,9", ((2, 2), (5, LAST_PAGE))),
        ("1–3", ((1, 3),)),
        ("１－３、７", ((1, 3), (7, 7))),
    ],
)
def test_ranges_are_read_as_people_write_them(text: str, ranges: PageRanges) -> None:
    assert parse_page_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "count from 1"),
        ("5-0", "count from 1"),
        ("0-5", "count from 1"),
        ("3-1", "write 1-3"),
        ("-3", "'-3' is no range"),
        ("1,,2", "'' is no range"),
        ("1-3-5", "no range"),
        ("one", "'one' is no range"),
        ("1;2 3", "'2 3' is no range"),
        ("12345678901", "no range"),
        (",".join(str(number) for number in range(1, 2 * MOST_RANGES + 3, 2)), f"{MOST_RANGES} is the most"),
    ],
)
def test_what_is_no_range_is_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_page_ranges(text)


@given(RANGES)
def test_what_is_written_reads_the_same(ranges: PageRanges) -> None:
    assert parse_page_ranges(format_page_ranges(ranges)) == ranges


@given(st.text(alphabet="0123456789-,; –、x", max_size=20))
def test_whatever_is_typed_is_read_as_good_ranges_or_refused(text: str) -> None:
    ranges: PageRanges = ()
    with contextlib.suppress(ValueError):
        ranges = parse_page_ranges(text)
    check_page_ranges(ranges)
    assert parse_page_ranges(format_page_ranges(ranges)) == ranges


@pytest.mark.parametrize("ranges", [((0, 2),), ((3, 2),), ((4, 5), (1, 2)), ((1, 3), (3, 4)), ((1, 3), (2, 2))])
def test_ranges_that_ipp_forbids_are_refused(ranges: PageRanges) -> None:
    with pytest.raises(ValueError, match="range"):
        check_page_ranges(ranges)


def test_pages_are_counted_through_all_documents() -> None:
    """RFC 8011 §5.2.7: of eight documents of ten pages each, 41:60 are the fifth and the sixth."""
    chosen = choose_pages([10] * 8, ((41, 60),))
    assert [len(pages) for pages in chosen] == [0, 0, 0, 0, 10, 10, 0, 0]
    assert choose_pages([2, 3], ((2, 3), (5, 9))) == [[1], [0, 2]]
    assert choose_pages([2, 3], ()) == [[0, 1], [0, 1, 2]]


@given(COUNTS, RANGES.filter(bool))
def test_each_page_is_chosen_exactly_if_it_lies_in_a_range(counts: list[int], ranges: PageRanges) -> None:
    chosen = choose_pages(counts, ranges)
    number = 0
    for document, count in enumerate(counts):
        for page in range(count):
            number += 1
            assert (page in chosen[document]) == any(first <= number <= last for first, last in ranges)
        assert chosen[document] == sorted(set(chosen[document]))


@given(COUNTS, RANGES)
def test_pages_are_counted_as_they_are_chosen(counts: list[int], ranges: PageRanges) -> None:
    assert count_pages(counts, ranges) == [len(pages) for pages in choose_pages(counts, ranges)]


@given(COUNTS, RANGES)
def test_narrowed_ranges_choose_the_same(counts: list[int], ranges: PageRanges) -> None:
    narrow = narrow_page_ranges(ranges, sum(counts))
    assert choose_pages(counts, narrow) == choose_pages(counts, ranges)
    assert narrow_page_ranges(narrow, sum(counts)) == narrow


@given(COUNTS, RANGES.filter(bool))
def test_ranges_of_each_document_choose_the_same_in_all(counts: list[int], ranges: PageRanges) -> None:
    spread = spread_page_ranges(counts, ranges)
    check_page_ranges(spread)
    assert choose_pages(counts, spread) == [choose_pages([count], ranges)[0] for count in counts]


def test_all_pages_are_no_choice() -> None:
    assert narrow_page_ranges(((1, 3), (4, LAST_PAGE)), 7) == ()
    assert narrow_page_ranges(((1, 3),), 7) == ((1, 3),)
    assert narrow_page_ranges(((9, 12),), 7) == ((9, 12),)


def test_no_document_shares_a_side_with_another() -> None:
    assert count_sides([3, 0, 1], 2) == [2, 0, 1]
    assert count_sides([17], 16) == [2]
