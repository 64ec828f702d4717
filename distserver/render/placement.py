"""Where a page goes on the paper: fitted, centred, turned when it lies the other way. Pure geometry."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]
Points = tuple[float, float]

_SNUG = 0.01
"""A page that is this much off the paper's size is made to fill it: A4 is 595 points wide to some, 595.28 to others."""

_SMALLEST, _LARGEST, _FALLBACK = 1.0, 1e12, (595.0, 842.0)


@dataclass(frozen=True, slots=True)
class Placement:
    """`left`, `top`, `width`, `height` in pixels of the paper, of the page as it stands there: after `turns` quarter
    turns counter-clockwise (0 or 1)."""

    left: int
    top: int
    width: int
    height: int
    turns: int = 0


def place_page(page: Points, paper: Size, dpi: tuple[int, int]) -> Placement:
    """Put a page of `page` points on `paper` pixels at `dpi`.

    Never larger than it is, smaller only as far as the paper demands, never cropped. A page that lies across the paper
    is turned counter-clockwise (as `landscape` in RFC 8011 §5.2.10), if that makes it larger.
    """
    width, height = (side if _SMALLEST <= side <= _LARGEST else 0.0 for side in page)
    if not width or not height:
        width, height = _FALLBACK
    upright = _fit((width, height), paper, dpi)
    turned = _fit((height, width), paper, dpi)
    across = (width > height) != (paper[0] * dpi[1] > paper[1] * dpi[0]) and width != height
    if across and turned > upright:
        return _center((height, width), paper, dpi, turned, 1)
    return _center((width, height), paper, dpi, upright, 0)


def paper_pixels(size: tuple[int, int], dpi: tuple[int, int]) -> Size:
    """Pixels of a paper whose (width, height) is in hundredths of a millimetre, cut down as PWG 5102.4 readers do."""
    return max(1, size[0] * dpi[0] // 2540), max(1, size[1] * dpi[1] // 2540)


def _fit(page: Points, paper: Size, dpi: tuple[int, int]) -> float:
    """The scale at which the page is as large as it may be: at most 1, or what fills a paper of nearly its size."""
    scale = min(paper[0] * 72 / (page[0] * dpi[0]), paper[1] * 72 / (page[1] * dpi[1]))
    return scale if scale < 1 + _SNUG else 1.0


def _center(page: Points, paper: Size, dpi: tuple[int, int], scale: float, turns: int) -> Placement:
    width = min(paper[0], max(1, round(page[0] * dpi[0] / 72 * scale)))
    height = min(paper[1], max(1, round(page[1] * dpi[1] / 72 * scale)))
    return Placement((paper[0] - width) // 2, (paper[1] - height) // 2, width, height, turns)
