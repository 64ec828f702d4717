"""The two symbols of a payload as black and white modules: Code 128 (ISO/IEC 15417) and Data Matrix (ISO/IEC 16022)."""

from __future__ import annotations

import barcode  # type: ignore[import-untyped]
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from mfp_client.marksheet.layout import BARS, CELLS

Modules = NDArray[np.bool_]
"""True is black."""


class _Digits(barcode.Code128):  # type: ignore[misc]
    """Code 128 of digits alone: all in set C.

    python-barcode 0.16 looks into the first value after the start for a change of the set, and so swallows the first
    two digits when they are 99, the value of CODE C: a symbol that reads as two digits fewer, for one ID in a hundred.
    """

    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        return encoded


def encode_bars(payload: str) -> Modules:
    """The modules of Code 128 from left to right, without quiet zones."""
    (modules,) = _Digits(payload).build()
    row = np.array([module == "1" for module in modules])
    if len(row) != BARS:
        raise ValueError(f"a payload of 26 digits has {BARS} modules, not {len(row)}")
    return row


def encode_cells(payload: str) -> Modules:
    """The modules of a square Data Matrix, row by row, without quiet zone."""
    made = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True)
    cells: Modules = np.asarray(made.to_image())[1:-1, 1:-1] == 0
    if cells.shape != (CELLS, CELLS):
        raise ValueError(f"a payload of 26 digits has {CELLS} x {CELLS} modules, not {cells.shape}")
    return cells
