"""Pages of an office on paper: grey pictures at 300 dpi, some with codes that have nothing to do with marks."""

from __future__ import annotations

import functools
import random
import string

import barcode
import numpy as np
import pypdfium2 as pdfium
import segno
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

DPI = 300
SIZE = (2480, 3508)
"""A4."""
KINDS = ("letter", "form", "table", "photo", "blankish", "chart", "bars", "cad", "mag", "cjk")
_CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


@functools.cache
def draw_page(kind: str, number: int) -> Image.Image:
    """The page `number` of a kind; the same for the same arguments. Do not change it."""
    chance = random.Random(f"{kind} {number}")
    page = Image.new("L", SIZE, 255)
    _DRAW[kind](page, ImageDraw.Draw(page), chance)
    return page


def draw_pdf(document: bytes) -> Image.Image:
    """The first page of a PDF on A4 paper."""
    page = pdfium.PdfDocument(document)[0]
    return page.render(scale=DPI / 72, grayscale=True).to_pil().convert("L").resize(SIZE)


def add_foreign_codes(page: Image.Image, chance: random.Random, lowest: float = 0.2) -> None:
    """One to three codes of others below the place of the mark; some are Code 128 of as many digits as a mark."""
    for place in range(chance.randint(1, 3)):
        code = chance.choice((_long_bars, _short_bars, _qr, _matrix))(chance)
        left = chance.randint(100, max(101, SIZE[0] - code.width - 100))
        page.paste(code, (left, round(SIZE[1] * (lowest + 0.25 * place)) + chance.randint(0, 200)))


def draw_bars(text: str, kind: str = "code128", module: int = 6, height: int = 165) -> Image.Image:
    """A linear code with its quiet zone."""
    (modules,) = barcode.get(kind, text).build()
    row = np.array([module == "0" for module in "0" * 10 + modules + "0" * 10], np.uint8) * 255
    return Image.fromarray(np.repeat(np.repeat(row[None], height, 0), module, 1))


def _long_bars(chance: random.Random) -> Image.Image:
    return draw_bars(_digits(chance, chance.choice((14, 26, 26, 30))), module=chance.choice((4, 6)))


def _short_bars(chance: random.Random) -> Image.Image:
    kind, length = chance.choice((("ean13", 12), ("code39", 8), ("itf", 14), ("code128", 8)))
    return draw_bars(_digits(chance, length), kind, chance.choice((4, 5)))


def _qr(chance: random.Random) -> Image.Image:
    text = "https://example.org/" + "".join(chance.choices(string.ascii_letters, k=12))
    rows = np.array([list(row) for row in segno.make(text, micro=False).matrix_iter(scale=8, border=4)], np.uint8)
    return Image.fromarray(np.where(rows > 0, 0, 255).astype(np.uint8))


def _matrix(chance: random.Random) -> Image.Image:
    text = _digits(chance, chance.choice((14, 26)))
    cells = np.asarray(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True).to_image())
    return Image.fromarray(np.kron(cells, np.ones((10, 10), np.uint8)))


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


# Kinds


def _letter(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    font = ImageFont.load_default(chance.randint(34, 48))
    for top in range(300, SIZE[1] - 300, chance.randint(58, 80)):
        draw.text((240, top), _words(chance, 12), fill=chance.choice((0, 0, 40)), font=font)


def _form(page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    font = ImageFont.load_default(36)
    for top in range(60, SIZE[1] - 200, 180):
        columns = sorted(chance.sample(range(150, SIZE[0] - 150, 50), chance.randint(2, 5)))
        for left, right in zip([80, *columns], [*columns, SIZE[0] - 80], strict=True):
            draw.rectangle((left, top, right, top + 180), outline=0, width=chance.choice((2, 4, 6)))
            draw.text((left + 12, top + 8), _words(chance, 1).upper(), fill=0, font=font)


def _table(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    font = ImageFont.load_default(32)
    for top in range(40, SIZE[1] - 100, 60):
        draw.line((60, top, SIZE[0] - 60, top), fill=90, width=2)
        for left in range(80, SIZE[0] - 200, 260):
            draw.text((left, top + 10), f"{chance.randint(0, 999_999):,}", fill=0, font=font)


def _photo(page: Image.Image, _draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    rough = np.random.default_rng(chance.randint(0, 1 << 30)).integers(0, 256, (60, 42), np.uint8)
    page.paste(Image.fromarray(rough).resize(SIZE, Image.Resampling.BICUBIC))


def _blankish(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.text((300, 1500), _words(chance, 4), fill=0, font=ImageFont.load_default(44))


def _chart(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    for left in range(150, SIZE[0] - 150, 160):
        height = chance.randint(100, 2900)
        draw.rectangle((left, SIZE[1] - 200 - height, left + 110, SIZE[1] - 200), fill=chance.randint(0, 220))


def _bars(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    """Stripes that look like a code and are none."""
    for top in range(60, SIZE[1], 420):
        left = 60
        while left < SIZE[0] - 60:
            width = chance.choice((6, 6, 12, 18, 24))
            draw.rectangle((left, top, left + width - 1, top + 260), fill=0)
            left += width + chance.choice((6, 6, 12, 18, 24))


def _cad(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    for _ in range(260):
        x, y = chance.randint(0, SIZE[0]), chance.randint(0, SIZE[1])
        if chance.random() < 0.3:
            radius = chance.randint(20, 400)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=0, width=3)
        else:
            draw.line((x, y, x + chance.choice((0, chance.randint(-900, 900))), y + chance.randint(-900, 900)), 0, 3)


def _mag(page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    _photo(page, draw, chance)
    for column in range(3):
        left = 120 + column * 780
        draw.rectangle((left, 900, left + 700, SIZE[1] - 120), fill=255)
        for top in range(930, SIZE[1] - 180, 52):
            draw.text((left + 20, top), _words(chance, 4), fill=0, font=ImageFont.load_default(36))


def _cjk(_page: Image.Image, draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    font = ImageFont.truetype(_CJK, 46)
    letters = "東京大阪営業所報告書案内年月日回覧発送部門画像配信文書印刷管理者登録番号のをにはがで、。"
    for top in range(60, SIZE[1] - 100, 76):
        draw.text((140, top), "".join(chance.choices(letters, k=46)), fill=0, font=font)


def _words(chance: random.Random, count: int) -> str:
    return " ".join("".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 9))) for _ in range(count))


_DRAW = {
    "letter": _letter,
    "form": _form,
    "table": _table,
    "photo": _photo,
    "blankish": _blankish,
    "chart": _chart,
    "bars": _bars,
    "cad": _cad,
    "mag": _mag,
    "cjk": _cjk,
}
