"""Draws a mark sheet as PDF: page 1 of the stored document, or an empty page, with the mark in its place (SPEC D7)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet import layout
from mfp_client.marksheet.symbols import encode_bars, encode_cells

if TYPE_CHECKING:
    from PIL.Image import Image

_LATIN, _BOLD, _JAPANESE = "Helvetica", "Helvetica-Bold", "HeiseiKakuGo-W5"
_A4 = (210.0, 297.0)
_MOST_TITLE = 200
_WORDS = {
    "en": ("made {made}", "made {made}, good until {expires}"),
    "ja": ("作成 {made}", "作成 {made}　有効期限 {expires}"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a sheet. `page` fills the page below the patch; its size in millimetres is that of the sheet."""

    mark: Mark
    made: date
    title: str = ""
    language: str = "en"
    page: Image | None = None
    size: tuple[float, float] = _A4


def draw_sheet(sheet: Sheet, key: bytes) -> bytes:
    """One page of PDF, the mark signed with `key`. Raises ValueError where the patch does not fit on the page."""
    width, height = sheet.size
    if width < layout.PATCH_WIDTH + 2 * layout.PATCH_RIGHT or height < layout.PATCH_HEIGHT + 2 * layout.PATCH_TOP:
        raise ValueError(f"a page of {width:g} x {height:g} mm is too small for a mark: take A5 or larger")
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width * mm, height * mm), pageCompression=1)
    canvas.setTitle(f"{sheet.mark.image_id} {sheet.title}".strip())
    if sheet.page is not None:
        canvas.drawImage(ImageReader(sheet.page), 0, 0, width * mm, height * mm)
    canvas.translate((width - layout.PATCH_RIGHT - layout.PATCH_WIDTH) * mm, (height - layout.PATCH_TOP) * mm)
    canvas.scale(mm, -mm)  # from here on millimetres, downwards from the patch's upper left corner
    _draw_patch(canvas, sign_mark(sheet.mark, key))
    _draw_words(canvas, sheet)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_patch(canvas: Canvas, payload: str) -> None:
    canvas.setFillGray(1)
    canvas.rect(0, 0, layout.PATCH_WIDTH, layout.PATCH_HEIGHT, stroke=0, fill=1)
    canvas.setFillGray(0)
    path = canvas.beginPath()
    for left, length in _runs(encode_bars(payload).tolist()):
        path.rect(layout.BARS_LEFT + left * layout.BAR, layout.PATCH_PAD, length * layout.BAR, layout.BARS_HEIGHT)
    for row, cells in enumerate(encode_cells(payload).tolist()):
        for left, length in _runs(cells):
            top = layout.PATCH_PAD + row * layout.CELL
            path.rect(layout.QUIET + left * layout.CELL, top, length * layout.CELL, layout.CELL)
    canvas.drawPath(path, stroke=0, fill=1)


def _runs(modules: list[bool]) -> list[tuple[int, int]]:
    """(first, length) of each run of black."""
    edges = [i for i in range(len(modules) + 1) if (i < len(modules) and modules[i]) != (i > 0 and modules[i - 1])]
    return [(first, last - first) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _draw_words(canvas: Canvas, sheet: Sheet) -> None:
    mark = sheet.mark
    top = layout.PATCH_PAD + layout.CELLS_SIDE + 4.6
    _write(canvas, f"{mark.image_id[:4]} {mark.image_id[4:]}", (layout.BARS_LEFT, top), _BOLD, 6.0)
    words = _WORDS[sheet.language][mark.expires is not None].format(made=sheet.made, expires=mark.expires)
    _write(canvas, words, (layout.BARS_LEFT + 35, top), _font_of(words), 2.7)
    title = "".join(c if c.isprintable() else " " for c in sheet.title[:_MOST_TITLE]).strip()
    font = _font_of(title)
    _write(canvas, _shorten(title, font, 3.6, layout.BARS_WIDTH), (layout.BARS_LEFT, top + 4.9), font, 3.6)


def _write(canvas: Canvas, words: str, place: tuple[float, float], font: str, size: float) -> None:
    canvas.saveState()
    canvas.translate(*place)
    canvas.scale(1, -1)
    canvas.setFont(font, size)
    canvas.drawString(0, 0, words)
    canvas.restoreState()


def _font_of(words: str) -> str:
    if words.isascii():
        return _LATIN
    if _JAPANESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_JAPANESE))
    return _JAPANESE


def _shorten(words: str, font: str, size: float, room: float) -> str:
    if pdfmetrics.stringWidth(words, font, size) <= room:
        return words
    while words and pdfmetrics.stringWidth(words + "…", font, size) > room:
        words = words[:-1]
    return words + "…"
