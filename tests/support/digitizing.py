"""A scanner or fax that takes up paper: skewed, out of focus, noisy, in black and white or JPEG, lines lost on the way.

Modes: fax of standard and fine resolution (F98, F196), black and white (B200, B300), grey through JPEG (G200, G300),
and colour at 600 dpi (C600). Levels: 0 clean, 1 an office, 2 a bad office, 3 worst.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.support import paper
from tests.support.wear import swell

MODES = {
    "F98": (204, 98),
    "F196": (204, 196),
    "B200": (200, 200),
    "B300": (300, 300),
    "G200": (200, 200),
    "G300": (300, 300),
    "C600": (600, 600),
}
_FAX_WIDTHS = {False: 1728, True: 2432}
"""Pixels of a line: A4 upright, and lying on its side on A3."""
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """What a scanner of this level does: each value is drawn between two bounds. `focus` is in dots of 200 dpi."""

    gain: Span
    focus: Span
    black: Span
    paper: Span
    threshold: Span
    specks: float
    skew: float
    scale: float
    wavy: float
    lost_lines: int
    jpeg: Span


LEVELS = (
    Level((-0.2, 0.3), (0.2, 0.3), (0.05, 0.09), (0.94, 0.97), (0.48, 0.53), 0.0, 0.5, 0.002, 0.0, 0, (84, 92)),
    Level((-0.5, 1.0), (0.25, 0.5), (0.05, 0.18), (0.88, 0.96), (0.44, 0.56), 0.001, 2.0, 0.012, 0.0, 7, (63, 85)),
    Level((-1.0, 2.0), (0.4, 1.1), (0.09, 0.3), (0.8, 0.97), (0.42, 0.64), 0.01, 5.0, 0.035, 0.47, 7, (40, 65)),
    Level((-1.6, 2.6), (0.8, 1.7), (0.18, 0.45), (0.75, 0.87), (0.36, 0.56), 0.02, 6.0, 0.045, 0.75, 35, (25, 50)),
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanned page: picture, resolution across and down."""

    picture: Image.Image
    dpi: tuple[int, int]

    def save(self, path: Path) -> Path:
        """As TIFF: G4 in black and white, else LZW."""
        compression = "group4" if self.picture.mode == "1" else "tiff_lzw"
        self.picture.save(path, "TIFF", dpi=self.dpi, compression=compression)
        return path

    def grey(self) -> NDArray[np.uint8]:
        """Its pixels."""
        return np.asarray(self.picture.convert("L"))


def scan_page(page: Image.Image, mode: str, level: int, quarters: int, chance: random.Random) -> Scanned:
    """Lay the paper on the glass, turned by so many quarters counter-clockwise, and scan it."""
    rule = LEVELS[level]
    page = swell(page, chance.uniform(*rule.gain))
    if quarters:
        page = page.transpose(
            (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[quarters - 1]
        )
    grey = _take_up(page, mode, rule, chance)
    grey = _blacken(grey, rule, chance)
    if mode[0] in "FB":
        return Scanned(Image.fromarray(_decide(grey, mode, level, chance)), MODES[mode])
    return Scanned(_squeeze(grey, rule, chance, colour=mode[0] == "C"), MODES[mode])


def _take_up(page: Image.Image, mode: str, rule: Level, chance: random.Random) -> NDArray[np.float32]:
    """Skew, size, shift and the resolution of the mode in one step; then waves of the paper's transport."""
    across, down = MODES[mode]
    width, height = round(page.width * across / paper.DPI), round(page.height * down / paper.DPI)
    if mode[0] == "F":
        width = _FAX_WIDTHS[page.width > page.height]
    focus = chance.uniform(*rule.focus) * paper.DPI / 200
    page = page.filter(ImageFilter.BoxBlur(1.7 * max(focus, 0.3 * paper.DPI / across)))
    turn, size = np.radians(chance.uniform(-rule.skew, rule.skew)), 1 + chance.uniform(-rule.scale, rule.scale)
    step_x, step_y = paper.DPI / across / size, paper.DPI / down / size
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    left = page.width / 2 + chance.uniform(-15, 15) - (cos * step_x * width + sin * step_y * height) / 2
    top = page.height / 2 + chance.uniform(-15, 15) - (-sin * step_x * width + cos * step_y * height) / 2
    matrix = (cos * step_x, sin * step_y, left, -sin * step_x, cos * step_y, top)
    grey = page.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=255)
    pixels = np.asarray(grey).astype(np.float32) / 255
    return _wave(pixels, across, chance) if chance.random() < rule.wavy else pixels


def _wave(pixels: NDArray[np.float32], across: int, chance: random.Random) -> NDArray[np.float32]:
    """Lines shifted sideways by up to half a millimetre, in slow waves."""
    height, width = pixels.shape
    period, reach = chance.uniform(0.05, 0.3) * height, chance.uniform(0.1, 0.5) / 25.4 * across
    shifts = np.rint(reach * np.sin(np.arange(height) * 2 * np.pi / period)).astype(int)
    columns = np.clip(np.arange(width)[None] + shifts[:, None], 0, width - 1)
    return np.take_along_axis(pixels, columns, 1)


def _blacken(pixels: NDArray[np.float32], rule: Level, chance: random.Random) -> NDArray[np.float32]:
    """Ink that is not black, paper that is not white, noise."""
    black, white = chance.uniform(*rule.black), chance.uniform(*rule.paper)
    tile = np.random.default_rng(chance.randint(0, 1 << 30)).standard_normal((509, 521), np.float32)
    tile = tile * np.float32(chance.uniform(0.005, 0.03)) + np.float32(black)
    height, width = pixels.shape
    noise = np.tile(tile, (height // 509 + 1, width // 521 + 1))[:height, :width]
    return pixels * np.float32(white - black) + noise


def _decide(pixels: NDArray[np.float32], mode: str, level: int, chance: random.Random) -> NDArray[np.bool_]:
    """True is white."""
    rule = LEVELS[level]
    if level < 2 and chance.random() < 0.25:  # a scanner that looks at its surroundings
        rough = Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(20))
        white = pixels > np.asarray(rough).astype(np.float32) / 255 - 0.08
    else:
        white = pixels > chance.uniform(*rule.threshold)
    chances = np.random.default_rng(chance.randint(0, 1 << 30))
    share = chance.uniform(0, rule.specks)
    spots = (chances.random(round(share * white.size)) * white.size).astype(int)
    white.reshape(-1)[spots] ^= True
    if mode[0] == "F" and rule.lost_lines and chance.random() < 0.25:
        for line in chances.integers(1, white.shape[0], chance.randint(1, rule.lost_lines)):
            white[line] = white[line - 1] if chance.random() < 0.7 else chances.random(white.shape[1]) < 0.7
    return white


def _squeeze(pixels: NDArray[np.float32], rule: Level, chance: random.Random, *, colour: bool) -> Image.Image:
    """Through JPEG."""
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    squeezed = io.BytesIO()
    (picture.convert("RGB") if colour else picture).save(squeezed, "JPEG", quality=round(chance.uniform(*rule.jpeg)))
    opened = Image.open(squeezed)
    opened.load()
    return opened
