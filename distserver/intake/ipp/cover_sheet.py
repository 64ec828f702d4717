"""The sheet in front of a fax that says from whom it is and to whom (PWG 5100.15 §7.1.2)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

from distwire.ipp.attributes import AttributeList

COVER_MEMBERS = ("from-name", "message", "subject", "to-name")
COVER_NAME = "Cover sheet"
MOST_NAME, MOST_MESSAGE = 255, 1023

_MOST_LINES = 20
_MARGIN = 20 * mm
_LATIN, _OTHERS = "Helvetica", "HeiseiKakuGo-W5"


@dataclass(frozen=True, slots=True)
class CoverSheet:
    """What stands on it; empty is left out."""

    to: str = ""
    sender: str = ""
    subject: str = ""
    message: str = ""


def read_cover_sheet(column: AttributeList) -> CoverSheet | None:
    """What `cover-sheet-info` says; None where it says nothing that is printed."""
    to, sender, subject = (_read(column, name, MOST_NAME) for name in ("to-name", "from-name", "subject"))
    sheet = CoverSheet(to, sender, subject, _read(column, "message", MOST_MESSAGE))
    return None if sheet == CoverSheet() else sheet


def _read(column: AttributeList, name: str, most: int) -> str:
    lines = (column.string(name) or "").strip()[:most].splitlines()
    words = ["".join(c if c.isprintable() else " " for c in line) for line in lines]
    return "\n".join([*words[:_MOST_LINES], " ".join(words[_MOST_LINES:])]).strip()


def draw_cover_sheet(sheet: CoverSheet, at: datetime, pages: int) -> bytes:
    """One page of A4, as PDF; `at` is the local time that it shows, `pages` how many follow."""
    lines = (("To", sheet.to), ("From", sheet.sender), ("Subject", sheet.subject))
    known = [*lines, ("Date", f"{at:%Y-%m-%d %H:%M}"), ("Pages", str(pages))]
    rows = [[_write(f"{label}:", 12), _write(words, 14)] for label, words in known if words]
    story = [
        _write("FAX", 36),
        Spacer(0, 8 * mm),
        HRFlowable("100%", 2, color="black"),
        Spacer(0, 6 * mm),
        Table(rows, [30 * mm, 130 * mm], style=[("VALIGN", (0, 0), (-1, -1), "TOP")]),
        Spacer(0, 6 * mm),
        HRFlowable("100%", 2, color="black"),
        Spacer(0, 10 * mm),
        *([_write(sheet.message, 12)] if sheet.message else []),
    ]
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=A4,
        title=COVER_NAME,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
    ).build(story)
    return out.getvalue()


def _write(words: str, size: int) -> Paragraph:
    font = _LATIN if words.isascii() else _OTHERS
    if font == _OTHERS and font not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_OTHERS))
    style = ParagraphStyle("cover", fontName=font, fontSize=size, leading=size * 1.4, wordWrap="CJK")
    return Paragraph(escape(words).replace("\n", "<br/>"), style)
