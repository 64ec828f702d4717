"""Documents as offices fax them, with the words that stand on them: text, forms, photographs, scans in colour."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

PHOTOS = Path(__file__).parents[1] / "data" / "photos"

_SUBJECTS = (
    "The branch office|Our warehouse|The regional manager|A customer in Osaka|The printing department|The driver"
)
_VERBS = "has received|will return|checked|asked again for|could not find|sends you|signed|has ordered|keeps a copy of"
_OBJECTS = "the price list of last month|two boxes of paper|the signed contract|a new telephone number|invoice 4711"
_OBJECTS += "|the minutes of the meeting|all documents that were faxed on Monday|the key to room 238|seven spare parts"
_ENDS = "before noon|by return of post|without any delay|as agreed on 14 March|for the auditors|at a cost of 1,250 euro"
_FONTS = (("Times-Roman", 11), ("Helvetica", 10), ("Times-Roman", 10), ("Helvetica", 9))
_MARGIN = 60.0


@dataclass(frozen=True, slots=True)
class FaxDocument:
    """A PDF of some pages, and what a reader of each page would type."""

    path: Path
    words: tuple[str, ...]


def make_text(path: Path, pages: int = 4) -> FaxDocument:
    """Letters: nothing but text, each page in a face and size of its own."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    words = [_fill(canvas, random.Random(number), _FONTS[number % 4]) for number in range(pages)]
    canvas.save()
    return FaxDocument(path, tuple(words))


def make_forms(path: Path, pages: int = 2) -> FaxDocument:
    """Order forms: ruled tables, shaded heads, small print, entries in a typewriter's face."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    words = [_draw_form(canvas, random.Random(100 + number)) for number in range(pages)]
    canvas.save()
    return FaxDocument(path, tuple(words))


def make_photos(path: Path, pages: int = 3) -> FaxDocument:
    """A photograph as wide as the page, with a heading, a caption and a paragraph."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    words = [_draw_report(canvas, number) for number in range(pages)]
    canvas.save()
    return FaxDocument(path, tuple(words))


def make_scans(path: Path, pages: int = 2, dpi: int = 200) -> FaxDocument:
    """Pages of text and a picture as a scanner in colour gives them: one JPEG a page, yellowish paper, a shadow along
    the fold, noise, a little askew."""
    printed = Canvas(buffer := io.BytesIO(), pagesize=A4, invariant=True)
    words = [_draw_memo(printed, number) for number in range(pages)]
    printed.save()
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    with pdfium.PdfDocument(buffer.getvalue()) as document:
        for number in range(pages):
            sheet = document[number].render(scale=dpi / 72).to_pil().convert("RGB")
            canvas.drawImage(ImageReader(io.BytesIO(_scan(sheet, number))), 0, 0, *A4)
            canvas.showPage()
    canvas.save()
    return FaxDocument(path, tuple(words))


KINDS: dict[str, Callable[[Path], FaxDocument]] = {
    "text": make_text,
    "forms": make_forms,
    "photo": make_photos,
    "scan": make_scans,
}


def _say(chance: random.Random) -> str:
    return " ".join(chance.choice(part.split("|")) for part in (_SUBJECTS, _VERBS, _OBJECTS, _ENDS)) + "."


def _write_lines(canvas: Canvas, chance: random.Random, top: float, lines: int, size: float = 11) -> tuple[str, float]:
    """So many lines of sentences in the font that is set; what they say, and where the next would stand."""
    said = []
    for _ in range(lines):
        line = _say(chance)
        canvas.drawString(_MARGIN, top, line)
        said.append(line)
        top -= size * 1.45
    return " ".join(said), top


def _fill(canvas: Canvas, chance: random.Random, font: tuple[str, int]) -> str:
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(_MARGIN, A4[1] - 70, "To all branch offices")
    canvas.setFont(*font)
    said, _ = _write_lines(canvas, chance, A4[1] - 110, int((A4[1] - 180) / (font[1] * 1.45)), font[1])
    canvas.showPage()
    return f"To all branch offices {said}"


