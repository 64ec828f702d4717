"""D8: bars that no single line across them shows whole."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mfp_client.marksheet.filters import Grey, blur
from mfp_client.marksheet.projection import read_along
from mfp_client.marksheet.readers import BARS, read_zxing
from tests.support import paper

DIGITS = "12345678901234567890123456"


def _noisy(tilt: float, noise: float, seed: int = 1) -> Grey:
    """The bars of a mark, tilted and under noise, 300 lines from the top of a white picture."""
    page = Image.new("L", (1276, 568), 255)
    page.paste(paper.draw_bars(DIGITS, module=4, height=110), (100, 245))
    turned = np.asarray(page.rotate(tilt, Image.Resampling.BILINEAR, fillcolor=255)).astype(np.float64)
    noisy = turned + np.random.default_rng(seed).normal(0, noise, turned.shape)
    return noisy.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("tilt", [-5.5, -2.2, 0, 1.0, 4.4])
def test_the_mean_shows_what_single_lines_do_not(tilt: float) -> None:
    picture = blur(1)(_noisy(tilt, 260))
    (symbol,) = read_along(picture, BARS, False)
    assert (symbol.format, symbol.text) == ("Code128", DIGITS)
    assert (symbol.x, symbol.y) == pytest.approx((496, 300), abs=60)
    assert read_zxing(_noisy(tilt, 260), BARS, False) == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (28, 3), (400, 5), (29, 29)])
def test_pictures_of_any_shape_are_no_trouble(shape: tuple[int, int]) -> None:
    assert read_along(np.zeros(shape, np.uint8), BARS, False) == []
    assert read_along(np.full(shape, 255, np.uint8), BARS, False) == []
