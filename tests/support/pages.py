"""What lies in a printer's output as pictures of its pages, whatever form it came in."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageSequence

from distwire.raster import read_pages

_DPI = 100


def read_document(data: bytes) -> list[Image.Image]:
    """Page pictures of a PDF, PWG raster, URF, TIFF or JPEG, as a reader of the sheets sees them."""
    if data.startswith(b"%PDF"):
        with pdfium.PdfDocument(data) as document:
            return [page.render(scale=_DPI / 72).to_pil().convert("RGB") for page in document]
    if data.startswith((b"RaS2", b"UNIRAST")):
        return [Image.fromarray(page.visible()).convert("RGB") for page in read_pages(io.BytesIO(data))]
    with Image.open(io.BytesIO(data)) as image:
        return [_upright(frame) for frame in ImageSequence.Iterator(image)]


def read_file(path: Path) -> list[Image.Image]:
    """Page pictures of a file."""
    return read_document(path.read_bytes())


def _upright(frame: Image.Image) -> Image.Image:
    """A TIFF's frame on square pixels."""
    x, y = (float(value) for value in frame.info.get("dpi", (_DPI, _DPI)))
    picture = frame.convert("RGB")
    return picture.resize((round(picture.width * _DPI / x), round(picture.height * _DPI / y)), Image.Resampling.BOX)


def fit_on_paper(picture: Image.Image, paper: tuple[float, float] = (210.0, 297.0)) -> Image.Image:
    """The picture fitted on a sheet of white paper (mm), turned when that fits better, as a print of it should look."""
    if (picture.width > picture.height) != (paper[0] > paper[1]):
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    sheet = Image.new("RGB", (round(paper[0] / 25.4 * _DPI), round(paper[1] / 25.4 * _DPI)), "white")
    scale = min(sheet.width / picture.width, sheet.height / picture.height)
    small = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX)
    sheet.paste(small, ((sheet.width - small.width) // 2, (sheet.height - small.height) // 2))
    return sheet
