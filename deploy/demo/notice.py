"""Draws the document that `deploy/run` broadcasts: a notice, and a page that shows how well it printed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

_WIDTH, _HEIGHT = A4
_MARGIN = 22 * mm
_INK = HexColor(0x1F3A5F)
_TINT = HexColor(0xE8EEF5)
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=16)
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=10, leading=13)

_PARAGRAPHS = (
    "To all branches,",
    "from today, notices of head office reach every branch at once. One document is sent to a <b>group</b>; each"
    " branch's device prints it at the same time, and head office sees on its board which copies are out.",
    "Nothing needs to be done on your side. Should your device be out of paper when a notice comes, it waits there and"
    " is printed as soon as paper is in.",
)
_TABLE = (
    ("What", "Where it is decided"),
    (
        "Who gets a notice",
        "a text file with one line for each branch; for this sheet demo.rec, in the folder groups of the server's"
        " home (var/groups)",
    ),
    ("Whether it came", "the board, or 'deploy/distserver job list' on the server"),
    ("What it looks like", "each device is sent the form that it can print: PDF, PWG raster or Apple raster"),
)


def write_notice(path: Path, today: date) -> None:
    """Write the two pages, A4, as PDF; raises `OSError`."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    canvas.setTitle("Notices now reach every branch at once")
    canvas.setAuthor("Head Office")
    _draw_letter(canvas, today)
    canvas.showPage()
    _draw_proof(canvas)
    canvas.showPage()
    canvas.save()


def _draw_letter(canvas: Canvas, today: date) -> None:
    _draw_head(canvas, "NOTICE", f"Head Office   {today.isoformat()}")
    top = _HEIGHT - 62 * mm
    canvas.setFillColor(black)
    canvas.setFont("Helvetica-Bold", 19)
    canvas.drawString(_MARGIN, top, "Notices now reach every branch at once")
    top -= 12 * mm
    for text in _PARAGRAPHS:
        top = _draw_paragraph(canvas, text, _BODY, _MARGIN, top, _WIDTH - 2 * _MARGIN) - 4 * mm
    _draw_table(canvas, top - 4 * mm)
    _draw_foot(canvas, 1)


def _draw_table(canvas: Canvas, top: float) -> None:
    left, split = _MARGIN, _MARGIN + 45 * mm
    for row, (name, text) in enumerate(_TABLE):
        style = ParagraphStyle("head", parent=_CELL, textColor=white, fontName="Helvetica-Bold") if row == 0 else _CELL
        cell = Paragraph(text, style)
        _, height = cell.wrap(_WIDTH - _MARGIN - split - 3 * mm, _HEIGHT)
        height += 4 * mm
        canvas.setFillColor(_INK if row == 0 else _TINT if row % 2 else white)
        canvas.rect(left, top - height, _WIDTH - 2 * _MARGIN, height, stroke=0, fill=1)
        _draw_paragraph(canvas, name, style, left + 3 * mm, top - 2 * mm, 40 * mm)
        cell.drawOn(canvas, split, top - height + 2 * mm)
        top -= height


def _draw_proof(canvas: Canvas) -> None:
    """Edges, a grey scale and fine lines: upright, whole and in size, or one sees at once what is wrong."""
    _draw_head(canvas, "PROOF", "page 2 of the notice: how well it was printed")
    canvas.setStrokeColor(black)
    canvas.rect(10 * mm, 10 * mm, _WIDTH - 20 * mm, _HEIGHT - 20 * mm, stroke=1, fill=0)
    canvas.setFillColor(black)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(_MARGIN, _HEIGHT - 62 * mm, "The frame is 10 mm from each edge. This bar is 100 mm long:")
    canvas.rect(_MARGIN, _HEIGHT - 72 * mm, 100 * mm, 4 * mm, stroke=0, fill=1)
    for step in range(11):
        canvas.setFillGray(step / 10)
        canvas.rect(_MARGIN + step * 15 * mm, _HEIGHT - 100 * mm, 15 * mm, 18 * mm, stroke=1, fill=1)
    canvas.setFillColor(black)
    for number in range(12):
        canvas.setLineWidth(0.1 + number * 0.1)
        canvas.line(_MARGIN, _HEIGHT - (112 + 3 * number) * mm, _WIDTH - _MARGIN, _HEIGHT - (112 + 3 * number) * mm)
    for number, size in enumerate((5, 6, 7, 8, 10, 12)):
        canvas.setFont("Helvetica", size)
        canvas.drawString(
            _MARGIN, _HEIGHT - (160 + 8 * number) * mm, f"{size} point: one document, every branch, at once"
        )
    _draw_foot(canvas, 2)


def _draw_head(canvas: Canvas, title: str, line: str) -> None:
    canvas.setFillColor(_INK)
    canvas.rect(_MARGIN, _HEIGHT - 45 * mm, _WIDTH - 2 * _MARGIN, 22 * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont("Helvetica-Bold", 24)
    canvas.drawString(_MARGIN + 6 * mm, _HEIGHT - 38 * mm, title)
    canvas.setFont("Helvetica", 10)
    canvas.drawRightString(_WIDTH - _MARGIN - 6 * mm, _HEIGHT - 36 * mm, line)


def _draw_foot(canvas: Canvas, page: int) -> None:
    canvas.setFillColor(black)
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(_WIDTH / 2, 14 * mm, f"Printed by Distserver's demonstration, page {page} of 2")


def _draw_paragraph(canvas: Canvas, text: str, style: ParagraphStyle, left: float, top: float, width: float) -> float:
    """Draw below `top`; the new top, in points."""
    paragraph = Paragraph(text, style)
    _, height = paragraph.wrap(width, _HEIGHT)
    paragraph.drawOn(canvas, left, top - height)
    return float(top - height)
