"""The page of the printer's port and the printer's icon, made once."""

from __future__ import annotations

import functools
import io
from pathlib import Path

from PIL import Image, ImageDraw

_PAGE = Path(__file__).with_name("page.html")


@functools.cache
def load_page() -> bytes:
    """The page; all that changes on it comes from `/panel/status`."""
    return _PAGE.read_bytes()


@functools.cache
def draw_icon() -> bytes:
    """A printer, 128 x 128, as PNG."""
    image = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((36, 12, 92, 60), fill="white", outline="#334", width=4)
    draw.rounded_rectangle((10, 44, 118, 100), 10, fill="#456", outline="#223", width=4)
    draw.rectangle((32, 80, 96, 118), fill="white", outline="#334", width=4)
    for y in (92, 104):
        draw.line((42, y, 86, y), fill="#99a", width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