def _draw_form(canvas: Canvas, chance: random.Random) -> str:
    width, top, said = A4[0] - 2 * _MARGIN, A4[1] - 60, ["Order form"]
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(_MARGIN, top, "Order form")
    top -= 30
    columns = ((0, "No."), (40, "Article"), (330, "Pieces"), (400, "Price"))
    canvas.setFillGray(0.85)
    canvas.rect(_MARGIN, top - 6, width, 22, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.setFont("Helvetica-Bold", 10)
    for left, name in columns:
        canvas.drawString(_MARGIN + left + 4, top, name)
        said.append(name)
    canvas.setLineWidth(0.5)
    begun = top + 16
    for row in range(24):
        canvas.line(_MARGIN, top - 6, _MARGIN + width, top - 6)
        top -= 24
        article = chance.choice(_OBJECTS.split("|"))
        cells = (
            str(row + 1),
            article,
            str(chance.randint(1, 400)),
            f"{chance.randint(2, 999)}.{chance.randint(10, 99)}",
        )
        for (left, _), cell in zip(columns, cells, strict=True):
            canvas.setFont("Courier", 10 if left != 40 else 9)
            canvas.drawString(_MARGIN + left + 4, top, cell)
            said.append(cell)
    for left in (0, 40, 330, 400, width):
        canvas.line(_MARGIN + left, begun, _MARGIN + left, top - 6)
    canvas.line(_MARGIN, top - 6, _MARGIN + width, top - 6)
    canvas.setFont("Helvetica", 7.5)
    small, _ = _write_lines(canvas, chance, top - 30, 4, 7.5)
    canvas.showPage()
    return " ".join([*said, small])


def _draw_report(canvas: Canvas, number: int) -> str:
    chance, names = random.Random(200 + number), ("rocket", "astronaut", "cat")
    canvas.setFont("Helvetica-Bold", 16)
    title = f"Report on pictures, part {number + 1}"
    canvas.drawString(_MARGIN, A4[1] - 60, title)
    with Image.open(PHOTOS / f"{names[number % 3]}.jpg") as image:
        width = 1600
        large = image.resize((width, width * image.height // image.width), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    large.save(written, "JPEG", quality=85)
    height = (A4[0] - 2 * _MARGIN) * large.height / large.width
    bottom = A4[1] - 80 - height
    canvas.drawImage(ImageReader(io.BytesIO(written.getvalue())), _MARGIN, bottom, A4[0] - 2 * _MARGIN, height)
    canvas.setFont("Times-Roman", 11)
    lines = int((bottom - 50) / 16)
    said, _ = _write_lines(canvas, chance, bottom - 20, min(lines, 14))
    canvas.showPage()
    return f"{title} {said}"


def _draw_memo(canvas: Canvas, number: int) -> str:
    """A page with a coloured heading, text in black and in blue, and a small photograph."""
    chance = random.Random(300 + number)
    canvas.setFillColorRGB(0.7, 0.1, 0.1)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(_MARGIN, A4[1] - 80, "Internal notice")
    canvas.setFillColorRGB(0.1, 0.1, 0.12)
    canvas.setFont("Times-Roman", 12)
    said, top = _write_lines(canvas, chance, A4[1] - 120, 14, 12)
    canvas.setFillColorRGB(0.1, 0.2, 0.6)
    canvas.setFont("Helvetica", 10)
    more, top = _write_lines(canvas, chance, top - 14, 10, 10)
    canvas.drawImage(str(PHOTOS / f"{('cat', 'astronaut')[number % 2]}.jpg"), _MARGIN, top - 190, 260, 180)
    canvas.showPage()
    return f"Internal notice {said} {more}"


def _scan(sheet: Image.Image, number: int) -> bytes:
    turned = sheet.rotate(0.4 - 0.7 * (number % 2), Image.Resampling.BICUBIC, fillcolor="white")
    grain = np.random.default_rng(number)
    pixels = np.asarray(turned, np.float32) * np.array([0.95, 0.93, 0.86], np.float32)
    shadow = 1 - 0.25 * np.exp(-np.arange(turned.width, dtype=np.float32) / (turned.width * 0.05))
    pixels = pixels * shadow[None, :, None] + grain.normal(0, 3, (turned.height, turned.width, 1)).astype(np.float32)
    written = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(written, "JPEG", quality=80)
    return written.getvalue()
