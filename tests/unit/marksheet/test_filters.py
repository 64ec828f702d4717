"""Treatments of pictures, beside Pillow's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageFilter

from mfp_client.marksheet.filters import Grey, blur, darken, join, keep, lighten, take_median

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(PICTURES)
def test_every_treatment_keeps_shape_and_kind(picture: Grey) -> None:
    for treat in (keep, blur(1), blur(1, 2, 2), take_median, lighten, darken, join(take_median, blur(1))):
        treated = treat(picture)
        assert (treated.shape, treated.dtype) == (picture.shape, np.uint8)
        assert picture.min() <= treated.min()
        assert treated.max() <= picture.max()


@pytest.mark.parametrize(("steps", "sigma"), [((1,), 0.707), ((1, 1, 1), 1.225), ((1, 2, 2), 2.12)])
def test_blur_is_nearly_a_gauss(steps: tuple[int, ...], sigma: float) -> None:
    spot = np.zeros((31, 31), np.uint8)
    spot[15, 15] = 255
    spread = blur(*steps)(np.kron(spot, np.ones((3, 3), np.uint8))).astype(float)
    gauss = np.exp(-((np.arange(93) - 46) ** 2) / (2 * sigma**2))
    expected = np.convolve(gauss / gauss.sum(), np.ones(3), "same")
    assert np.abs(spread - 255 * np.outer(expected, expected)).max() < 16


@given(PICTURES)
def test_the_median_is_that_of_pillow(picture: Grey) -> None:
    """Away from the edges, where they differ in what lies beyond."""
    theirs = np.asarray(Image.fromarray(picture).filter(ImageFilter.MedianFilter(3)))
    assert (take_median(picture)[1:-1, 1:-1] == theirs[1:-1, 1:-1]).all()


@given(PICTURES)
def test_lighten_and_darken_bound_the_picture(picture: Grey) -> None:
    assert (lighten(picture) >= picture).all()
    assert (darken(picture) <= picture).all()
    assert (255 - lighten(255 - picture) == darken(picture)).all()
