"""Where pages go on the paper: in which part of it, how large, and which way up. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, product
from typing import Generic, Protocol, TypeVar

from distserver.model.documents import Layout, Orientation, Scaling

Size = tuple[int, int]
Points = tuple[float, float]

_SNUG = 0.01
"""A page that is this much off the paper's size is made to fill it: A4 is 595 points wide to some, 595.28 to others."""

_SMALLEST, _LARGEST, _FALLBACK = 1.0, 1e12, (595.0, 842.0)
_MOST_PIXELS = 1 << 20
"""What a page may measure that goes beyond its paper: enough for any, few enough for the arithmetic of renderers."""

_WIDE_GRIDS = {1: (1, 1), 2: (2, 1), 4: (2, 2), 6: (3, 2), 9: (3, 3), 16: (4, 4)}
"""(columns, rows) of a sheet that is held across; of one that is held upright, the other way round."""

_CROSSWISE = (2, 6)
"""So many pages fill a sheet best that is held across when they stand upright, and the other way round."""

_WIDE = (Orientation.LANDSCAPE, Orientation.REVERSE_LANDSCAPE)
_REVERSE = (Orientation.REVERSE_LANDSCAPE, Orientation.REVERSE_PORTRAIT)


@dataclass(frozen=True, slots=True)
class Placement:
    """`left`, `top`, `width`, `height` in pixels of the paper, of the page as it stands there: after `turns` quarter
    turns counter-clockwise (0 to 3). It may go beyond the paper when it was asked to fill it or to keep its size."""

    left: int
    top: int
    width: int
    height: int
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper of `size` pixels at `dpi`."""

    size: Size
    dpi: tuple[int, int]

    @property
    def wide(self) -> bool:
        """Whether it is wider than high."""
        return self.size[0] * self.dpi[1] > self.size[1] * self.dpi[0]


@dataclass(frozen=True, slots=True)
class Cell:
    """The part of the paper that is one page's own, in pixels."""

    left: int
    top: int
    width: int
    height: int


class _Sized(Protocol):
    @property
    def size(self) -> Points: ...


P = TypeVar("P", bound=_Sized)


@dataclass(frozen=True, slots=True)
class Spot(Generic[P]):
    """A page, its cell, and where it lies within that."""

    page: P
    cell: Cell
    place: Placement


def lay_pages(pages: Iterable[P], layout: Layout, oriented: bool, sheet: Sheet) -> Iterator[Spot[P]]:
    """Where the pages of one document go, one after the other; each `layout.number_up` of them fill a side.

    `oriented`: its pages have an orientation of their own. The first page decides how its sheets are held; a page that
    lies the other way is turned in its cell if that makes it larger, unless it stands as it was asked to.
    """
    turns, cells = 0, cycle(_cut(sheet.size, layout.number_up, 0, sheet.wide))
    asked = None if oriented else layout.orientation
    for number, page in enumerate(pages):
        if number == 0:
            turns = _hold(layout, _is_wide(page.size) if asked is None else asked in _WIDE, asked, sheet)
            cells = cycle(_cut(sheet.size, layout.number_up, turns, sheet.wide))
        cell = next(cells)
        room = (cell.width, cell.height)
        yield Spot(page, cell, place_page(page.size, room, sheet.dpi, Manner(layout.scaling, turns, asked is None)))


def _hold(layout: Layout, wide: bool, asked: Orientation | None, sheet: Sheet) -> int:
    """Quarter turns counter-clockwise of what is read upright on the sheet, against the paper itself."""
    across = wide != (layout.number_up in _CROSSWISE)
    turned = across != sheet.wide and (asked is not None or layout.number_up > 1)
    return int(turned) + (2 if layout.orientation in _REVERSE else 0)


def _is_wide(page: Points) -> bool:
    return page[0] > page[1]


