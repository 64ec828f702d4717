"""The fenced child that draws a mark sheet: `python -m mfp_client.works.sheet_child pdf|page`.

It reads a line of JSON (what stands on the sheet, and how the document's first page is stored) and the octets of that
page; it writes the sheet as PDF, or as a page of the memory for printers that take no PDF: a line of JSON, then the
strip. The libraries that draw, and a page in colour, stay out of the process that asks.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date
from typing import Any

from PIL import Image

from distwire.fence import set_limits
from distwire.marks import Mark
from distwire.tiff import PageFacts, TiffPage, Tone, make_single
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from mfp_client.memory.encoding import encode_page

_DOTS_PER_MM = 200 / 25.4
_PAGE_DPI = 300.0
_MEMORY, _CPU_SECONDS = 1536 << 20, 100


def main(arguments: list[str]) -> int:
    """Run the child; nothing on standard output when the sheet cannot be drawn."""
    set_limits(memory=_MEMORY, file_octets=0, cpu_seconds=_CPU_SECONDS)
    told: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    strip = sys.stdin.buffer.read()
    pdf = draw_any(told, strip)
    sys.stdout.buffer.write(pdf if arguments[0] == "pdf" else _draw_as_page(pdf))
    return 0


def draw_any(told: dict[str, Any], strip: bytes) -> bytes:
    """The sheet over the document's first page, or on an empty one where that is too small for the mark."""
    expires = None if told["expires"] is None else date.fromisoformat(told["expires"])
    plain = Sheet(Mark(told["image_id"], expires), date.fromisoformat(told["made"]), told["title"], told["language"])
    key = bytes.fromhex(told["key"])
    page, size = _open_page(told["page"], strip)
    try:
        return draw_sheet(Sheet(plain.mark, plain.made, plain.title, plain.language, page, size), key)
    except ValueError:
        return draw_sheet(plain, key)


def _open_page(facts: dict[str, Any], strip: bytes) -> tuple[Image.Image, tuple[float, float]]:
    """The page in grey, no finer than paper needs it under a mark; and its size in millimetres."""
    dpi = float(facts["dpi"][0]), float(facts["dpi"][1])
    size = facts["width"] / dpi[0] * 25.4, facts["height"] / dpi[1] * 25.4
    target = max(1, round(size[0] * _DOTS_PER_MM)), max(1, round(size[1] * _DOTS_PER_MM))
    page = TiffPage(PageFacts(facts["width"], facts["height"], dpi, Tone(facts["tone"])), strip)
    data = make_single(page) if page.facts.tone is Tone.BILEVEL else strip
    with Image.open(io.BytesIO(data), formats=("TIFF", "JPEG")) as image:
        image.draft("L", target)
        grey = image.convert("L")
    return grey.resize((min(target[0], grey.width), min(target[1], grey.height)), Image.Resampling.BOX), size


def _draw_as_page(pdf: bytes) -> bytes:
    import pypdfium2 as pdfium

    image = pdfium.PdfDocument(pdf)[0].render(scale=_PAGE_DPI / 72, grayscale=True).to_pil()
    page = encode_page(image.convert("L"), (_PAGE_DPI, _PAGE_DPI))
    facts = page.facts
    head = {"width": facts.width, "height": facts.height, "dpi": facts.dpi, "tone": facts.tone.value}
    return json.dumps(head).encode() + b"\n" + page.strip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
