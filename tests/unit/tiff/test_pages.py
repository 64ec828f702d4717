"""TIFF files that grow page by page, read by Pillow's libtiff and by ourselves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from distwire.tiff import (
    DamagedTiff,
    Tail,
    TiffPage,
    TiffTooLarge,
    append_page,
    begin_file,
    end_at,
    find_tail,
    read_strip,
    walk_pages,
)
from mfp_client.memory.encoding import decode_page, encode_page
from tests.support.memory_pages import draw_page

NOTE = b"sixteen octets.."
PAGES = [
    encode_page(draw_page("fax", (433, 601)), (204.0, 98.0)),
    encode_page(draw_page("grey", mode="L"), (200.0, 200.0)),
    encode_page(draw_page("colour", (301, 299), mode="RGB"), (100.5, 100.0)),
]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "it.tif", os.O_RDWR | os.O_CREAT)
    yield opened
    os.close(opened)


def _fill(file: int, pages: list[TiffPage]) -> None:
    tail = begin_file(file, NOTE)
    for page in pages:
        tail = append_page(file, tail, page)
        assert find_tail(file, NOTE) == tail


def test_other_programs_read_what_was_written(file: int, tmp_path: Path) -> None:
    _fill(file, PAGES)
    with Image.open(tmp_path / "it.tif") as image:
        assert getattr(image, "n_frames", 1) == len(PAGES)
        for number, page in enumerate(PAGES):
            image.seek(number)
            assert image.size == (page.facts.width, page.facts.height)
            assert image.info["dpi"] == page.facts.dpi
            assert ImageChops.difference(image.convert("RGB"), decode_page(page).convert("RGB")).getextrema()[0][1] < 8


def test_pages_come_back_as_they_were(file: int) -> None:
    _fill(file, PAGES)
    assert [TiffPage(place.facts, read_strip(file, place)) for place in walk_pages(file)] == PAGES


@pytest.mark.parametrize("left", [10, 100, 300])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_for_which_there_are_no_offsets_is_refused(file: int, page: TiffPage, left: int) -> None:
    """Whether its strip, its directory or what stands behind that crosses 4 GiB."""
    begin_file(file, NOTE)
    with pytest.raises(TiffTooLarge, match="4 GB"):
        append_page(file, Tail(4, (1 << 32) - len(page.strip) - left + 50, 0), page)
    assert list(walk_pages(file)) == []


def test_black_and_white_is_kept_to_the_dot() -> None:
    image = draw_page("to the dot")
    assert (
        ImageChops.difference(decode_page(encode_page(image, (200, 200))).convert("L"), image.convert("L")).getbbox()
        is None
    )


def test_a_file_without_pages_has_none(file: int) -> None:
    begin_file(file, NOTE)
    assert list(walk_pages(file)) == []


@settings(deadline=None)
@given(cut=st.integers(1, 400))
def test_a_page_that_broke_off_is_not_there(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its link is written last; what lies behind the whole pages is taken off, and others can follow."""
    file = os.open(tmp_path_factory.mktemp("cut") / "it.tif", os.O_RDWR | os.O_CREAT)
    try:
        tail = append_page(file, begin_file(file, NOTE), PAGES[0])
        os.pwrite(file, os.urandom(cut), tail.end)
        assert find_tail(file, NOTE) == tail
        end_at(file, tail)
        append_page(file, tail, PAGES[1])
        assert [place.facts for place in walk_pages(file)] == [PAGES[0].facts, PAGES[1].facts]
    finally:
        os.close(file)


@settings(deadline=None)
@given(place=st.integers(0, 2000), octet=st.integers(0, 255))
def test_a_damaged_file_ends_in_an_error_or_in_pages(
    place: int, octet: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = os.open(tmp_path_factory.mktemp("bad") / "it.tif", os.O_RDWR | os.O_CREAT)
    try:
        _fill(file, PAGES[:2])
        os.pwrite(file, bytes([octet]), place)
        with contextlib.suppress(DamagedTiff):
            assert all(read_strip(file, one) is not None for one in walk_pages(file))
    finally:
        os.close(file)


def test_a_circle_of_pages_ends(file: int) -> None:
    _fill(file, PAGES)
    first, second, *_ = walk_pages(file)
    at = os.pread(file, 4, 4)
    os.pwrite(file, at, second.slot)
    with pytest.raises(DamagedTiff):
        list(walk_pages(file))
    assert first.offset == 8 + len(NOTE)
