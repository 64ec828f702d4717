"""Pages of another installation, their symbol partly off the page, rubbed out or dirty, as a scanner takes them up."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.spoilt.kinds import AZTEC, Kind, draw_symbol
from tests.support import paper
from tests.support.digitizing import scan_page

_MODULE = 10
"""Dots of 300 dpi: 0.847 mm."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What is gone of a symbol: rows beyond the page's upper edge, columns beyond the right one, and single words."""

    rows: int = 0
    columns: int = 0
    words: tuple[int, ...] = ()


def draw_half_gone(kind: Kind, text: str, loss: Loss) -> Image.Image:
    """A4 at 300 dpi with the symbol in the upper right corner; lost words are grey, the rest is as it was printed."""
    modules = np.where(draw_symbol(kind, text), 0, 255).astype(np.uint8)
    size = 6 if kind is AZTEC else 8
    gone = [place for word in loss.words for place in kind.places[word * size : (word + 1) * size].tolist()]
    modules.ravel()[gone] = 128
    symbol = Image.fromarray(np.kron(modules, np.ones((_MODULE, _MODULE), np.uint8)))
    page = paper.draw_page("letter", 0).copy()
    side = symbol.width
    left = page.width - side + loss.columns * _MODULE - (0 if loss.columns else 130)
    top = -loss.rows * _MODULE if loss.rows else 110
    page.paste(255, (page.width - 600, 0, page.width, 500))
    page.paste(symbol, (left, top))
    return page


def scan_half_gone(page: Image.Image, mode: str, level: int, seed: int, quarters: int = 0) -> Scan:
    """The page as a scanner takes it up."""
    scanned = scan_page(page, mode, level, quarters, random.Random(seed))
    return Scan(scanned.grey(), scanned.dpi)
