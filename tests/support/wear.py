"""What happens to a printed page before it is scanned: pens, coffee, folds, streaks, holes, copies of copies.

Each takes and gives a grey picture of paper at 300 dpi; all chance comes from the generator that is handed in.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from mfp_client.marksheet.filters import darken, lighten

Wear = Callable[[Image.Image, random.Random], Image.Image]

OFTEN: dict[int, dict[str, float]] = {
    0: {},
    1: {
        "white_streak": 0.13, "dark_streak": 0.1, "pen": 0.13, "copy": 0.07, "show_through": 0.13, "fold": 0.04,
        "low_toner": 0.04, "holes": 0.04,
    },
    2: {
        "dark_streak": 0.35, "white_streak": 0.12, "highlighter": 0.24, "fold": 0.3, "coffee": 0.24, "pen": 0.24,
        "holes": 0.24, "copy": 0.18, "stamp": 0.12, "roller_bands": 0.06, "crumple": 0.06, "low_toner": 0.06,
        "show_through": 0.12,
    },
    3: {
        "copy": 0.75, "dark_streak": 0.5, "white_streak": 0.25, "fold": 0.5, "coffee": 0.4, "pen": 0.4, "stamp": 0.2,
        "highlighter": 0.3, "roller_bands": 0.25, "crumple": 0.3, "low_toner": 0.25, "show_through": 0.3, "holes": 0.3,
    },
}  # fmt: skip
"""How often each wear is met at a level of ill-treatment."""


def wear_page(page: Image.Image, level: int, chance: random.Random) -> tuple[Image.Image, list[str]]:
    """The page as it comes to the scanner, and what was done to it."""
    done = [name for name, often in OFTEN[level].items() if chance.random() < often]
    for name in done:
        page = _WEARS[name](page, chance)
    return page, done


def swell(page: Image.Image, gain: float) -> Image.Image:
    """Ink that spreads (gain > 0) or fails to (gain < 0) by so many dots of 300 dpi on either side together."""
    treat = darken if gain > 0 else lighten
    rest = abs(gain)
    while rest > 0.02:
        page = Image.blend(page, Image.fromarray(treat(np.asarray(page))), min(1.0, rest))
        rest -= 1
    return page


def _copy(page: Image.Image, chance: random.Random) -> Image.Image:
    """Through a copier: a little blur, more contrast, a little larger or smaller, and specks."""
    width, height = page.size
    turn, size = np.radians(chance.uniform(-0.7, 0.7)), chance.uniform(0.985, 1.015)
    matrix = (np.cos(turn) / size, np.sin(turn), chance.uniform(-8, 8), -np.sin(turn), np.cos(turn) / size, 0.0)
    page = page.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=255)
    page = page.filter(ImageFilter.BoxBlur(chance.uniform(0.6, 2.2)))
    low, high = chance.randint(60, 120), chance.randint(140, 200)
    page = page.point([max(0, min(255, round((v - low) * 255 / (high - low)))) for v in range(256)])
    draw = ImageDraw.Draw(page)
    for _ in range(chance.randint(20, 300)):
        x, y, side = chance.randint(0, width), chance.randint(0, height), chance.randint(0, 3)
        draw.rectangle((x, y, x + side, y + side), fill=chance.choice((0, 0, 255)))
    return page


def _dark_streak(page: Image.Image, chance: random.Random) -> Image.Image:
    return _streak(page, chance, chance.randint(0, 130))


def _white_streak(page: Image.Image, chance: random.Random) -> Image.Image:
    return _streak(page, chance, 255)


def _streak(page: Image.Image, chance: random.Random, tone: int) -> Image.Image:
    draw = ImageDraw.Draw(page)
    for _ in range(chance.randint(1, 3)):
        x, width = chance.randint(0, page.width), chance.randint(1, 5)
        draw.rectangle((x, 0, x + width - 1, page.height), fill=tone)
    return page


def _roller_bands(page: Image.Image, chance: random.Random) -> Image.Image:
    period, depth = chance.randint(300, 900), chance.uniform(20, 60)
    wave = depth * (1 + np.cos(np.arange(page.height) * 2 * np.pi / period)) / 2
    return Image.fromarray(np.clip(np.asarray(page).astype(np.int16) - wave[:, None], 0, 255).astype(np.uint8))


def _pen(page: Image.Image, chance: random.Random) -> Image.Image:
    """A line by hand; every other one goes over the mark."""
    draw = ImageDraw.Draw(page)
    x, y = (chance.randint(900, 2300), chance.randint(80, 420)) if chance.random() < 0.5 else _spot(page, chance)
    for _ in range(chance.randint(2, 7)):
        to = x + chance.randint(-320, 320), y + chance.randint(-160, 160)
        draw.line((x, y, *to), fill=chance.randint(0, 110), width=chance.randint(3, 8))
        x, y = to
    return page


def _highlighter(page: Image.Image, chance: random.Random) -> Image.Image:
    x, y = (chance.randint(900, 1800), chance.randint(60, 420)) if chance.random() < 0.5 else _spot(page, chance)
    band = Image.new("L", page.size, 255)
    box = (x, y, x + chance.randint(300, 1200), y + chance.randint(50, 110))
    ImageDraw.Draw(band).rectangle(box, fill=chance.randint(150, 215))
    return ImageChops.multiply(page, band)


def _coffee(page: Image.Image, chance: random.Random) -> Image.Image:
    stain = Image.new("L", page.size, 255)
    draw = ImageDraw.Draw(stain)
    x, y, radius = chance.randint(1000, 2400), chance.randint(0, 700), chance.randint(350, 600)
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, fill=chance.randint(200, 235), outline=chance.randint(90, 160), width=chance.randint(8, 20))
    return ImageChops.multiply(page, stain.filter(ImageFilter.BoxBlur(4)))


def _fold(page: Image.Image, chance: random.Random) -> Image.Image:
    """A crease: toner gone along a line, and a shadow beside it."""
    draw = ImageDraw.Draw(page)
    if chance.random() < 0.6:
        y = chance.choice((chance.randint(100, 420), page.height // 2, page.height // 3))
        line = (0, y, page.width, y + chance.randint(-60, 60))
    else:
        x = chance.choice((chance.randint(900, 2300), page.width // 2))
        line = (x, 0, x + chance.randint(-60, 60), page.height)
    draw.line(line, fill=255, width=chance.randint(2, 8))
    draw.line([place + 8 for place in line], fill=chance.randint(120, 200), width=2)
    return page


def _crumple(page: Image.Image, chance: random.Random) -> Image.Image:
    rough = np.random.default_rng(chance.randint(0, 1 << 30)).integers(120, 256, (18, 12), np.uint8)
    shade = Image.fromarray(rough).resize(page.size, Image.Resampling.BILINEAR)
    page = ImageChops.multiply(page, Image.blend(Image.new("L", page.size, 255), shade, 0.6))
    draw = ImageDraw.Draw(page)
    for _ in range(12):
        x, y = _spot(page, chance)
        draw.line((x, y, x + chance.randint(-900, 900), y + chance.randint(-900, 900)), 235, chance.randint(1, 3))
    return page


def _low_toner(page: Image.Image, chance: random.Random) -> Image.Image:
    rough = np.random.default_rng(chance.randint(0, 1 << 30)).integers(0, 110, (9, 6), np.uint8)
    pale = Image.fromarray(rough).resize(page.size, Image.Resampling.BILINEAR)
    return ImageChops.lighter(page, pale)


def _holes(page: Image.Image, chance: random.Random) -> Image.Image:
    draw = ImageDraw.Draw(page)
    x, tone = chance.choice((140, page.width - 140)), chance.choice((0, 60, 255))
    for y in (page.height // 2 - 472, page.height // 2 + 472):
        draw.ellipse((x - 35, y - 35, x + 35, y + 35), fill=tone)
    return page


def _stamp(page: Image.Image, chance: random.Random) -> Image.Image:
    stamp = Image.new("L", (700, 240), 255)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((6, 6, 693, 233), outline=70, width=10)
    draw.text((50, 60), chance.choice(("RECEIVED", "URGENT", "COPY")), fill=70, font=ImageFont.load_default(110))
    turned = stamp.rotate(chance.uniform(-20, 20), expand=True, fillcolor=255)
    sheet = Image.new("L", page.size, 255)
    sheet.paste(
        turned, (chance.randint(200, 1900), chance.choice((chance.randint(300, 500), chance.randint(500, 3000))))
    )
    return ImageChops.multiply(page, sheet)


def _show_through(page: Image.Image, chance: random.Random) -> Image.Image:
    back = page.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.BoxBlur(3))
    faint = chance.randint(25, 60)
    return ImageChops.multiply(page, back.point([255 - (255 - v) * faint // 255 for v in range(256)]))


def _spot(page: Image.Image, chance: random.Random) -> tuple[int, int]:
    return chance.randint(0, page.width), chance.randint(0, page.height)


_WEARS: dict[str, Wear] = {
    "copy": _copy,
    "dark_streak": _dark_streak,
    "white_streak": _white_streak,
    "roller_bands": _roller_bands,
    "pen": _pen,
    "highlighter": _highlighter,
    "coffee": _coffee,
    "fold": _fold,
    "crumple": _crumple,
    "low_toner": _low_toner,
    "holes": _holes,
    "stamp": _stamp,
    "show_through": _show_through,
}
