"""The reader of symbols that are half gone, for the ladder."""

from __future__ import annotations

import numpy as np
import zxingcpp

from mfp_client.marksheet.filters import Grey
from mfp_client.marksheet.spoilt.grids import Area, lay_grid, weigh_modules
from mfp_client.marksheet.spoilt.kinds import KINDS, Kind
from mfp_client.marksheet.spoilt.likeliest import guess_text
from mfp_client.marksheet.spoilt.seeking import seek_grids
from mfp_client.marksheet.verdict import Symbol
from mfp_client.marksheet.views import EDGE

LEAST_BEYOND = 16.0
"""Bits that must speak for a text beyond those that it says."""
LEAST_AHEAD = 10.0
"""Bits by which it must be likelier than any other text."""


def read_spoilt(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """Symbols of a mark's form in a picture of the mark's place, that stand upright."""
    area = Area(picture.astype(np.float32), EDGE)
    return [symbol for kind in KINDS for symbol in _read_kind(area, kind)]


def _read_kind(area: Area, kind: Kind) -> list[Symbol]:
    for first in seek_grids(area, kind):
        grid = lay_grid(area, kind, first)
        odds = weigh_modules(area, kind, grid)
        guess = None if odds is None else guess_text(kind, odds[kind.places])
        if guess is not None and guess.beyond >= LEAST_BEYOND and guess.ahead >= LEAST_AHEAD:
            return [Symbol(kind.format.name, guess.text, *grid.place)]
    return []