def _cut(paper: Size, number_up: int, turns: int, wide: bool) -> list[Cell]:
    """The cells in the order in which they are read, on a sheet that is turned that way."""
    columns, rows = _WIDE_GRIDS[number_up] if wide != bool(turns % 2) else _WIDE_GRIDS[number_up][::-1]
    across, down = (rows, columns) if turns % 2 else (columns, rows)
    cells = []
    for row, column in product(range(rows), range(columns)):
        x, y = (
            (column, row),
            (row, columns - 1 - column),
            (columns - 1 - column, rows - 1 - row),
            (rows - 1 - row, column),
        )[turns]
        left, right = (paper[0] * edge // across for edge in (x, x + 1))
        top, bottom = (paper[1] * edge // down for edge in (y, y + 1))
        cells.append(Cell(left, top, max(1, right - left), max(1, bottom - top)))
    return cells


@dataclass(frozen=True, slots=True)
class Manner:
    """How a page is put on its paper: `scaling` as asked, after `turns` quarter turns counter-clockwise; one that is
    `free` may be turned by one more."""

    scaling: Scaling = Scaling.AUTO
    turns: int = 0
    free: bool = True


_PLAIN = Manner()


def place_page(page: Points, paper: Size, dpi: tuple[int, int], manner: Manner = _PLAIN) -> Placement:
    """Put a page of `page` points on `paper` pixels at `dpi`.

    `auto`: never larger than it is, smaller only as far as the paper demands, never cropped; see `Scaling` for the
    others. A page that lies across the paper is turned counter-clockwise (as `landscape` in RFC 8011 §5.2.10), if it is
    free to and that makes it larger, or less of it is lost.
    """
    width, height = (side if _SMALLEST <= side <= _LARGEST else 0.0 for side in page)
    if not width or not height:
        width, height = _FALLBACK
    turns = manner.turns
    if turns % 2:
        width, height = height, width
    across = (width > height) != (paper[0] * dpi[1] > paper[1] * dpi[0]) and width != height
    if manner.free and across:
        upright, turned = (_fit(points, paper, dpi, manner.scaling) for points in ((width, height), (height, width)))
        if turned > upright:
            width, height, turns = height, width, (turns + 1) % 4
    return _center((width, height), Sheet(paper, dpi), manner.scaling, turns)


def paper_pixels(size: tuple[int, int], dpi: tuple[int, int]) -> Size:
    """Pixels of a paper whose (width, height) is in hundredths of a millimetre, cut down as PWG 5102.4 readers do."""
    return max(1, size[0] * dpi[0] // 2540), max(1, size[1] * dpi[1] // 2540)


def _fit(page: Points, paper: Size, dpi: tuple[int, int], scaling: Scaling) -> float:
    """The scale at which the whole page is as large as it may be: at most 1, or what fills a paper of nearly its size,
    unless it is to become larger."""
    scale = min(paper[0] * 72 / (page[0] * dpi[0]), paper[1] * 72 / (page[1] * dpi[1]))
    return scale if scale < 1 + _SNUG or scaling in (Scaling.FIT, Scaling.FILL) else 1.0


def _center(page: Points, sheet: Sheet, scaling: Scaling, turns: int) -> Placement:
    paper = sheet.size
    full = page[0] * sheet.dpi[0] / 72, page[1] * sheet.dpi[1] / 72
    if scaling is Scaling.FILL:
        scale = max(paper[0] / full[0], paper[1] / full[1])
    elif scaling is Scaling.NONE:
        scale = 1.0
    else:
        scale = _fit(page, paper, sheet.dpi, scaling)
    most = paper if scaling not in (Scaling.FILL, Scaling.NONE) else (_MOST_PIXELS, _MOST_PIXELS)
    scale = min(scale, _MOST_PIXELS / max(full))
    width, height = (min(limit, max(1, round(side * scale))) for limit, side in zip(most, full, strict=True))
    return Placement((paper[0] - width) // 2, (paper[1] - height) // 2, width, height, turns)
