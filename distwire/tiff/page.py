"""A page as it stands in a TIFF: one strip, Group 4 (TIFF 6.0 §11) for black and white, JPEG for grey and colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """What a page is made of; the value is the word that people and scripts see."""

    BILEVEL = "bilevel"
    GREY = "grey"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Size in dots, and dots per inch across and down (those of a fax differ)."""

    width: int
    height: int
    dpi: tuple[float, float]
    tone: Tone


@dataclass(frozen=True, slots=True)
class TiffPage:
    """A page ready to be stored.

    `strip` is T.6 data whose white is white (PhotometricInterpretation 0), or a whole JPEG stream with one component or
    three, the colours halved both ways (4:2:0).
    """

    facts: PageFacts
    strip: bytes


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A page in a file: `offset` and `octets` of its strip; `slot` is where the offset of the next page stands."""

    facts: PageFacts
    offset: int
    octets: int
    slot: int
