"""Mark sheets as offices hand them in, and pages that are none: each from one number, its seed, and always the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from PIL import Image

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet import layout
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from tests.support import paper
from tests.support.digitizing import MODES, Scanned, scan_page
from tests.support.wear import wear_page

KEY = bytes(range(32))
"""The key of the device that reads."""
OTHER_KEY = bytes(range(1, 33))
MADE = date(2026, 11, 27)
STRANGERS = ("nothing", "foreign", "other-device", "forged")
_MODES = (*("F98", "F196", "B300", "G200", "G300") * 3, "B200", "C600")
"""How often each is met."""
_VARIANTS = 3


@dataclass(frozen=True, slots=True)
class SheetCase:
    """A page that was handed in. `image_id` is what it must be read as; None: nothing may be read from it."""

    seed: int
    kind: str
    mode: str
    level: int
    image_id: str | None
    payload: str
    done: tuple[str, ...]
    scanned: Scanned


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be made; None is left to chance. `stranger` is one of STRANGERS, or "none" for an own sheet."""

    mode: str | None = None
    level: int | None = None
    stranger: str | None = None
    quarters: int | None = None


def make_case(seed: int, wish: Wish = Wish()) -> SheetCase:
    """The page of a seed."""
    chance = random.Random(seed)
    mode = wish.mode or chance.choice(_MODES)
    level = chance.randrange(4) if wish.level is None else wish.level
    stranger = wish.stranger or (chance.choice(STRANGERS) if chance.random() < 0.2 else "none")
    kind = chance.choice(paper.KINDS)
    mark = Mark(f"{chance.randrange(10**8):08}", chance.choice((None, date(2027, 3, 31))))
    page = paper.draw_page(kind, chance.randrange(_VARIANTS)).copy()
    if stranger == "foreign" or chance.random() < 0.15:
        paper.add_foreign_codes(page, chance)
    page = page if stranger in ("nothing", "foreign") else _print(page, mark, stranger)
    page, done = wear_page(page, level, chance)
    quarters = chance.choices((0, 1, 2, 3), (4, 1, 3, 1))[0] if wish.quarters is None else wish.quarters
    scanned = scan_page(page, mode, level, quarters, chance)
    expected = mark.image_id if stranger == "none" else None
    return SheetCase(seed, kind, mode, level, expected, sign_mark(mark, KEY), tuple(done), scanned)


def _print(page: Image.Image, mark: Mark, stranger: str) -> Image.Image:
    """The sheet's patch, as its PDF draws it, over the page."""
    if stranger == "forged":
        return _forge(page, mark)
    key = OTHER_KEY if stranger == "other-device" else KEY
    sheet = paper.draw_pdf(draw_sheet(Sheet(mark, MADE, "Quarterly report 四半期報告"), key))
    right, top, width, height = (
        round(side / layout.MM_PER_INCH * paper.DPI)
        for side in (layout.PATCH_RIGHT, layout.PATCH_TOP, layout.PATCH_WIDTH, layout.PATCH_HEIGHT)
    )
    left = page.width - right - width
    page.paste(sheet.crop((left, top, left + width, top + height)), (left, top))
    return page


def _forge(page: Image.Image, mark: Mark) -> Image.Image:
    """Somebody who has seen a sheet draws one with another number and the rest of the digits as they were."""
    payload = sign_mark(mark, KEY)
    altered = f"{(int(payload[:8]) + 1) % 10**8:08}{payload[8:]}"
    bars = paper.draw_bars(altered)
    page.paste(255, (page.width - 1520, 90, page.width - 90, 450))
    page.paste(bars, (page.width - 1500, 130))
    return page


MODE_NAMES = tuple(MODES)
