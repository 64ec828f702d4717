"""Stored pages as PWG raster (PWG 5102.4), for printers that take no PDF: every IPP Everywhere printer takes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distwire.ipp.attributes import Group
from distwire.ipp.values import DPI, Resolution
from distwire.raster import PageHeader, PwgWriter, back_transform
from distwire.raster.writer import Writable
from distwire.tiff import TiffPage, Tone
from mfp_client.memory.encoding import decode_page
from mfp_client.printing.media import A4, Media, find_media
from mfp_client.printing.profiles import ONE_SIDED, SHORT_EDGE

ASKED = (
    "pwg-raster-document-type-supported",
    "pwg-raster-document-resolution-supported",
    "pwg-raster-document-sheet-back",
    "media-default",
    "sides-default",
)
"""What a printer is asked for."""

_BEST = {
    Tone.BILEVEL: ("black_1", "sgray_8", "srgb_8"),
    Tone.GREY: ("sgray_8", "srgb_8", "black_1"),
    Tone.COLOUR: ("srgb_8", "sgray_8", "black_1"),
}
_MODES = {"black_1": "L", "sgray_8": "L", "srgb_8": "RGB"}
_GOOD_DPI, _MOST_DPI = 300, 1200


@dataclass(frozen=True, slots=True)
class RasterKind:
    """How a printer wants its pages."""

    type: str
    dpi: int
    media: Media
    sides: str
    sheet_back: str


def choose_kind(printer: Group, tone: Tone, sides: str | None, media: str | None) -> RasterKind | None:
    """The nearest to what is stored that the printer takes; None when it takes nothing of it."""
    offered = printer.strings("pwg-raster-document-type-supported")
    type = next((type for type in _BEST[tone] if type in offered), None)
    square = [dpi for dpi in map(_square, _values(printer, ASKED[1])) if dpi is not None]
    if type is None or not square:
        return None
    return RasterKind(
        type=type,
        dpi=min(square, key=lambda dpi: abs(dpi - _GOOD_DPI)),
        media=find_media(media or printer.string("media-default") or "") or A4,
        sides=sides or printer.string("sides-default") or ONE_SIDED,
        sheet_back=printer.string("pwg-raster-document-sheet-back") or "normal",
    )


def write_raster(target: Writable, pages: Iterable[TiffPage], kind: RasterKind, total: int) -> None:
    """Write a page for each, in its true size in the middle of the sheet. One page is in memory at a time."""
    writer = PwgWriter(target)
    for number, page in enumerate(pages):
        sheet = _lay_on_sheet(decode_page(page), page.facts.dpi, kind)
        across, feed = (1, 1)
        if kind.sides != ONE_SIDED and number % 2:
            across, feed = back_transform(kind.sheet_back, kind.sides == SHORT_EDGE)
        pixels = _take_pixels(sheet, kind.type)[::feed, ::across]
        writer.write_page(_head(kind, sheet.size, total, (across, feed)), pixels)


def _head(kind: RasterKind, size: tuple[int, int], total: int, turned: tuple[int, int]) -> PageHeader:
    return PageHeader(
        *size,
        (kind.dpi, kind.dpi),
        kind.type,
        media=kind.media.name,
        duplex=kind.sides != ONE_SIDED,
        tumble=kind.sides == SHORT_EDGE,
        total_pages=total,
        cross_feed=turned[0],
        feed=turned[1],
    )


def _take_pixels(sheet: Image.Image, type: str) -> NDArray[Any]:
    pixels: NDArray[Any] = np.asarray(sheet)
    return pixels < 128 if type == "black_1" else pixels  # ink is 1 there, and white 255 here


def _lay_on_sheet(image: Image.Image, dpi: tuple[float, float], kind: RasterKind) -> Image.Image:
    """A sheet with the page on it: a landscape page along the long side, one that is too large made smaller."""
    paper = kind.media.pixels(kind.dpi)
    size = image.width * kind.dpi / dpi[0], image.height * kind.dpi / dpi[1]
    upright = image.convert(_MODES[kind.type])
    if (size[0] > size[1]) != (paper[0] > paper[1]) and size[0] != size[1]:
        upright, size = upright.transpose(Image.Transpose.ROTATE_90), size[::-1]
    factor = min(1.0, paper[0] / size[0], paper[1] / size[1])
    fitted = upright.resize((max(1, round(size[0] * factor)), max(1, round(size[1] * factor))), reducing_gap=2.0)
    sheet = Image.new(fitted.mode, paper, "white")
    sheet.paste(fitted, ((paper[0] - fitted.width) // 2, (paper[1] - fitted.height) // 2))
    return sheet


def _values(printer: Group, name: str) -> list[object]:
    found = printer.find(name)
    return [] if found is None else [value.data for value in found.values]


def _square(value: object) -> int | None:
    """Dots per inch of a resolution that is the same both ways."""
    if not isinstance(value, Resolution):
        return None
    return value.x if value.x == value.y and value.units == DPI and 0 < value.x <= _MOST_DPI else None
