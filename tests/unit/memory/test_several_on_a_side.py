"""Several pages on one side of the paper (SPEC D12): which stands where, and how the sheet lies."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
import pytest
from PIL import Image

from distwire.tiff import TiffPage
from mfp_client.memory.encoding import encode_page
from mfp_client.memory.pdf import write_pdf

A4 = (827, 1169)


def _page(tone: int, size: tuple[int, int] = A4) -> TiffPage:
    return encode_page(Image.new("L", size, tone), (100.0, 100.0))


def _lay(pages: list[TiffPage], number_up: int) -> list[Image.Image]:
    """The sheets at 72 dpi."""
    out = io.BytesIO()
    write_pdf(out.write, pages, "title", number_up)
    return [sheet.render().to_pil().convert("L") for sheet in pdfium.PdfDocument(out.getvalue())]


def _tones(sheet: Image.Image, *places: tuple[float, float]) -> list[int]:
    """To the nearest ten, at places that are parts of the sheet's sides."""
    return [round(sheet.getpixel((x * sheet.width, y * sheet.height)), -1) for x, y in places]  # type: ignore[arg-type]


QUARTERS = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))


def test_one_page_has_its_own_size() -> None:
    [sheet] = _lay([_page(100)], 1)
    assert sheet.size == (596, 842)
    assert _tones(sheet, (0.01, 0.01), (0.99, 0.99)) == [100, 100]


def test_two_upright_pages_stand_beside_each_other_on_a_sheet_that_lies() -> None:
    first, second = _lay([_page(0), _page(100), _page(200)], 2)
    assert first.size == second.size == (842, 596)
    assert _tones(first, (0.25, 0.5), (0.75, 0.5)) == [0, 100]
    assert _tones(second, (0.25, 0.5), (0.75, 0.5)) == [200, 260]


def test_two_pages_that_lie_stand_one_above_the_other_on_an_upright_sheet() -> None:
    [sheet] = _lay([_page(0, A4[::-1]), _page(100, A4[::-1])], 2)
    assert sheet.size == (596, 842)
    assert _tones(sheet, (0.5, 0.25), (0.5, 0.75)) == [0, 100]


@pytest.mark.parametrize("size", [A4, A4[::-1]])
def test_four_pages_go_from_left_to_right_then_down(size: tuple[int, int]) -> None:
    sheets = _lay([_page(tone, size) for tone in (0, 50, 100, 150, 200)], 4)
    assert [_tones(sheet, *QUARTERS) for sheet in sheets] == [[0, 50, 100, 150], [200, 260, 260, 260]]
    assert all((sheet.width < sheet.height) == (size == A4) for sheet in sheets)


def test_a_page_of_another_size_keeps_its_proportions() -> None:
    [sheet] = _lay([_page(0), _page(100, (1169, 400))], 2)
    assert _tones(sheet, (0.75, 0.5), (0.75, 0.1), (0.75, 0.9)) == [100, 260, 260]
