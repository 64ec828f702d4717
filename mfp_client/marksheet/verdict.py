"""What a page comes to, as reader, panel and the fenced child tell it to each other; without any heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from distwire.marks import Mark

UNREADABLE = "unreadable"
NO_CODE = "no-code"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol that was read; `x`, `y` is its middle in pixels of the picture that was looked at."""

    format: str
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is a keyword, a colon and a sentence; None when there is a mark. `symbols` in pixels of the file's page."""

    mark: Mark | None
    why: str | None
    symbols: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a page is judged by: the device's key, the day, and whether to look on for symbols of others."""

    key: bytes
    today: date
    every_symbol: bool = False


def refuse_page(words: str) -> Verdict:
    """The verdict on what cannot be read at all."""
    return Verdict(None, f"{UNREADABLE}: {words}")
