"""Pages of PDF laid on sheets of paper: each becomes a form that is drawn in its cell (PDF 1.7 §8.10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pikepdf

from distserver.errors import DocumentRefused
from distserver.model.documents import RenditionClass
from distserver.render.outputs.sides import A4_SIZE, Plan
from distserver.render.placement import Cell, Placement, Points, Sheet, Spot, lay_pages
from distserver.render.sources.pdf import DAMAGED
from distwire.pdf.pictures import Box

_POINT_GRID = 7200
"""Hundredths of a point to the inch: the geometry of pixels, used on paper without pixels."""

BROKEN = (
    pikepdf.PdfError,
    pikepdf.ForeignObjectError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    RuntimeError,
)
"""What pikepdf raises at a PDF whose objects are not what they should be."""


@dataclass(frozen=True, slots=True)
class Part:
    """A document as a PDF of its own: its file, and which of its pages (from 0) are wanted.

    `oriented`: its pages have an orientation of their own, see `PageSource`.
    """

    path: Path
    pages: Sequence[int]
    oriented: bool


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page as a form: `box` is what is seen of it, in the form's own units."""

    form: pikepdf.Object
    box: pikepdf.Rectangle

    @property
    def size(self) -> Points:
        """(width, height) in points, as it is read."""
        return float(self.box.width), float(self.box.height)


def write_sheets(parts: Sequence[Part], plan: Plan, klass: RenditionClass, output: Path) -> int:
    """Lay the pages of all parts on sheets of the class's paper; the number of sides. Raises `DocumentRefused`."""
    paper = to_points(klass.media_size or A4_SIZE)
    try:
        with ExitStack() as stack, pikepdf.new() as whole:
            for number, part in enumerate(parts):
                if not part.pages:
                    continue
                document = stack.enter_context(pikepdf.open(part.path))
                document.flatten_annotations("print")
                pages = (_make_form(whole, document.pages[index]) for index in part.pages)
                spots = lay_pages(pages, klass.layout, part.oriented, to_grid(paper))
                for _ in range(plan.sides[number]):
                    _add_side(whole, islice(spots, klass.layout.number_up), paper)
                keep_layers(document, whole)
                if plan.needs_back(number):
                    whole.add_blank_page(page_size=paper)
            whole.save(output)
    except BROKEN as error:
        raise DocumentRefused(DAMAGED) from error
    return plan.total


def keep_layers(document: pikepdf.Pdf, whole: pikepdf.Pdf) -> None:
    """Take over which layers are shown, from the first document that has any: without it, all would be."""
    layers = document.Root.get("/OCProperties")
    if layers is not None and "/OCProperties" not in whole.Root:
        whole.Root.OCProperties = whole.copy_foreign(document.make_indirect(layers))


def to_points(media_size: tuple[int, int]) -> Points:
    """Hundredths of a millimetre in points."""
    return media_size[0] * 72 / 2540, media_size[1] * 72 / 2540


def to_grid(paper: Points) -> Sheet:
    """The paper in hundredths of a point."""
    return Sheet((round(paper[0] * 100), round(paper[1] * 100)), (_POINT_GRID, _POINT_GRID))


def to_box(place: Placement, cell: Cell, paper: Points) -> Box:
    """A place within its cell, on that grid, as the geometry of PDF: points, from the lower left corner."""
    left, top = cell.left + place.left, cell.top + place.top
    bottom = round(paper[1] * 100) - top - place.height
    return Box(paper, left / 100, bottom / 100, place.width / 100, place.height / 100, place.turns)


def _make_form(whole: pikepdf.Pdf, page: pikepdf.Page) -> FormPage:
    form = whole.copy_foreign(page.as_form_xobject())
    media, crop = pikepdf.Rectangle(page.mediabox), pikepdf.Rectangle(page.cropbox)
    seen = media & crop if media & crop != media and _has_area(media & crop) else media
    form.BBox = seen.as_array()
    matrix = pikepdf.Matrix(form.Matrix) if "/Matrix" in form else pikepdf.Matrix()
    box = matrix.transform(seen)
    if not _has_area(box):
        raise ValueError("a page without area")
    return FormPage(form, box)


def _has_area(box: pikepdf.Rectangle) -> bool:
    return box.width > 0 and box.height > 0


def _add_side(whole: pikepdf.Pdf, side: Iterable[Spot[FormPage]], paper: Points) -> None:
    forms, drawing = pikepdf.Dictionary(), []
    for number, spot in enumerate(side):
        forms[f"/P{number}"] = spot.page.form
        cell = to_box(Placement(0, 0, spot.cell.width, spot.cell.height), spot.cell, paper)
        clip = f"{cell.left:.2f} {cell.bottom:.2f} {cell.width:.2f} {cell.height:.2f} re W n"
        matrix = " ".join(f"{value:.6f}" for value in _map(spot.page.box, to_box(spot.place, spot.cell, paper)))
        drawing.append(f"q {clip} {matrix} cm /P{number} Do Q")
    page = whole.add_blank_page(page_size=paper)
    page.Resources = pikepdf.Dictionary(XObject=forms)
    page.Contents = whole.make_stream("\n".join(drawing).encode())


def _map(seen: pikepdf.Rectangle, box: Box) -> tuple[float, ...]:
    """The transformation that brings `seen` onto `box`."""
    a, b, c, d, e, f = box.coefficients
    width, height = float(seen.width), float(seen.height)
    x, y = float(seen.llx) / width, float(seen.lly) / height
    return a / width, b / width, c / height, d / height, e - a * x - c * y, f - b * x - d * y
