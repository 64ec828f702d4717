"""Documents whose pages are evenly grey, each in a tone of its own: what lies where can be read from paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

A4_POINTS = (595.28, 841.89)


def make_tones(path: Path, tones: Sequence[int], size: tuple[float, float] = A4_POINTS) -> Path:
    """A PDF whose pages are evenly grey, one tone (0 black, 255 white) for each page."""
    canvas = Canvas(str(path), pagesize=size, invariant=True)
    for tone in tones:
        canvas.setFillGray(tone / 255)
        canvas.rect(0, 0, *size, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def tones_of(page: Image.Image, columns: int, rows: int) -> list[int]:
    """The tones in the middle of each cell, in reading order."""
    grey = np.asarray(page.convert("L"))
    return [
        int(grey[(2 * row + 1) * page.height // (2 * rows), (2 * column + 1) * page.width // (2 * columns)])
        for row in range(rows)
        for column in range(columns)
    ]
