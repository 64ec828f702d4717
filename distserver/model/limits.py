"""How much a destination takes of one document: `max-pages=20 max-size=10M` (docs/reference/destinations.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = {"K": 10, "M": 20, "G": 30}


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """`pages` are sides as they are sent, before copies; `size` is in bytes, as it is sent. None: no limit."""

    pages: int | None = None
    size: int | None = None


def read_limits(options: Sequence[tuple[str, str]]) -> DocumentLimits:
    """Those among a destination's options; what makes no sense limits nothing."""
    said = dict(options)
    pages = said.get("max-pages", "")
    return DocumentLimits(
        int(pages) if pages.isascii() and pages.isdigit() else None, parse_size(said.get("max-size", ""))
    )


def parse_size(text: str) -> int | None:
    """Bytes of `500K`, `10M`, `2G` or a bare number; None when it is none of these."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 10):
        return None
    return int(number) << _UNITS.get(unit, 0) if int(number) else None


def show_size(size: int) -> str:
    """In the largest unit that gives a whole number, as a line would have it."""
    for unit, shift in reversed(_UNITS.items()):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift}{unit}"
    return f"{size} bytes"
