"""The order in which a page is looked at: cheapest and most fruitful first, until somebody has read enough.

The first rung, the mark's place with a slight blur, reads nineteen of twenty marks that can be read at all; each later
one is for some kind of ill-treatment. Before adding or moving a rung, see `deploy/bench marks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from PIL import Image
from zxingcpp import BarcodeFormats

from mfp_client.marksheet.filters import Treatment, blur, darken, join, keep, lighten, sharpen, take_median
from mfp_client.marksheet.projection import read_along
from mfp_client.marksheet.readers import ANY, MATRIX, OWN, Reader, read_zxing
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.spoilt.kinds import has_form
from mfp_client.marksheet.spoilt.reading import read_spoilt, read_spoilt_own
from mfp_client.marksheet.verdict import Symbol
from mfp_client.marksheet.views import View, WorkPage


class Area(Enum):
    """Where a rung looks."""

    PLACE = "place"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Rung:
    """One look: where, after what treatment, by which reader, in what part of the working resolution.

    `formats` are those that it reads for who wants all symbols, not the mark alone: the rougher a treatment, the less
    is believed of symbols with a weak check.
    """

    area: Area
    treatment: Treatment
    reader: Reader = read_zxing
    zoom: float = 1.0
    formats: BarcodeFormats = MATRIX


RUNGS = (
    Rung(Area.PLACE, blur(1), formats=ANY),
    Rung(Area.PLACE, blur(1, 1, 1)),
    Rung(Area.PLACE, keep, formats=ANY),
    Rung(Area.PLACE, keep, read_along),
    Rung(Area.PLACE, blur(1, 2, 2)),
    Rung(Area.PLACE, take_median),
    Rung(Area.PLACE, join(blur(1), sharpen)),
    Rung(Area.PLACE, blur(1), zoom=0.5),
    Rung(Area.PLACE, join(lighten, blur(1))),
    Rung(Area.PLACE, join(darken, blur(1))),
    Rung(Area.PLACE, blur(1), read_spoilt_own),
    Rung(Area.PAGE, blur(1), formats=ANY),
    Rung(Area.PLACE, join(lighten, lighten, blur(1)), read_along),
    Rung(Area.PLACE, join(take_median, blur(1, 1))),
    Rung(Area.PLACE, join(lighten, lighten, blur(1))),
    Rung(Area.PLACE, blur(1, 2, 2, 2)),
    Rung(Area.PAGE, keep, zoom=0.5),
)


LAST = Rung(Area.PLACE, blur(1), read_spoilt)
"""For who wants all symbols, on a page where no reader has found one in the form of a mark."""


def climb(scan: Scan, *, every_symbol: bool) -> Iterator[Symbol]:
    """Symbols as they are found, in pixels of the scan; a text may come more than once. Stop asking when one does."""
    page = WorkPage(scan)
    found = False
    for rung in RUNGS:
        for symbol in climb_rung(page, rung, every_symbol=every_symbol):
            found = found or has_form(symbol.text)
            yield symbol
    if every_symbol and not found:
        yield from climb_rung(page, LAST, every_symbol=True)


def climb_rung(page: WorkPage, rung: Rung, *, every_symbol: bool) -> Iterator[Symbol]:
    """What one look finds."""
    formats = rung.formats if every_symbol else OWN
    for view in page.places() if rung.area is Area.PLACE else [page.whole]:
        yield from _look(page, view, rung, formats)


def _look(page: WorkPage, view: View, rung: Rung, formats: BarcodeFormats) -> Iterator[Symbol]:
    pixels = view.pixels
    if rung.zoom != 1.0:
        size = round(pixels.shape[1] * rung.zoom), round(pixels.shape[0] * rung.zoom)
        if min(size) < 8:
            return
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    turned = rung.area is Area.PAGE or formats is not OWN
    for symbol in rung.reader(rung.treatment(pixels), formats, turned):
        x, y = view.locate(symbol.x / rung.zoom, symbol.y / rung.zoom)
        yield replace(symbol, x=x * page.step[0], y=y * page.step[1])
