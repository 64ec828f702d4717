"""The sheet in front of a fax: from whom, to whom, about what, and how many pages follow."""

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

COVER_NAME = "Cover sheet"
_MOST_LINES, _MOST_WORDS = 20, 1500
_MARGIN = 20 * mm
_LATIN, _OTHERS = "Helvetica", "HeiseiKakuGo-W5"
_LABELS = ("to", "from", "subject")


@dataclass(frozen=True, slots=True)
class CoverSheet:
    """What stands on it; empty is left out."""

    to: str = ""
    sender: str = ""
    subject: str = ""
    message: str = ""


def read_cover_text(text: str) -> CoverSheet:
    """What a line says: `To: … // From: … // Subject: … // message // more of it`, each part left out at will."""
    named = dict.fromkeys(_LABELS, "")
    message = []
    for part in text[:_MOST_WORDS].split(" // ")[:_MOST_LINES]:
        label, colon, words = (piece.strip() for piece in part.partition(":"))
        if colon and label.lower() in named:
            named[label.lower()] = words
        else:
            message.append(part.strip())
    return CoverSheet(named["to"], named["from"], named["subject"], "\n".join(message).strip())


def draw_cover_sheet(sheet: CoverSheet, at: datetime | None, pages: int) -> bytes:
    """One page of A4, as PDF; `at` is the local time that it shows, if any, `pages` how many follow."""
    lines = (("To", sheet.to), ("From", sheet.sender), ("Subject", sheet.subject))
    known = [*lines, ("Date", f"{at:%Y-%m-%d %H:%M}" if at else ""), ("Pages", str(pages))]
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
