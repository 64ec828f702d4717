"""A look at one page file: its size, its colour, a small preview, and whether anything is on it.

Runs in the fenced child (`eye`): what a scanner sends may be made to harm a decoder.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from distwire.scan.blank import DPI, is_blank
from distwire.scan.contract import RawPage
from distwire.scan.faults import BrokenAnswer, LimitExceeded

PREVIEW = (240, 340)
"""Pixels that a preview fits into."""

FORMATS = ("JPEG", "TIFF", "PNG", "PPM")
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow raises at a file that is not what it seems."""

_BELIEVED = (30, 2400)
_MOST_LOOKED_AT = 10_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What a page file is: pixels, dots per inch, mode (`1`, `L`, `RGB`), how many pages are in it, preview as JPEG.

    `drawn`: it is a page of a PDF, and to be seen in the file that `name_drawn` names.
    """

    width: int
    height: int
    resolution: tuple[float, float]
    mode: str
    format: str
    frames: int
    blank: bool
    preview: bytes
    drawn: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the paper, in hundredths of a millimetre."""
        return round(self.width * 2540 / self.resolution[0]), round(self.height * 2540 / self.resolution[1])


def name_drawn(page: RawPage) -> Path:
    """Where a page is drawn whose file cannot be shown as it is."""
    return page.path.with_name(f"{page.path.stem}-{page.frame}.png")


def examine_page(page: RawPage, most_pixels: int) -> Look:
    """Decode a page once, no larger than needed. Raises `BrokenAnswer`; `LimitExceeded` before it is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow grumbles about is judged here
        try:
            with Image.open(page.path, formats=FORMATS) as image:
                image.seek(page.frame)
                check_pixels(image.size, most_pixels)
                return _look(image, page.resolution)
        except Image.DecompressionBombError as error:
            raise LimitExceeded(f"a page has far too many pixels ({_first_line(error)})") from error
        except BROKEN as error:
            raise BrokenAnswer(f"a page came damaged ({_first_line(error)}): scan it again") from error


def check_pixels(size: tuple[int, int], most: int) -> None:
    """Raises `LimitExceeded` for a page of more than `most` pixels."""
    if size[0] * size[1] > most:
        words = f"a page of {size[0]} by {size[1]} pixels is more than {most // 1_000_000} million"
        raise LimitExceeded(f"{words}: scan in a lower resolution")


def upright(image: Image.Image) -> Image.Image:
    """The picture as it is read: a camera only notes how it was held (EXIF Orientation)."""
    return ImageOps.exif_transpose(image)


def read_resolution(image: Image.Image) -> tuple[float, float]:
    """Dots per inch as the file says; where it says nothing that can be true, so that the page is as high as A4."""
    said = image.info.get("dpi")
    try:
        dpi = (float(said[0]), float(said[1])) if said else (0.0, 0.0)
    except (TypeError, ValueError, LookupError, ZeroDivisionError):
        dpi = (0.0, 0.0)
    if all(_BELIEVED[0] <= one <= _BELIEVED[1] for one in dpi):
        return round(dpi[0], 2), round(dpi[1], 2)  # PNG counts dots to the metre
    guessed = max(image.size) / 11.69
    return guessed, guessed


def _look(image: Image.Image, resolution: int | None) -> Look:
    size, mode, kind = image.size, _plain_mode(image.mode), image.format or ""
    frames = getattr(image, "n_frames", 1) if kind == "TIFF" else 1
    dpi = (float(resolution), float(resolution)) if resolution else read_resolution(image)
    target = max(1, round(size[0] * DPI / dpi[0])), max(1, round(size[1] * DPI / dpi[1]))
    image.draft("L" if mode == "L" else "RGB", target)  # JPEG alone: decodes to a half, a quarter or an eighth
    image.load()
    turned = upright(image)
    if turned.size != image.size:
        size, target, dpi = size[::-1], target[::-1], dpi[::-1]
    small = turned.convert("L" if mode == "1" else mode)
    larger = target[0] > small.width or target[1] > small.height
    if target[0] * target[1] <= max(_MOST_LOOKED_AT, small.width * small.height):
        small = small.resize(target, Image.Resampling.BICUBIC if larger else Image.Resampling.BOX)
        blank = is_blank(small.convert("L"))
    else:
        blank = False  # a page as large as a table
    small.thumbnail(PREVIEW, Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return Look(*size, dpi, mode, kind, frames, blank, out.getvalue())


def _plain_mode(mode: str) -> str:
    if mode in ("1", "L"):
        return mode
    return "L" if mode in ("I;16", "I;16B", "I", "F", "LA") else "RGB"


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
