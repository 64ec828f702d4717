"""The line on top of each page of a fax: what its sender says of it, and the page (T.30, 47 CFR 68.318)."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from distserver.render.placement import Placement
from distserver.render.sources.pdf import PdfPage

_HEIGHT_MM = 5.0
_FONT_SIZE = 10.0
_SMALLEST_SIZE = 6.0
_LATIN, _OTHERS = "Helvetica-Bold", "HeiseiKakuGo-W5"
_MARGIN, _GAP = 24.0, 12.0
_DARKER = 160
"""A dot that is darker than this becomes ink: thin strokes stay whole where lines are a quarter of a millimetre."""


class HeaderLine:
    """The line for pages of `width` dots; `text` may be longer than fits, and is then set smaller, at last cut."""

    def __init__(self, text: str, width: int, dpi: tuple[int, int]) -> None:
        self._text = " ".join(text.split())
        self._size = width, max(1, round(_HEIGHT_MM * dpi[1] / 25.4))
        self._points = width * 72 / dpi[0], _HEIGHT_MM * 72 / 25.4
        if not self._text.isascii() and _OTHERS not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(_OTHERS))

    @property
    def lines(self) -> int:
        """How many lines of the page it takes."""
        return self._size[1]

    def draw(self, page: int, pages: int) -> NDArray[np.uint8]:
        """(lines, width), 0 is ink and 255 is paper, nothing between."""
        with pdfium.PdfDocument(self._set(f"{page}/{pages}")) as document:
            sheet = document[0]
            grey = PdfPage(sheet).draw(self._size, Placement(0, 0, *self._size), False)
            sheet.close()
        return np.where(grey < _DARKER, 0, 255).astype(np.uint8)

    def _set(self, number: str) -> bytes:
        out = io.BytesIO()
        width, height = self._points
        canvas = Canvas(out, pagesize=(width, height))
        base = height * 0.32
        canvas.setFont(_LATIN, _FONT_SIZE)
        canvas.drawRightString(width - _MARGIN, base, number)
        room = width - 2 * _MARGIN - _GAP - pdfmetrics.stringWidth(number, _LATIN, _FONT_SIZE)
        text, font, size = self._fit(room)
        canvas.setFont(font, size)
        canvas.drawString(_MARGIN, base, text)
        canvas.setLineWidth(1)
        canvas.line(_MARGIN, 1.5, width - _MARGIN, 1.5)
        canvas.save()
        return out.getvalue()

    def _fit(self, room: float) -> tuple[str, str, float]:
        """As large as it fits; what does not fit at the smallest size is left out at the end."""
        text = self._text
        font = _LATIN if text.isascii() else _OTHERS
        wide = pdfmetrics.stringWidth(text, font, 1.0)
        size = min(_FONT_SIZE, max(_SMALLEST_SIZE, room / wide if wide else _FONT_SIZE))
        while text and pdfmetrics.stringWidth(text, font, size) > room:
            text = text[:-1]
        return text, font, size
