"""The document that is broadcast in measurements: ten A4 pages of text, a chart and a photograph each, some 660 KB."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

_SEED = 4
_PHOTO = (1012, 684)
_TEXT = (
    "all branches will find enclosed the new tariff with its annexes please post it where customers can read it and "
    "return the slip by Friday orders that came before the first of the month are settled as agreed questions go to "
    "the regional office which keeps the list of those who have confirmed"
)


def make_circular(path: Path, pages: int = 10) -> Path:
    """Write it; the same bytes each time."""
    chance = random.Random(_SEED)
    canvas = Canvas(str(path), pagesize=A4, pageCompression=1, invariant=1)
    for number in range(1, pages + 1):
        _draw_text(canvas, chance, number)
        canvas.drawImage(ImageReader(io.BytesIO(_make_photo(number))), 56, 96, 312, 210)
        _draw_chart(canvas, chance)
        canvas.showPage()
    canvas.save()
    return path


def _draw_text(canvas: Canvas, chance: random.Random, number: int) -> None:
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(56, A4[1] - 72, f"To all branches: sheet {number}")
    canvas.setFont("Times-Roman", 11)
    words = _TEXT.split()
    for row in range(30):
        line = ""
        while canvas.stringWidth(line, "Times-Roman", 11) < 450:
            line += chance.choice(words) + " "
        canvas.drawString(56, A4[1] - 104 - 14 * row, line)


def _draw_chart(canvas: Canvas, chance: random.Random) -> None:
    for bar in range(9):
        canvas.setFillColorRGB(0.1 + 0.08 * bar, 0.4, 0.7 - 0.06 * bar)
        canvas.rect(388 + 17 * bar, 96, 13, chance.randint(25, 200), stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)


def _make_photo(number: int) -> bytes:
    """A JPEG with as much detail as a photograph has."""
    noise = np.random.default_rng(_SEED + number)
    y, x = np.mgrid[0 : _PHOTO[1], 0 : _PHOTO[0]]
    light = 128 + 70 * np.sin(x / (60 + 4 * number)) * np.cos(y / 71) + noise.normal(0, 9, x.shape)
    layers = np.dstack([light, 0.7 * light + 40, 250 - light]).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(layers).filter(ImageFilter.GaussianBlur(1.0)).save(out, "JPEG", quality=80)
    return out.getvalue()
