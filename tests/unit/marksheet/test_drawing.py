"""D7: a sheet as it is drawn, seen by other eyes than those that read it."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pypdf
import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet import layout
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from mfp_client.marksheet.symbols import encode_bars, encode_cells
from tests.support import paper

KEY = bytes(range(32))
MARK = Mark("12345678", date(2026, 12, 31))
MADE = date(2026, 11, 27)


def test_both_symbols_say_the_same() -> None:
    page = paper.draw_pdf(draw_sheet(Sheet(MARK, MADE), KEY))
    found = {each.format.name: each.text for each in zxingcpp.read_barcodes(page)}
    payload = sign_mark(MARK, KEY)
    assert found == {"Code128": payload, "DataMatrix": payload}
    assert [each.data.decode() for each in pyzbar.decode(page)] == [payload]


@pytest.mark.parametrize("start", [f"{pair:02}" for pair in range(0, 100, 11)] + ["98"])
def test_bars_say_every_pair_of_digits(start: str) -> None:
    """Two digits are one value of Code 128, and some values have a second meaning elsewhere: 99 changes the set."""
    digits = start * 13
    row = np.where(encode_bars(digits), 0, 255).astype(np.uint8)
    picture = np.pad(np.kron(row, np.ones((40, 3), np.uint8)), 40, constant_values=255)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == digits


@pytest.mark.parametrize("language", layout.LANGUAGES)
@pytest.mark.parametrize(
    "title", ["Quarterly report", "四半期報告：東京営業所", "", "x" * 500, "長" * 300, "a\x00b\nc"]
)
def test_id_title_and_dates_stand_beside_it(title: str, language: str) -> None:
    document = draw_sheet(Sheet(MARK, MADE, title, language), KEY)
    text = pypdf.PdfReader(io.BytesIO(document)).pages[0].extract_text()
    assert "1234 5678" in text
    assert "2026-11-27" in text
    assert "2026-12-31" in text
    assert title[:12].replace("\x00", " ").replace("\n", " ") in text
    assert ("…" in text) == (len(title) > 100)


def test_an_open_sheet_names_no_last_day() -> None:
    document = draw_sheet(Sheet(Mark("00000001"), MADE), KEY)
    text = pypdf.PdfReader(io.BytesIO(document)).pages[0].extract_text()
    assert "0000 0001" in text
    assert "until" not in text


def test_the_mark_lies_at_its_place_on_a_white_patch() -> None:
    black = Image.new("L", (2480, 3508), 0)
    page = np.asarray(paper.draw_pdf(draw_sheet(Sheet(MARK, MADE, page=black), KEY)))
    rows, columns = (np.nonzero(axis) for axis in ((page > 200).any(1), (page > 200).any(0)))
    edges = [rows[0][0], rows[0][-1] + 1, columns[0][0], columns[0][-1] + 1]
    top, right, width, height = layout.PATCH_TOP, layout.PATCH_RIGHT, layout.PATCH_WIDTH, layout.PATCH_HEIGHT
    expected = [top, top + height, 210 - right - width, 210 - right]
    assert [edge / 300 * 25.4 for edge in edges] == pytest.approx(expected, abs=0.2)


def test_both_symbols_keep_their_quiet_zones() -> None:
    """Ten modules beside the bars, two cells around the cells: more than the standards ask, as much as paper needs."""
    black = Image.new("L", (2480, 3508), 0)
    page = np.asarray(paper.draw_pdf(draw_sheet(Sheet(MARK, MADE, "Title" * 30, page=black), KEY)))
    dots = 300 / 25.4
    left, top = round((210 - layout.PATCH_RIGHT - layout.PATCH_WIDTH) * dots), round(layout.PATCH_TOP * dots)
    patch = page[
        top + 2 : top + round(layout.PATCH_HEIGHT * dots) - 2, left + 2 : left + round(layout.PATCH_WIDTH * dots) - 2
    ]
    dark = np.nonzero((patch < 128).any(0))[0]
    first, last = round(layout.QUIET * dots), round((layout.QUIET + layout.CELLS_SIDE) * dots)
    assert dark[0] == pytest.approx(first, abs=4)
    assert not (patch[:, last + 2 : last + round(layout.QUIET * dots) - 4] < 128).any()
    cells = np.nonzero((patch[:, :last] < 128).any(1))[0]
    assert (cells[-1] - cells[0]) / dots == pytest.approx(layout.CELLS_SIDE, abs=0.3)


def test_a_sheet_has_the_size_of_its_page() -> None:
    document = draw_sheet(Sheet(MARK, MADE, page=Image.new("L", (874, 1240), 255), size=(148, 210)), KEY)
    box = pypdf.PdfReader(io.BytesIO(document)).pages[0].mediabox
    assert (float(box.width) / 72 * 25.4, float(box.height) / 72 * 25.4) == pytest.approx((148, 210), abs=0.01)
    with pytest.raises(ValueError, match="100 x 150 mm is too small for a mark"):
        draw_sheet(Sheet(MARK, MADE, size=(100, 150)), KEY)


def test_symbols_have_the_size_that_the_layout_says() -> None:
    for number in range(50):
        payload = f"{number * 7_919_317_111_111_111_111_111:026}"[-26:]
        assert encode_bars(payload).shape == (layout.BARS,)
        assert encode_cells(payload).shape == (layout.CELLS, layout.CELLS)
    for payload in ("1" * 24, "1" * 40):
        with pytest.raises(ValueError, match="has 178 modules"):
            encode_bars(payload)
