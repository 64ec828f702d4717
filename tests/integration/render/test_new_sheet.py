"""Several documents on both sides of the paper: each begins on a sheet of its own (D4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from distserver.model.documents import Document, Sides
from tests.support.documents import make_pdf, make_tiff
from tests.support.rendering import PDF_A4, Bench, duplex_class


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def three(bench: Bench) -> list[Document]:
    """One page, two pages, one page."""
    root = bench.root
    paths = (make_pdf(root / "a.pdf", 1), make_tiff(root / "b.tif", 2), make_pdf(root / "c.pdf", 1))
    return [bench.store(path) for path in paths]


@pytest.mark.parametrize(("sides", "blank"), [(Sides.LONG_EDGE, [1]), (Sides.SHORT_EDGE, [1]), (Sides.ONE_SIDED, [])])
async def test_the_back_of_a_last_page_stays_empty(
    bench: Bench, three: list[Document], sides: Sides, blank: list[int]
) -> None:
    pages = await bench.pages(three, duplex_class(sides, "rotated"))
    assert len(pages) == 4 + len(blank)
    assert [number for number, page in enumerate(pages) if page.convert("L").getextrema() == (255, 255)] == blank


@pytest.mark.parametrize(("sides", "pages"), [(Sides.LONG_EDGE, 5), (Sides.ONE_SIDED, 4)])
async def test_in_pdf_too(bench: Bench, three: list[Document], sides: Sides, pages: int) -> None:
    rendition = await bench.renderer.obtain(three, replace(PDF_A4, sides=sides))
    assert rendition.pages == pages
    with pdfium.PdfDocument(rendition.path) as document:
        assert len(document) == pages
        second = document[1].render(scale=0.2).to_pil().convert("L")
    assert (second.getextrema() == (255, 255)) == (sides is Sides.LONG_EDGE)


async def test_pictures_alone_in_pdf(bench: Bench) -> None:
    one = bench.store(make_tiff(bench.root / "one.tif", 1))
    two = bench.store(make_tiff(bench.root / "two.tif", 2))
    rendition = await bench.renderer.obtain([one, two], replace(PDF_A4, sides=Sides.LONG_EDGE))
    with pdfium.PdfDocument(rendition.path) as document:
        empty = [page.render(scale=0.2).to_pil().convert("L").getextrema() == (255, 255) for page in document]
    assert empty == [False, True, False, False]
