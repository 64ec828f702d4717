"""One look of one reader at one picture: zxing-cpp first, zbar (through pyzbar) as second opinion on Code 128.

zbar is a library of the system; without it the ladder goes on with zxing-cpp alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType

import zxingcpp
from PIL import Image

from mfp_client.marksheet.filters import Grey
from mfp_client.marksheet.verdict import Symbol

_F = zxingcpp.BarcodeFormat
_OWN = [_F.Code128, _F.DataMatrix]
_MATRIX = [*_OWN, _F.QRCode, _F.Aztec]
BARS = zxingcpp.BarcodeFormats([_F.Code128])
OWN = zxingcpp.BarcodeFormats(_OWN)
MATRIX = zxingcpp.BarcodeFormats(_MATRIX)
ANY = zxingcpp.BarcodeFormats(
    [*_MATRIX, _F.PDF417, _F.Code39, _F.Code93, _F.Codabar, _F.EAN13, _F.EAN8, _F.UPCA, _F.ITF]
)


Reader = Callable[[Grey, zxingcpp.BarcodeFormats, bool], list[Symbol]]
"""Picture, formats, whether symbols may lie on their side."""


def read_zxing(picture: Grey, formats: zxingcpp.BarcodeFormats, turned: bool) -> list[Symbol]:
    """What zxing-cpp sees."""
    found = zxingcpp.read_barcodes(
        picture, formats, try_rotate=turned, try_downscale=False, try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )  # fmt: skip
    return [Symbol(_name(each.format), each.text, *_middle(each.position)) for each in found]


def read_zbar(picture: Grey, _formats: zxingcpp.BarcodeFormats, _turned: bool) -> list[Symbol]:
    """What zbar sees of Code 128; nothing where it is not installed. It writes warnings to standard error."""
    zbar = _load_zbar()
    if zbar is None:
        return []
    found = zbar.decode(Image.fromarray(picture), symbols=[zbar.ZBarSymbol.CODE128])
    return [
        Symbol("Code128", each.data.decode("utf-8", "replace"), left + width / 2, top + height / 2)
        for each in found
        for left, top, width, height in [each.rect]
    ]


@functools.cache
def _load_zbar() -> ModuleType | None:
    try:
        from pyzbar import pyzbar  # type: ignore[import-untyped]
    except ImportError:  # libzbar0 is missing
        return None
    module: ModuleType = pyzbar
    return module


@functools.cache
def _name(kind: zxingcpp.BarcodeFormat) -> str:
    return kind.name


def _middle(place: zxingcpp.Position) -> tuple[float, float]:
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return sum(corner.x for corner in corners) / 4, sum(corner.y for corner in corners) / 4
