"""The picture of a group: one sheet before many (PWG 5100.13 §5.6.9 asks for three sizes of it)."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

ICON_SIZES = (48, 128, 512)
_DRAWN = 128
_INK, _PAPER = (30, 64, 110), (255, 255, 255)


def icon_path(size: int) -> str:
    """Where it is to be had."""
    return f"/icon-{size}.png"


def draw_icon(size: int) -> bytes:
    """A PNG, so many pixels wide and high."""
    fine = max(2, size // 64)  # drawn larger, for smooth edges
    image = Image.new("RGBA", (_DRAWN * fine, _DRAWN * fine), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for offset in (24, 12, 0):
        box = tuple(fine * (edge + offset) for edge in (20, 8, 84, 92))
        draw.rounded_rectangle(box, 6 * fine, _PAPER, _INK, 4 * fine)
    for line in range(5):
        draw.rectangle((34 * fine, (26 + 12 * line) * fine, 70 * fine, (30 + 12 * line) * fine), _INK)
    out = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
