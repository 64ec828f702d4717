"""The reader of symbols that are half gone, for the ladder."""

from __future__ import annotations

import numpy as np
import zxingcpp

from mfp_client.marksheet.filters import Grey
from mfp_client.marksheet.layout import (
    CELLS_SIDE,
    MM_PER_INCH,
    PATCH_PAD,
    PATCH_RIGHT,
    PATCH_TOP,
    PATCH_WIDTH,
    QUIET,
)
from mfp_client.marksheet.spoilt.grids import Area, lay_grid, weigh_modules
from mfp_client.marksheet.spoilt.kinds import KINDS, OWN, Kind
from mfp_client.marksheet.spoilt.likeliest import guess_text
from mfp_client.marksheet.spoilt.seeking import Window, seek_grids
from mfp_client.marksheet.verdict import Symbol
from mfp_client.marksheet.views import DPI, EDGE

LEAST_BEYOND = 16.0
"""Bits that must speak for a text beyond those that it says."""
LEAST_AHEAD = 10.0
"""Bits by which it must be likelier than any other text."""


_ROOM_ACROSS, _ROOM_DOWN = 30.0, 28.0
"""Millimetres to either side of the cells' middle, and below: skew, shift and size as for the whole place."""
_PIXELS = DPI / MM_PER_INCH
_MIDDLE = PATCH_RIGHT + PATCH_WIDTH - QUIET - CELLS_SIDE / 2
_OWN_RIGHT = round((_MIDDLE - _ROOM_ACROSS) * _PIXELS)
_OWN_WIDTH = round(2 * _ROOM_ACROSS * _PIXELS)
_OWN_BOTTOM = round((PATCH_TOP + PATCH_PAD + CELLS_SIDE / 2 + _ROOM_DOWN) * _PIXELS)


def read_spoilt(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """Symbols of a mark's form, own or foreign, anywhere in a picture of the mark's place, that stand upright."""
    window = Window(0, 0, picture.shape[1], picture.shape[0])
    return [symbol for kind in KINDS for symbol in _read_kind(_make_area(picture), kind, window)]


def read_spoilt_own(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """The Data Matrix of a mark where this device prints it: a tenth of the place, and of the work."""
    right, bottom = picture.shape[1] - EDGE - _OWN_RIGHT, EDGE + _OWN_BOTTOM
    return _read_kind(_make_area(picture), OWN, Window(max(0, right - _OWN_WIDTH), 0, max(0, right), bottom))


def _make_area(picture: Grey) -> Area:
    return Area(picture.astype(np.float32), EDGE)


def _read_kind(area: Area, kind: Kind, window: Window) -> list[Symbol]:
    """One text is asked for at each grid: who tried many would find one whose signature holds."""
    for first in seek_grids(area, kind, window):
        grid = lay_grid(area, kind, first)
        odds = None if grid is None else weigh_modules(area, kind, grid)
        guess = None if odds is None else guess_text(kind, odds[kind.places])
        if grid is not None and guess is not None and guess.beyond >= LEAST_BEYOND and guess.ahead >= LEAST_AHEAD:
            return [Symbol(kind.format.name, guess.text, *grid.place)]
    return []
