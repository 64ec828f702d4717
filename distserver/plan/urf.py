"""The keywords of `urf-supported`: what a device says of Apple raster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_TYPES = {"W": "sgray", "SRGB": "srgb", "ADOBERGB": "adobe-rgb", "CMYK": "cmyk"}
_COLORS = {"sgray": 1, "srgb": 3, "adobe-rgb": 3, "cmyk": 4}
_BACKS = {"DM1": "normal", "DM2": "flipped", "DM3": "rotated", "DM4": "manual-tumble"}


@dataclass(frozen=True, slots=True)
class UrfAbility:
    """`types` are PWG raster types; `dpi` are resolutions (empty: not said); `sheet_back` is None without duplex."""

    types: tuple[str, ...]
    dpi: tuple[int, ...]
    sheet_back: str | None


def parse_urf(keywords: Sequence[str]) -> UrfAbility:
    """Read `W8`, `SRGB24-48`, `RS300-600`, `DM3` …; keywords of no concern here (`V1.4`, `CP1`, `IS1`) are passed over.

    Devices write one keyword or several with commas in one value, in any case.
    """
    types: list[str] = []
    dpi: list[int] = []
    sheet_back = None
    for word in (part.strip().upper() for keyword in keywords for part in keyword.split(",")):
        letters = word.rstrip("0123456789-")
        numbers = [int(number) for number in word[len(letters) :].split("-") if number]
        if letters in _TYPES:
            name = _TYPES[letters]
            types += [f"{name}_{bits // _COLORS[name]}" for bits in numbers]
        elif letters == "RS":
            dpi += numbers
        elif word in _BACKS:
            sheet_back = _BACKS[word]
    return UrfAbility(tuple(types), tuple(dpi), sheet_back)
