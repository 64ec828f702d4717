"""Pages that carry nothing or next to nothing, on paper from clean to filthy, as scanners see them (150 dpi)."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DPI = 150
SIZE = (1240, 1754)
LEVELS = ("clean", "office", "bad office")
_MM = DPI / 25.4

Draw = Callable[[ImageDraw.ImageDraw, random.Random], None]


def make_page(content: str | None, level: int, seed: int) -> Image.Image:
    """A page with one of `CONTENTS` or nothing, on paper of a level 0 to 2; the same seed makes the same page."""
    rng = random.Random(f"{content}/{level}/{seed}")
    ink = Image.new("L", SIZE, 0)
    if content is not None:
        CONTENTS[content](ImageDraw.Draw(ink), rng)
    dirt = Image.new("L", SIZE, 0)
    if level:
        _soil(dirt, rng, level)
    paper = _make_paper(rng, level)
    if level == 2:
        paper *= 1 - _shine_through(rng)
    blurred = (np.asarray(one.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255 for one in (ink, dirt))
    for layer in blurred:
        paper *= 1 - layer
    return _scan(paper, rng, level)


def _make_paper(rng: random.Random, level: int) -> np.ndarray:
    tone = (252, rng.uniform(225, 250), rng.uniform(185, 235))[level]
    tilt = (0, 6, 16)[level]
    across, down = np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1])
    shade = rng.uniform(-tilt, tilt) * across[None, :] + rng.uniform(-tilt, tilt) * down[:, None]
    return (tone + shade).astype(np.float32)


def _scan(paper: np.ndarray, rng: random.Random, level: int) -> Image.Image:
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, (0.5, 2, 5)[level], paper.shape)
    image = Image.fromarray(np.clip(paper + noise, 0, 255).astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=rng.choice((60, 75, 90)))
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def _soil(dirt: Image.Image, rng: random.Random, level: int) -> None:
    draw = ImageDraw.Draw(dirt)
    for _ in range(rng.randint(20, 60) if level == 1 else rng.randint(100, 300)):
        _blot(draw, rng, rng.uniform(0.1, 0.5 if level == 1 else 0.9), rng.uniform(0.2, 0.9))
    if rng.random() < 0.5:
        edge = rng.uniform(8, 14) * _MM
        for y in (SIZE[1] / 2 - 40 * _MM, SIZE[1] / 2 + 40 * _MM):
            _disc(draw, edge, y, 2.75 * _MM, rng.uniform(0.4, 0.95))
    if level == 2:
        _spoil(draw, rng)


def _spoil(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """What a bad office adds: a shadow along an edge, a fold, a streak of the feeder's glass, fibres."""
    shadow = round(rng.uniform(1, 9) * _MM)
    draw.rectangle((SIZE[0] - shadow, 0, SIZE[0], SIZE[1]), fill=round(rng.uniform(60, 200)))
    if rng.random() < 0.5:
        y = SIZE[1] * rng.uniform(0.3, 0.7)
        draw.line((8 * _MM, y, SIZE[0] - 12 * _MM, y + rng.uniform(-9, 9)), fill=round(rng.uniform(30, 80)), width=2)
    if rng.random() < 0.5:
        x = SIZE[0] * rng.uniform(0.1, 0.9)
        draw.line((x, 0, x, SIZE[1]), fill=round(rng.uniform(40, 220)), width=rng.randint(1, 3))
    for _ in range(rng.randint(0, 30)):
        x, y, turn = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1]), rng.uniform(0, 6.28)
        length = rng.uniform(1, 4) * _MM
        end = x + length * np.cos(turn), y + length * np.sin(turn)
        draw.line((x, y, *end), fill=round(rng.uniform(10, 45)), width=1)


def _shine_through(rng: random.Random) -> np.ndarray:
    """The text of the other side, mirrored and soft."""
    other = Image.new("L", SIZE, 0)
    _write_paragraph(ImageDraw.Draw(other), rng)
    soft = other.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(2.0))
    return np.asarray(soft, np.float32) / 255 * rng.uniform(0.05, 0.2)


def _blot(draw: ImageDraw.ImageDraw, rng: random.Random, size: float, contrast: float) -> None:
    _disc(draw, rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1]), size * _MM / 2, contrast)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, contrast: float) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=round(255 * contrast))


def _write(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, points: float, contrast: float) -> None:
    at = place[0] * _MM, place[1] * _MM
    draw.text(at, text, fill=round(255 * contrast), font_size=points * DPI / 72)


def _write_number(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    place = rng.choice(((103.0, 280.0), (190.0, 282.0), (103.0, 10.0)))
    _write(draw, place, str(rng.randint(1, 9)), rng.uniform(9, 12), rng.uniform(0.7, 0.95))


def _write_small_line(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    place = rng.uniform(20, 90), rng.uniform(20, 270)
    _write(draw, place, "This page is intentionally left blank.", 7, rng.uniform(0.45, 0.7))


def _write_paragraph(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for line in range(rng.randint(12, 40)):
        _write(draw, (25, 30 + 6 * line), "The quick brown fox jumps over the lazy dog, twice a day.", 11, 0.9)


def _initial(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A paraph in pencil."""
    x, y = rng.uniform(30, 170) * _MM, rng.uniform(30, 260) * _MM
    points = [(x, y)]
    for _ in range(7):
        points.append((points[-1][0] + rng.uniform(-2, 5) * _MM, y + rng.uniform(-4, 4) * _MM))
    draw.line(points, fill=round(255 * rng.uniform(0.35, 0.5)), width=3)


def _stamp(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    x, y, radius = rng.uniform(30, 170) * _MM, rng.uniform(30, 260) * _MM, 6 * _MM
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, outline=round(255 * rng.uniform(0.3, 0.6)), width=3)


def _rule(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    y = rng.uniform(30, 270) * _MM
    draw.line((25 * _MM, y, 185 * _MM, y), fill=round(255 * rng.uniform(0.6, 0.9)), width=2)


def _tick(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    x, y = rng.uniform(30, 170) * _MM, rng.uniform(30, 260) * _MM
    points = [(x, y), (x + 1.2 * _MM, y + 2 * _MM), (x + 4 * _MM, y - 3 * _MM)]
    draw.line(points, fill=round(255 * rng.uniform(0.5, 0.9)), width=3)


def _picture(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """Leads over one edge, some are nearly as large as the page."""
    height = SIZE[1] * rng.uniform(0.1, 0.9)
    draw.rectangle((0, 0, SIZE[0], height), fill=round(255 * rng.uniform(0.3, 0.7)))


CONTENTS: dict[str, Draw] = {
    "page number": _write_number,
    "small grey line": _write_small_line,
    "pencil initial": _initial,
    "stamp": _stamp,
    "rule": _rule,
    "tick": _tick,
    "paragraph": _write_paragraph,
    "picture to the edge": _picture,
}
