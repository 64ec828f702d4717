"""Files → grey pages, one at a time, whatever they hold: TIFF and fax, PDF, JPEG, PNG. Runs in the fenced child."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mfp_client.marksheet.layout import MM_PER_INCH

Dpi = tuple[float, float]

MOST_PAGES = 2000
MOST_PIXELS = 120_000_000
"""A3 at 600 dpi has 70 million."""
PDF_DPI = 300
_FORMATS = ("TIFF", "PNG", "JPEG")
_FAX_WIDTHS = (1728, 2048, 2432)
"""Pixels of a fax line for A4, B4 and A3 (ITU-T T.4 §2)."""
_LEAST_DPI, _MOST_DPI = 50.0, 2500.0
_A4_HEIGHT = 297.0
_SHORTEST, _LONGEST = 90.0, 450.0
"""Millimetres of a page's longer side: cameras and programs write 72 dpi into pictures of any page, making posters."""
_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, ZeroDivisionError, OverflowError)


class Unreadable(Exception):
    """The file, or a page of it, cannot be read; the message is for people."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A page as it lies in the file: grey pixels, 0 black, and how many there are to the inch across and down."""

    pixels: NDArray[np.uint8]
    dpi: Dpi


def read_scans(path: Path, first: int = 1) -> Iterator[Scan | Unreadable]:
    """The pages from `first` (counted from 1) on; one that is damaged is handed out as what is wrong with it.

    Raises `Unreadable`, also between two pages, where nothing more can be had of the file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable("it is no file")  # a pipe would keep us waiting
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise Unreadable(f"the file cannot be opened: {error.strerror}") from error
    if not start:
        raise Unreadable("the file is empty")
    return _read_pdf(path, first) if b"%PDF-" in start else _read_pictures(path, first)


def _read_pictures(path: Path, first: int) -> Iterator[Scan | Unreadable]:
    """Frame by frame: who asks for the number of frames first follows a chain that may have no end."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            for number in range(1, MOST_PAGES + 1):
                try:
                    picture.seek(number - 1)
                except EOFError:
                    return
                if number >= first:
                    yield _scan_of(picture, number)
    except UnidentifiedImageError as error:
        raise Unreadable("the file is no TIFF, PDF, JPEG or PNG") from error
    except (*_ERRORS, Image.DecompressionBombError) as error:
        raise Unreadable(f"the file is damaged: {error}") from error


def _scan_of(picture: Image.Image, number: int) -> Scan | Unreadable:
    if picture.width * picture.height > MOST_PIXELS:
        return Unreadable(f"page {number} is too large: {picture.width} x {picture.height} pixels")
    dpi = guess_dpi(picture.size, _said_dpi(picture))
    try:
        grey = np.asarray(_to_grey(picture))
    except _ERRORS as error:
        return Unreadable(f"page {number} is damaged: {error}")
    return Scan(grey, dpi)


def _to_grey(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("LA", "RGBA", "PA") or "transparency" in picture.info:
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("L")
    return picture.convert("L")


def _said_dpi(picture: Image.Image) -> Dpi | None:
    tags = getattr(picture, "tag_v2", {})
    try:
        if 282 in tags and 283 in tags:  # XResolution, YResolution; ResolutionUnit 3 is the centimetre
            unit = MM_PER_INCH / 10 if tags.get(296, 2) == 3 else 1.0
            return float(tags[282]) * unit, float(tags[283]) * unit
        x, y = picture.info["dpi"]
        return float(x), float(y)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def guess_dpi(pixels: tuple[int, int], said: Dpi | None) -> Dpi:
    """`said` where it makes sense for a page, else what the shape of a fax gives away, else that of a sheet of A4."""
    width, height = pixels
    if said is not None and all(_LEAST_DPI <= each <= _MOST_DPI for each in said) and 0.25 <= said[0] / said[1] <= 4:
        longest = max(width / said[0], height / said[1]) * MM_PER_INCH
        if _SHORTEST <= longest <= _LONGEST:
            return said
    if width in _FAX_WIDTHS:
        return (204.0, 98.0) if height < 0.9 * width else (204.0, 196.0)
    square = max(width, height) * MM_PER_INCH / _A4_HEIGHT
    return square, square


def _read_pdf(path: Path, first: int) -> Iterator[Scan | Unreadable]:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("the PDF asks for a password") from error
        raise Unreadable(f"the PDF is damaged: {error}") from error
    for number in range(first, min(len(document), MOST_PAGES) + 1):
        try:
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(PDF_DPI / 72, (MOST_PIXELS / 4 / max(1.0, width * height)) ** 0.5, 10_000 / max(width, height))
            pixels = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_numpy()
            page.close()
        except (pdfium.PdfiumError, *_ERRORS) as error:
            yield Unreadable(f"page {number} of the PDF is damaged: {error}")
            continue
        yield Scan(np.ascontiguousarray(pixels.reshape(pixels.shape[:2])), (scale * 72, scale * 72))
