"""Which pages of a job are printed: `page-ranges` of IPP (RFC 8011 §5.2.7) as ranges and as people write them.

Ranges count the input pages of all documents of a job one after the other, from 1, whatever is later put on one side
(`number-up`) and however many copies are made. RFC 8011 leaves this to `multiple-document-handling`: our jobs are
`single-document-new-sheet` (§5.2.4), where several documents are one sequence of pages and each begins on a sheet of
its own; ranges that count the pages of each document anew are spread over it first. Ranges ascend and do not overlap;
pages that do not exist are passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

PageRanges = tuple[tuple[int, int], ...]

LAST_PAGE = 2**31 - 1
"""The MAX of RFC 8011: a range up to here goes to the end, however many pages there are."""

MOST_RANGES = 200
"""A job that needs more is better cut into documents; what devices and people are shown of it stays readable."""

_SPLIT = re.compile(r"[,;、]")
_RANGE = re.compile(r"([0-9]{1,9})(?:\s*([-–—~])\s*([0-9]{1,9})?)?")


def parse_page_ranges(text: str) -> PageRanges:
    """`1-3,7,9-` as ranges; nothing but spaces as (), which is all pages.

    In any order, and full-width figures do: ranges are sorted, and joined where they meet. Raises `ValueError` whose
    words say what is wrong.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ()
    ranges = join_page_ranges(_parse_range(part.strip()) for part in _SPLIT.split(plain))
    check_page_ranges(ranges)
    return ranges


def _parse_range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text[:40]}' is no range of pages: write for example 1-3,7 or 5-")
    first = int(match[1])
    last = first if match[2] is None else int(match[3] or LAST_PAGE)
    if first < 1:
        raise ValueError("pages count from 1")
    if last < first:
        raise ValueError(f"'{text}' ends before it begins: write {last}-{first}" if last else "pages count from 1")
    return first, last


def format_page_ranges(ranges: PageRanges) -> str:
    """The reverse of `parse_page_ranges`: `1-3,7,9-`."""
    return ",".join(_format_range(first, last) for first, last in ranges)


def _format_range(first: int, last: int) -> str:
    if last >= LAST_PAGE:
        return f"{first}-"
    return str(first) if first == last else f"{first}-{last}"


def join_page_ranges(ranges: Iterable[tuple[int, int]]) -> PageRanges:
    """Sorted, and joined where they overlap or follow each other."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return tuple(joined)


def check_page_ranges(ranges: PageRanges) -> None:
    """Raises `ValueError` unless they count from 1, ascend, do not overlap, and are not too many."""
    if len(ranges) > MOST_RANGES:
        raise ValueError(f"there are {len(ranges)} ranges of pages, and {MOST_RANGES} is the most")
    before = 0
    for first, last in ranges:
        if first < 1 or last < first:
            raise ValueError(f"the range of pages {first}-{last} makes no sense: pages count from 1")
        if first <= before:
            raise ValueError("ranges of pages must ascend and not overlap")
        before = last


def narrow_page_ranges(ranges: PageRanges, pages: int) -> PageRanges:
    """The same choice for a job of so many pages in fewest ranges; () when it is all of them.

    When none of the pages exists, the ranges come back as they are: they choose nothing.
    """
    narrow = join_page_ranges((first, min(last, pages)) for first, last in ranges if first <= pages)
    if narrow == ((1, pages),):
        return ()
    return narrow or ranges


def spread_page_ranges(counts: Sequence[int], ranges: PageRanges) -> PageRanges:
    """Ranges that count the pages of each document anew as ranges that count those of all (see above).

    When none of the pages exists in any document, they choose none either.
    """
    spread: list[tuple[int, int]] = []
    offset = 0
    for count in counts:
        spread += [(first + offset, min(last, count) + offset) for first, last in ranges if first <= count]
        offset += count
    return join_page_ranges(spread) or ((offset + 1, LAST_PAGE),)


def choose_pages(counts: Sequence[int], ranges: PageRanges) -> list[list[int]]:
    """For each of the documents with so many pages, the chosen ones, counted from 0 within the document."""
    chosen, offset = [], 0
    for count in counts:
        chosen.append(list(_pages_within(ranges, offset, count)) if ranges else list(range(count)))
        offset += count
    return chosen


def _pages_within(ranges: PageRanges, offset: int, count: int) -> Iterator[int]:
    for first, last in ranges:
        yield from range(max(first - 1 - offset, 0), min(last - offset, count))


def count_pages(counts: Sequence[int], ranges: PageRanges) -> list[int]:
    """How many pages `choose_pages` chooses of each document."""
    if not ranges:
        return list(counts)
    pages, offset = [], 0
    for count in counts:
        pages.append(sum(max(0, min(last - offset, count) - max(first - 1 - offset, 0)) for first, last in ranges))
        offset += count
    return pages


def count_sides(pages: Iterable[int], number_up: int) -> list[int]:
    """How many sides documents with so many pages take, `number_up` to a side: none shares a side with another."""
    return [-(-count // number_up) for count in pages]
