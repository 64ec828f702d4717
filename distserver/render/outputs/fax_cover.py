"""The cover sheet of a fax, drawn as the pages that follow it."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium

from distserver.render.placement import Sheet, place_page
from distserver.render.sources.page import Pixels
from distserver.render.sources.pdf import PdfPage
from distwire.pdf.cover_sheet import draw_cover_sheet, read_cover_text


def draw_covers(text: str | None, pages: int, sheet: Sheet) -> Iterator[Pixels]:
    """The cover sheet for `pages` pages in grey, if there is a text for it."""
    if text is None:
        return
    with pdfium.PdfDocument(draw_cover_sheet(read_cover_text(text), None, pages)) as document:
        page = document[0]
        drawn = PdfPage(page)
        yield drawn.draw(sheet.size, place_page(drawn.size, sheet.size, sheet.dpi), False)
        page.close()
