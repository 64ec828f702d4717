"""Placement on paper and halftoning, as pure functions of numbers and pixels (SPEC D4)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.errors import DocumentRefused
from distserver.model.documents import (
    NUMBERS_UP,
    PWG_RASTER,
    TIFF,
    Layout,
    Orientation,
    RasterTraits,
    RenditionClass,
    Scaling,
    Sides,
)
from distserver.model.states import Reason
from distserver.render.contract import DocumentFacts
from distserver.render.formats import detect_format, read_format
from distserver.render.halftone import to_black
from distserver.render.placement import Manner, Sheet, lay_pages, paper_pixels, place_page
from distserver.render.tasks import (
    ConvertTask,
    Done,
    Failed,
    Fence,
    InputFile,
    InspectTask,
    Progress,
    Refused,
    ThumbnailTask,
    pack_answer,
    pack_task,
    unpack_answer,
    unpack_task,
)
from tests.support.documents import draw_photo, draw_text_page

DPI = (300, 300)
PAPER = paper_pixels((21000, 29700), DPI)


def test_a4_fills_a4():
    place = place_page((595.28, 841.89), PAPER, DPI)
    assert place.turns == 0
    assert place.left + place.top <= 2
    assert (place.width, place.height) == pytest.approx(PAPER, abs=2)


def test_letter_shrinks_and_a5_does_not_grow():
    letter = place_page((612, 792), PAPER, DPI)
    assert letter.width == PAPER[0]
    small = place_page((419.5, 595.3), PAPER, DPI)
    assert small.width == pytest.approx(1748, abs=1)
    assert small.left == (PAPER[0] - small.width) // 2


def test_landscape_is_turned():
    place = place_page((841.89, 595.28), PAPER, DPI)
    assert place.turns == 1
    assert (place.width, place.height) == pytest.approx(PAPER, abs=2)


def test_resolutions_of_two_kinds_keep_the_shape():
    paper = paper_pixels((21000, 29700), (300, 600))
    place = place_page((300, 300), paper, (300, 600))
    assert place.height == pytest.approx(2 * place.width, abs=1)


SIDES = st.floats(allow_nan=True, allow_infinity=True)


@given(SIDES, SIDES, st.integers(1, 20000), st.integers(1, 20000), st.sampled_from([72, 300, 1200]))
def test_no_page_is_ever_cropped(width, height, paper_width, paper_height, dpi):
    place = place_page((width, height), (paper_width, paper_height), (dpi, dpi))
    assert place.left >= 0
    assert place.top >= 0
    assert 1 <= place.width <= paper_width - place.left
    assert 1 <= place.height <= paper_height - place.top


def test_text_is_never_dithered():
    """Smooth text turns black or white by its nearest edge: hardly more edges than a plain threshold makes."""
    grey = np.asarray(draw_text_page((1200, 1600), 25))
    ink, plain = to_black(grey), grey < 128

    def edges(bits):
        return np.count_nonzero(bits[:, 1:] != bits[:, :-1])

    assert edges(ink) < 1.15 * edges(plain)
    assert np.mean(ink != plain) < 0.01


def test_pale_text_stays_readable():
    grey = np.asarray(draw_text_page((1200, 1600), 25)).astype(np.float64)
    pale = (255 - (255 - grey) * 0.3).astype(np.uint8)
    assert to_black(pale).mean() > 0.6 * (grey < 128).mean()


def test_pictures_keep_their_tones():
    """Averaged over a dot, the screened picture is as dark as the original."""
    grey = np.asarray(draw_photo((800, 800)).convert("L"))
    ink = to_black(grey)
    shown = 255 - 255 * ink.reshape(50, 16, 50, 16).mean(axis=(1, 3))
    wanted = grey.reshape(50, 16, 50, 16).mean(axis=(1, 3))
    assert np.abs(shown - wanted).mean() < 12


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_any_shape_is_screened(width, height, tone):
    ink = to_black(np.full((height, width), tone, np.uint8))
    assert ink.shape == (height, width)
    if tone in (0, 255):
        assert ink.all() == (tone == 0)


def test_formats_are_told_by_content(tmp_path):
    assert detect_format(b"junk before\n%PDF-1.4") == "application/pdf"
    assert detect_format(b"MM\0*") == TIFF
    assert detect_format(b"RaS2PwgRaster\0") == PWG_RASTER
    assert detect_format(b"<html>") is None
    path = tmp_path / "picture.pdf"
    path.write_bytes(b"PK\3\4 not a PDF")
    with pytest.raises(DocumentRefused, match="PDF, TIFF, JPEG") as error:
        read_format(path)
    assert error.value.reason is Reason.FORMAT_NOT_SUPPORTED
    path.write_bytes(b"")
    with pytest.raises(DocumentRefused, match="empty"):
        read_format(path)


def test_tasks_and_answers_come_back_as_they_were_sent():
    fence = Fence(1, 2, 3.5, 4, 5, 6)
    klass = RenditionClass(PWG_RASTER, False, "srgb_8", (300, 600), "m", (1, 2), Sides.LONG_EDGE, "flipped")
    laid_out = Layout(6, Orientation.LANDSCAPE, Scaling.FILL)
    for task in (
        InspectTask("/x"),
        ConvertTask((InputFile("/a", TIFF), InputFile("/b", TIFF)), "/o", klass),
        ConvertTask((), "/o", RenditionClass(TIFF)),
        ConvertTask((), "/o", klass, Progress(2, 5, 700)),
        ConvertTask((), "/o", replace(klass, layout=laid_out, page_ranges=((1, 3), (7, 7)), copies=2)),
        ThumbnailTask(InputFile("/東京", TIFF), "/o", 320),
    ):
        assert unpack_task(pack_task(task, fence)) == (task, fence)
    traits = RasterTraits(("black_1",), ((300, 300),), ((21000, 29700),), True)
    for answer in (
        Done(3),
        Done(3, DocumentFacts(TIFF, 3)),
        Done(1, DocumentFacts(PWG_RASTER, 1, traits)),
        Refused("no", Reason.DOCUMENT_PASSWORD),
        Failed("disk", True),
    ):
        assert unpack_answer(pack_answer(answer)) == answer


@given(st.one_of(st.binary(), st.sampled_from([b"[]", b'{"answer": "Done"}', b'{"answer": "Refused", "message": 1}'])))
def test_a_child_gone_wild_says_nothing(data):
    assert unpack_answer(data) is None


def test_scaling_does_what_ipp_says():
    """PWG 5100.16: how large A5 and A3 become on A4, and that all stand in the middle."""
    a5, a3 = (419.5, 595.3), (841.9, 1190.6)
    sizes = {
        scaling: [place_page(page, PAPER, DPI, Manner(scaling)) for page in (a5, a3, (600, 300))] for scaling in Scaling
    }
    assert [place.width for place in sizes[Scaling.AUTO]] == [1748, 2480, 1250]
    assert sizes[Scaling.AUTO_FIT] == sizes[Scaling.AUTO]
    assert [place.width for place in sizes[Scaling.FIT]] == pytest.approx([2471, 2480, 1754], abs=3)
    assert [place.width for place in sizes[Scaling.FILL]] == pytest.approx([2480, 2480, 2480], abs=3)
    assert [place.width for place in sizes[Scaling.NONE]] == pytest.approx([1748, 3508, 1250], abs=2)
    for place in (place for places in sizes.values() for place in places):
        assert abs(2 * place.left + place.width - PAPER[0]) <= 1
        assert abs(2 * place.top + place.height - PAPER[1]) <= 1


@given(SIDES, SIDES, st.integers(1, 5000), st.integers(1, 5000), st.sampled_from(Scaling), st.integers(0, 3))
def test_whatever_a_page_claims_its_place_is_sane(width, height, paper_width, paper_height, scaling, turns):
    paper = (paper_width, paper_height)
    place = place_page((width, height), paper, DPI, Manner(scaling, turns))
    assert 1 <= place.width <= 1 << 20
    assert 1 <= place.height <= 1 << 20
    assert place.left <= paper_width
    assert place.top <= paper_height
    if scaling in (Scaling.AUTO, Scaling.AUTO_FIT, Scaling.FIT):
        assert place.width <= paper_width
        assert place.height <= paper_height


@given(
    st.sampled_from(NUMBERS_UP),
    st.one_of(st.none(), st.sampled_from(Orientation)),
    st.booleans(),
    st.tuples(st.integers(50, 900), st.integers(50, 900)),
    st.tuples(st.integers(40, 3000), st.integers(40, 3000)),
)
def test_cells_fill_the_paper_and_share_nothing(number_up, orientation, oriented, points, paper):
    pages = [Sheet(points, DPI)] * number_up
    spots = list(lay_pages(pages, Layout(number_up, orientation), oriented, Sheet(paper, DPI)))
    covered = np.zeros((paper[1], paper[0]), np.uint8)
    for spot in spots:
        cell = spot.cell
        covered[cell.top : cell.top + cell.height, cell.left : cell.left + cell.width] += 1
        assert 0 <= spot.place.left <= cell.width - spot.place.width
        assert 0 <= spot.place.top <= cell.height - spot.place.height
    assert covered.min() == covered.max() == 1
