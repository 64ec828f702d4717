"""What of a page is text, what is picture and what is paper; and dots that are as dark as the tone they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from distserver.render.halftone import to_bits, to_black
from distserver.render.paper import clear_tints, find_paper, find_tints
from distserver.render.screens import fax_grid
from distwire.tiff.fax import RESOLUTIONS
from tests.support.documents import draw_photo, draw_text_page

FINE = fax_grid((204, 196))
SIZE = (1728, 2292)


def page(paper: int = 255, ink: int = 0) -> np.ndarray:
    """Text of that tone on paper of that tone."""
    text = np.asarray(draw_text_page((SIZE[0], SIZE[1])), np.float32) / 255
    return (ink + (paper - ink) * text).astype(np.uint8)


def scan(paper: int = 235, fold: float = 0.75) -> np.ndarray:
    """Text on yellowish paper with a shadow along the left edge and a scanner's noise."""
    shade = 1 - (1 - fold) * np.exp(-np.arange(SIZE[0]) / 90)
    noise = np.random.default_rng(1).normal(0, 3, (SIZE[1], SIZE[0]))
    return (page(paper, 30) * shade + noise).clip(0, 255).astype(np.uint8)


def share(ink: np.ndarray, box: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = box
    return float(ink[top:bottom, left:right].mean())


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_dots_are_as_dark_as_the_tone(dpi: tuple[int, int]) -> None:
    grid = fax_grid(dpi)
    screen = grid.tile(480, 480)
    for tone in range(0, 256, 15):
        assert abs(float((np.uint8(tone) <= screen).mean()) - (1 - tone / 255)) < 0.05, (dpi, tone)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_cells_are_about_half_a_millimetre_square(dpi: tuple[int, int]) -> None:
    """Dots are counted at a light tone, where each cell has one."""
    ink = np.uint8(200) <= fax_grid(dpi).tile(dpi[1], dpi[0])
    starts = np.count_nonzero(ink[:, 1:] & ~ink[:, :-1], axis=1)
    assert 40 <= starts.max() <= 70
    assert 40 <= np.count_nonzero(ink.any(axis=1)[1:] & ~ink.any(axis=1)[:-1]) <= 55


def test_text_gets_no_dots() -> None:
    grey = page()
    assert np.array_equal(to_black(grey, FINE)[-100:], grey[-100:] < 128)
    ink, plain = to_black(grey, FINE), grey < 128
    assert abs(ink.mean() - plain.mean()) < 0.2 * plain.mean()


@pytest.mark.parametrize("tone", [60, 110, 150])
def test_text_in_colour_gets_no_dots_however_bold(tone: int) -> None:
    image = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(image)
    for line in range(8):
        draw.text((100, 100 + 120 * line), "Internal notice to all", fill=tone, font=ImageFont.load_default(70))
    grey = np.asarray(image)
    ink = to_black(grey, FINE)
    assert np.mean(ink[grey == tone]) > 0.98


def test_pictures_get_dots_and_text_beside_them_none() -> None:
    grey = page()
    photo = np.asarray(draw_photo((900, 600)).convert("L")) // 2 + 60
    grey[1500:2100, 400:1300] = photo
    ink = to_black(grey, FINE)
    inner = ink[1520:2080, 420:1280]
    assert abs(1 - inner.mean() - photo.mean() / 255) < 0.04
    assert np.array_equal(ink[:1400], to_black(page(), FINE)[:1400])


def test_paper_of_a_scan_becomes_white_even_in_its_fold() -> None:
    ink = to_black(scan(), FINE)
    assert share(ink, (0, 0, 60, 2292)) < 0.002
    clean = page() < 128
    assert abs(ink.mean() - clean.mean()) < 0.3 * clean.mean()


def test_a_scan_smaller_than_the_page() -> None:
    """White around it is no paper of its text, and no line is drawn along its edge."""
    grey = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    grey[300:1900, 200:1500] = scan(220)[300:1900, 0:1300]
    ink = to_black(grey, FINE)
    assert share(ink, (190, 300, 265, 1900)) < 0.004
    assert ink[300:1900, 330:1500].mean() > 0.01


def test_a_picture_on_a_scan_keeps_its_tones() -> None:
    grey = scan(230, fold=1.0)
    grey[1500:2100, 400:1300] = np.asarray(draw_photo((900, 600)).convert("L")) // 2 + 40
    inner = to_black(grey, FINE)[1520:2080, 420:1280]
    expected = 1 - min(1.0, grey[1520:2080, 420:1280].mean() / 230)
    assert abs(inner.mean() - expected) < 0.06


def test_a_picture_alone_has_no_paper() -> None:
    """Its sky is even, and there is much of it, but it is not everywhere."""
    y = np.linspace(0, 1, SIZE[1])[:, None]
    sky = np.broadcast_to(np.where(y < 0.45, 200, 60 + 50 * np.sin(y * 60)), (SIZE[1], SIZE[0]))
    grey = (sky + np.random.default_rng(2).normal(0, 2, sky.shape)).clip(0, 255).astype(np.uint8)
    grey[1100:] = np.random.default_rng(3).integers(20, 200, (SIZE[1] - 1100, SIZE[0]))
    ink = to_black(grey, FINE)
    assert 0.15 < share(ink, (100, 100, 1600, 900)) < 0.3


def test_light_tints_of_forms_go_and_dark_ones_stay() -> None:
    grey = page()
    light, dark = grey.copy(), grey.copy()
    light[100:400, 100:1600] = np.minimum(light[100:400, 100:1600], 217)
    dark[100:400, 100:1600] = np.minimum(dark[100:400, 100:1600], 140)
    assert find_tints(grey) == ()
    assert find_tints(light) == (217,)
    assert find_tints(dark) == ()
    assert clear_tints(light, (217,)).max() == 255
    assert abs(to_black(light, FINE).mean() - to_black(grey, FINE).mean()) < 0.01
    assert 0.3 < share(to_black(dark, FINE), (120, 340, 1500, 380)) < 0.6


def test_no_paper_is_looked_for_on_a_drawn_page() -> None:
    low = np.full((100, 100), 255, np.uint8)
    assert find_paper(low, low) is None
    low[20:60, 20:60] = 180  # a picture on white paper
    low[80, 90] = 10
    assert find_paper(low, low) is None
    assert find_paper(np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (383, 17), (385, 9), (2292, 1728)])
@pytest.mark.parametrize("tone", [0, 100, 230, 255])
def test_any_size_and_tone(size: tuple[int, int], tone: int) -> None:
    grey = np.full(size, tone, np.uint8)
    ink = to_black(grey, FINE)
    assert ink.shape == size
    assert np.array_equal(np.packbits(ink, axis=1), to_bits(grey, FINE))
