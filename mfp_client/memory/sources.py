"""Files → pages for the memory, one at a time: TIFF, PDF, JPEG and PNG. Runs in the fenced child
(`mfp_client.memory.child`)."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from mfp_client.memory.errors import Unreadable
from mfp_client.memory.jpeg import take_plain

MOST_PIXELS = 200_000_000
MOST_PAGES = 5000
PDF_DPI = 300.0
TONES = ("auto", "bilevel", "grey", "colour")
_PICTURES = ("TIFF", "JPEG", "PNG")
_JPEGS = ("JPEG", "MPO")
"""A camera's file with several pictures (CIPA DC-007, "MPO") begins with the one that was taken."""

_BROKEN = (OSError, UnidentifiedImageError, SyntaxError, ValueError, OverflowError, EOFError, KeyError, TypeError)
_A4_INCHES = (8.27, 11.69)
_ORIENTATION = 0x0112
_COLOURLESS = 12
"""Two channels of a grey page differ by so much at most, in 255."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page: mode `1`, `L` or `RGB`, and dots per inch across and down. `jpeg` is what it was decoded from, where
    that can be stored as it is."""

    image: Image.Image
    dpi: tuple[float, float]
    jpeg: bytes | None = None


def read_pages(path: Path, tone: str = "auto") -> Iterator[SourcePage]:
    """The pages of a file. `auto` leaves black and white as it is, and makes grey what has no colour. Raises
    `Unreadable`."""
    Image.MAX_IMAGE_PIXELS = None  # we count ourselves, and refuse in words
    with path.open("rb") as file:
        start = file.read(1024)
    pages = _read_pdf(path) if b"%PDF-" in start else _read_picture(path)
    for number, page in enumerate(pages, 1):
        if number > MOST_PAGES:
            raise Unreadable(f"the document has more than {MOST_PAGES} pages: store it in parts")
        toned = _set_tone(page.image, tone)
        yield SourcePage(toned, page.dpi, page.jpeg if toned.mode == page.image.mode else None)


def read_frame(path: Path, tone: str, frame: int, dpi: tuple[float, float]) -> SourcePage:
    """One page of a picture file, counted from 0, in a resolution that is known better than the file says it. Raises
    `Unreadable`."""
    Image.MAX_IMAGE_PIXELS = None
    for page in _read_picture(path, frame):
        toned = _set_tone(page.image, tone)
        return SourcePage(toned, dpi, page.jpeg if toned.mode == page.image.mode else None)
    raise Unreadable(f"the file has no page {frame + 1}")


def _read_pdf(path: Path) -> Iterator[SourcePage]:
    import pypdfium2 as pdfium

    try:
        document = _open_pdf(path)
    except pdfium.PdfiumError as error:
        said = "it asks for a password" if "password" in str(error).lower() else str(error)
        raise Unreadable(f"the PDF cannot be read: {said}") from error
    if not len(document):
        raise Unreadable("the PDF has no pages")
    for number in range(len(document)):
        try:
            page = document[number]
            scale = _fit_scale(*page.get_size())
            image = page.render(scale=scale, may_draw_forms=True).to_pil()
            page.close()
        except pdfium.PdfiumError as error:
            raise Unreadable(f"page {number + 1} of the PDF is broken: {error}") from error
        yield SourcePage(image, (scale * 72, scale * 72))


def _open_pdf(path: Path) -> Any:
    """The document for PDFium, mended where need be. Raises PdfiumError, `Unreadable`."""
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise
    return pdfium.PdfDocument(_repair_pdf(path))


def _repair_pdf(path: Path) -> bytes:
    """What qpdf makes of a PDF that PDFium refuses, as of one that was cut off."""
    import pikepdf

    written = io.BytesIO()
    try:
        with pikepdf.open(path) as document:
            document.save(written)
    except (pikepdf.PdfError, OSError, ValueError) as error:
        raise Unreadable(f"the PDF cannot be read: {error}") from error
    return written.getvalue()


def _fit_scale(width: float, height: float) -> float:
    """300 dpi, unless the page is as large as a wall."""
    scale = PDF_DPI / 72
    return min(scale, math.sqrt(MOST_PIXELS / max(1.0, width * height)))


def _read_picture(path: Path, number: int = 0) -> Iterator[SourcePage]:
    """The pages from `number` on, counted from 0. Only a TIFF has several: what else is in a JPEG or PNG is a preview,
    another exposure, or a picture that moves."""
    try:
        # By its file, not its name: Pillow maps a named file, and then mistakes the size of turned ones.
        with path.open("rb") as file, Image.open(file, formats=_PICTURES) as image:
            while True:
                image.seek(number)
                _check_size(image)
                dpi = _read_dpi(image)
                orientation = image.getexif().get(_ORIENTATION, 1)
                plain = image.format in _JPEGS and orientation == 1
                jpeg = take_plain(path.read_bytes(), image.size) if plain else None
                yield SourcePage(_put_upright(image), dpi[::-1] if orientation in (5, 6, 7, 8) else dpi, jpeg)
                if image.format != "TIFF":
                    return
                number += 1
    except EOFError:
        return
    except UnidentifiedImageError as error:
        raise Unreadable("the file is no TIFF, PDF, JPEG or PNG") from error
    except _BROKEN as error:
        raise Unreadable(f"page {number + 1} is damaged: {error}") from error


def _put_upright(image: Image.Image) -> Image.Image:
    """A picture of its own; Pillow turns a TIFF by itself when it loads it."""
    if image.format == "TIFF":
        image.load()
        return image.copy()
    return ImageOps.exif_transpose(image)


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise Unreadable(f"{image.width} x {image.height} pixels are too many for a page")


def _read_dpi(image: Image.Image) -> tuple[float, float]:
    """What the file says, where it can be true; else so that the page is as large as A4."""
    said = image.info.get("dpi", (0, 0))
    x, y = float(said[0]), float(said[1])
    if 50 <= x <= 2400 and 50 <= y <= 2400:
        return round(x, 2), round(y, 2)  # PNG counts dots per metre
    guessed = max(min(image.size) / _A4_INCHES[0], max(image.size) / _A4_INCHES[1])
    guessed = float(min(max(round(guessed), 50), 2400))
    return guessed, guessed


def _set_tone(image: Image.Image, tone: str) -> Image.Image:
    if tone == "auto":
        tone = "bilevel" if image.mode == "1" else "grey" if _is_grey(image) else "colour"
    if image.mode == "1":
        return image
    flat = _flatten(image)
    if tone == "bilevel":
        from distwire.scan.binding import make_bilevel

        return make_bilevel(flat.convert("L"))
    return flat.convert("L" if tone == "grey" else "RGB")


def _flatten(image: Image.Image) -> Image.Image:
    """Eight bits a sample; what is transparent shows white paper."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return image.convert("F").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("RGB")
    return image if image.mode == "L" else image.convert("RGB")


def _is_grey(image: Image.Image) -> bool:
    if image.mode in ("L", "LA", "I", "F") or image.mode.startswith("I;16"):
        return True
    import numpy as np

    small = image.convert("RGB").reduce(max(1, image.width // 600))
    pixels = np.asarray(small, dtype=np.int16)
    return bool((pixels.max(axis=2) - pixels.min(axis=2)).max() <= _COLOURLESS)
