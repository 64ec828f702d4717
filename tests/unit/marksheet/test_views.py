"""Where on a page the mark is looked for, and where on the file's page a point of such a part lies."""

from __future__ import annotations

import numpy as np
import pytest

from mfp_client.marksheet.layout import MM_PER_INCH, PATCH_HEIGHT, PATCH_RIGHT, PATCH_TOP, PATCH_WIDTH
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.views import View, WorkPage

A4 = (210.0, 297.0)


def _page(dpi: tuple[float, float], quarters: int) -> Scan:
    """White A4, black where the patch of a mark lies, turned counter-clockwise by `quarters`."""
    width, height = (round(side / MM_PER_INCH * each) for side, each in zip(A4, dpi, strict=True))
    pixels = np.full((height, width), 255, np.uint8)
    down = [round(place / MM_PER_INCH * dpi[1]) for place in (PATCH_TOP, PATCH_TOP + PATCH_HEIGHT)]
    right = [round(place / MM_PER_INCH * dpi[0]) for place in (PATCH_RIGHT + PATCH_WIDTH, PATCH_RIGHT)]
    pixels[down[0] : down[1], width - right[0] : width - right[1]] = 0
    turned = dpi if quarters % 2 == 0 else dpi[::-1]
    return Scan(np.ascontiguousarray(np.rot90(pixels, quarters)), turned)


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("dpi", [(204, 98), (204, 196), (300, 300), (600, 600)])
def test_one_place_holds_the_mark_upright(dpi: tuple[float, float], quarters: int) -> None:
    scan = _page(dpi, quarters)
    page = WorkPage(scan)
    (view,) = [one for one in page.places() if one.pixels.shape[1] > one.pixels.shape[0]]
    height, width = (np.ptp(np.nonzero(view.pixels < 128), axis=1) + 1) * MM_PER_INCH / page.dpi
    assert width == pytest.approx(PATCH_WIDTH, rel=0.04)
    assert height == pytest.approx(PATCH_HEIGHT, rel=0.04)
    y, x = (axis.mean() + 0.5 for axis in np.nonzero(view.pixels < 128))
    at = [place * step for place, step in zip(view.locate(x, y), page.step, strict=True)]
    middle = [axis.mean() + 0.5 for axis in np.nonzero(scan.pixels < 128)][::-1]
    assert at == pytest.approx(middle, abs=3 * max(page.step))


@pytest.mark.parametrize("quarters", range(4))
def test_points_of_a_turned_view_find_their_way_back(quarters: int) -> None:
    cut = np.arange(12, dtype=np.uint8).reshape(3, 4)
    view = View(np.rot90(cut, quarters), 100, 200, quarters)
    for y, x in np.ndindex(view.pixels.shape):
        across, down = view.locate(x + 0.5, y + 0.5)
        assert cut[int(down - 200), int(across - 100)] == view.pixels[y, x]


def test_blank_paper_has_no_place_to_look_at() -> None:
    noise = np.random.default_rng(1).integers(235, 256, (2339, 1654), np.uint8)
    assert list(WorkPage(Scan(noise, (200, 200))).places()) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (30, 30)])
def test_pages_smaller_than_the_place_are_no_trouble(shape: tuple[int, int]) -> None:
    page = WorkPage(Scan(np.zeros(shape, np.uint8), (200, 200)))
    assert list(page.places()) == []
    assert page.whole.pixels.shape == (shape[0] + 48, shape[1] + 48)


def test_a_page_of_posters_size_is_looked_at_in_a_lower_resolution() -> None:
    page = WorkPage(Scan(np.zeros((9000, 12000), np.uint8), (200, 200)))
    assert page.whole.pixels.size <= 16_600_000
    assert page.dpi < 200
