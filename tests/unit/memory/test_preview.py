"""Stored pages as pictures for a screen."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from mfp_client.memory.encoding import encode_page
from mfp_client.memory.errors import Damaged
from mfp_client.memory.preview import draw_preview


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_a_page_is_drawn_as_large_as_asked_for(mode: str) -> None:
    image = Image.new(mode, (850, 1100), "white")
    image.paste("black", (0, 0, 425, 1100))
    drawn = _open(draw_preview(encode_page(image, (100.0, 100.0)), 400))
    assert drawn.size == (309, 400)
    grey = drawn.convert("L")
    assert grey.getpixel((50, 200)) < 40
    assert grey.getpixel((280, 200)) > 215


def test_a_fax_page_has_its_true_proportions() -> None:
    page = encode_page(Image.new("1", (1728, 1143), "white"), (204.0, 98.0))
    assert _open(draw_preview(page, 1000)).size == (726, 1000)


def test_a_damaged_page_is_told() -> None:
    page = encode_page(Image.new("L", (85, 110), "white"), (100.0, 100.0))
    with pytest.raises(Damaged, match="damaged, or too large"):
        draw_preview(replace(page, strip=page.strip[:40]))
