"""Pages of a PDF that somebody laid into a watched folder, drawn as pictures. Runs in the fenced child (`eye`)."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium

from distwire.scan.contract import RawPage
from distwire.scan.faults import BrokenAnswer
from distwire.scan.picture import check_pixels

DPI = 300
"""Where the page does not say otherwise: what most copiers scan in."""

_POINTS_PER_INCH = 72


def draw_pdf_page(page: RawPage, target: Path, most_pixels: int) -> int:
    """Draw page `page.frame` to `target` as PNG; how many pages the PDF has. Raises `BrokenAnswer`, `LimitExceeded`."""
    try:
        with pdfium.PdfDocument(page.path) as document:
            total = len(document)
            if not total:
                raise BrokenAnswer("a PDF has no pages")
            sheet = document[page.frame]
            scale = (page.resolution or DPI) / _POINTS_PER_INCH
            width, height = sheet.get_size()
            check_pixels((round(width * scale), round(height * scale)), most_pixels)
            drawn = sheet.render(scale=scale).to_pil()
            drawn.save(target, "PNG", compress_level=1, dpi=(scale * _POINTS_PER_INCH,) * 2)
            return total
    except (pdfium.PdfiumError, ValueError, OverflowError, IndexError, OSError) as error:
        raise BrokenAnswer(f"a PDF cannot be opened: it is damaged, or needs a password ({error})") from error
