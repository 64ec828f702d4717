"""Stored pages as PWG raster, read back by the project's reader."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from distwire.ipp import Group, GroupTag, attribute
from distwire.ipp.values import keyword, keywords, resolution
from distwire.raster import read_pages
from distwire.tiff import Tone
from mfp_client.memory.encoding import encode_page
from mfp_client.memory.raster import RasterKind, choose_kind, write_raster
from mfp_client.printing.media import A4
from tests.support.memory_pages import draw_page

PAGE = encode_page(draw_page("page", (827, 1169)), (100.0, 100.0))
ONE, LONG = "one-sided", "two-sided-long-edge"


def _printer(*types: str, dpi: tuple[int, ...] = (600, 300)) -> Group:
    offered = [resolution(one, one) for one in dpi]
    return Group(
        GroupTag.PRINTER,
        [
            attribute("pwg-raster-document-type-supported", *keywords(types)),
            attribute("pwg-raster-document-resolution-supported", *offered),
            attribute("pwg-raster-document-sheet-back", keyword("rotated")),
        ],
    )


@pytest.mark.parametrize(
    ("tone", "offered", "chosen"),
    [
        (Tone.COLOUR, ("black_1", "sgray_8", "srgb_8"), "srgb_8"),
        (Tone.COLOUR, ("black_1", "sgray_8"), "sgray_8"),
        (Tone.GREY, ("black_1", "sgray_8", "srgb_8"), "sgray_8"),
        (Tone.BILEVEL, ("sgray_8", "black_1"), "black_1"),
    ],
)
def test_what_comes_nearest_is_chosen(tone: Tone, offered: tuple[str, ...], chosen: str) -> None:
    kind = choose_kind(_printer(*offered), tone, LONG, "iso_a4_210x297mm")
    assert kind == RasterKind(chosen, 300, A4, LONG, "rotated")


def test_a_printer_with_nothing_that_fits_is_given_nothing() -> None:
    assert choose_kind(_printer("cmyk_8"), Tone.GREY, None, None) is None
    assert choose_kind(Group(GroupTag.PRINTER, []), Tone.GREY, None, None) is None


@pytest.mark.parametrize("type", ["black_1", "sgray_8", "srgb_8"])
def test_sheets_show_the_pages_in_their_true_size(type: str) -> None:
    wanted = np.asarray(draw_page("page", (827, 1169), "L").resize((2480, 3508)))
    for back in ("normal", "rotated"):
        written = io.BytesIO()
        write_raster(written, [PAGE, PAGE], RasterKind(type, 300, A4, LONG, back), 2)
        written.seek(0)
        sheets = list(read_pages(written))
        assert [(one.header.width, one.header.height, one.header.total_pages) for one in sheets] == [
            (2480, 3508, 2)
        ] * 2
        for sheet in sheets:
            shown = np.asarray(Image.fromarray(sheet.visible()).convert("L"))
            assert (abs(shown.astype(int) - wanted) > 128).mean() < 0.002
    assert (sheets[1].header.cross_feed, sheets[1].header.feed) == (-1, -1)


def test_pages_that_lie_or_are_too_large_are_brought_onto_the_paper() -> None:
    wide = encode_page(Image.new("L", (4000, 1000), 0), (100.0, 100.0))
    written = io.BytesIO()
    write_raster(written, [wide], RasterKind("sgray_8", 300, A4, ONE, "normal"), 1)
    written.seek(0)
    [sheet] = read_pages(written)
    dark = sheet.visible() < 128
    assert dark.shape == (3508, 2480)
    assert dark[:, 1240].all()
    assert dark.any(axis=0).sum() == pytest.approx(3508 / 4, abs=2)
