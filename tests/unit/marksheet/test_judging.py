"""D8: what scanned pages come to. Each page is made from its seed: a case that fails can be made again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet import readers
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from mfp_client.marksheet.judging import judge_page
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.verdict import Rule, Verdict
from tests.support import paper
from tests.support.digitizing import MODES
from tests.support.sheets import KEY, MADE, OTHER_KEY, SheetCase, Wish, make_case

RULE = Rule(KEY, MADE)


def _judge(case: SheetCase, rule: Rule = RULE) -> Verdict:
    return judge_page(Scan(case.scanned.grey(), case.scanned.dpi), rule)


def _print(mark: Mark, key: bytes = KEY) -> Scan:
    return Scan(np.asarray(paper.draw_pdf(draw_sheet(Sheet(mark, MADE), key))), (300, 300))


@pytest.mark.parametrize(("mode", "level"), [*((mode, 1) for mode in MODES if mode != "C600"), ("F98", 0), ("C600", 0)])
def test_sheets_of_an_office_are_read(mode: str, level: int) -> None:
    case = make_case(11 + level, Wish(mode, level, "none"))
    verdict = _judge(case)
    assert (verdict.mark and verdict.mark.image_id, verdict.why) == (case.image_id, None)


@pytest.mark.parametrize("quarters", range(4))
def test_a_sheet_may_lie_any_way_round(quarters: int) -> None:
    case = make_case(5, Wish("F98", 1, "none", quarters))
    verdict = _judge(case)
    assert verdict.mark is not None
    assert verdict.mark.image_id == case.image_id


@pytest.mark.parametrize(
    ("stranger", "why"), [("nothing", "no-code"), ("other-device", "other-device"), ("forged", "forged")]
)
def test_strangers_are_told_apart(stranger: str, why: str) -> None:
    verdict = _judge(make_case(3, Wish("G200", 0, stranger, 0)))
    assert (verdict.mark, (verdict.why or "").partition(":")[0]) == (None, why)


@pytest.mark.parametrize(("digits", "why"), [("1" * 14, "foreign-codes"), ("1" * 26, "other-device")])
def test_codes_of_others_are_ignored(digits: str, why: str) -> None:
    """One of the very same form is taken for a mark of another device, and believed no more than that one."""
    page = np.full((3508, 2480), 255, np.uint8)
    code = np.asarray(paper.draw_bars(digits))
    page[130 : 130 + code.shape[0], 1000 : 1000 + code.shape[1]] = code
    verdict = judge_page(Scan(page, (300, 300)), RULE)
    assert (verdict.mark, (verdict.why or "").partition(":")[0]) == (None, why)


def test_a_sheet_past_its_last_day_says_so() -> None:
    scan = _print(Mark("12345678", MADE))
    late = judge_page(scan, Rule(KEY, date(2026, 11, 28)))
    assert (late.mark, late.why) == (None, "expired: the sheet was good until 2026-11-27")
    assert judge_page(scan, RULE).mark == Mark("12345678", MADE)


def test_nothing_is_said_of_whether_a_document_exists() -> None:
    """A signature that does not hold gets one answer, whatever number stands before it."""
    answers = {judge_page(_print(Mark(number), OTHER_KEY), RULE).why for number in ("00000000", "12345678")}
    assert len(answers) == 1


def test_every_symbol_is_listed_once_where_it_lies() -> None:
    scan = _print(Mark("12345678"))
    pixels = scan.pixels.copy()
    foreign = np.asarray(paper.draw_bars("4912345678904", "ean13"))
    pixels[2000 : 2000 + foreign.shape[0], 300 : 300 + foreign.shape[1]] = foreign
    verdict = judge_page(Scan(pixels, (300, 300)), Rule(KEY, MADE, every_symbol=True))
    payload = sign_mark(Mark("12345678"), KEY)
    assert verdict.mark == Mark("12345678")
    assert sorted((each.format, each.text) for each in verdict.symbols) == [
        ("Code128", payload), ("DataMatrix", payload), ("EAN13", "4912345678904"),
    ]  # fmt: skip
    (ean,) = [each for each in verdict.symbols if each.format == "EAN13"]
    assert (ean.x, ean.y) == pytest.approx((300 + foreign.shape[1] / 2, 2000 + foreign.shape[0] / 2), abs=25)


@pytest.mark.parametrize("quarters", range(4))
def test_places_of_symbols_are_those_of_the_file(quarters: int) -> None:
    scan = _print(Mark("12345678"))
    turned = Scan(np.ascontiguousarray(np.rot90(scan.pixels, quarters)), (300, 300))
    verdict = judge_page(turned, Rule(KEY, MADE, every_symbol=True))
    (cells,) = [each for each in verdict.symbols if each.format == "DataMatrix"]
    y, x = (axis.mean() for axis in np.nonzero(np.rot90(_box(scan.pixels.shape, 1061, 244), quarters)))
    assert (cells.x, cells.y) == pytest.approx((x, y), abs=12)


def _box(shape: tuple[int, ...], x: int, y: int) -> np.ndarray:
    spot = np.zeros(shape, bool)
    spot[y - 2 : y + 3, x - 2 : x + 3] = True
    return spot


def test_a_copy_made_smaller_in_the_middle_of_a_page_is_found() -> None:
    scan = _print(Mark("12345678"))
    pixels = np.full_like(scan.pixels, 255)
    small = np.asarray(paper.Image.fromarray(scan.pixels).resize((1860, 2631)))
    pixels[400 : 400 + small.shape[0], 200 : 200 + small.shape[1]] = small
    assert judge_page(Scan(pixels, (300, 300)), RULE).mark == Mark("12345678")


@pytest.mark.parametrize("angle", [9, 30, 133])
def test_a_sheet_that_lies_askew_on_the_glass_is_read(angle: int) -> None:
    page = paper.draw_pdf(draw_sheet(Sheet(Mark("12345678"), MADE), KEY))
    turned = page.rotate(angle, paper.Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert judge_page(Scan(np.asarray(turned), (300, 300)), RULE).mark == Mark("12345678")


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (60, 60)])
def test_scraps_hold_no_mark(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    assert judge_page(Scan(noise, (200, 200)), RULE).mark is None


def test_one_reader_alone_reads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """zbar is a library of the system that may be missing."""
    monkeypatch.setattr(readers, "_load_zbar", lambda: None)
    assert judge_page(_print(Mark("12345678")), RULE).mark == Mark("12345678")
    assert readers.read_zbar(np.zeros((9, 9), np.uint8), readers.OWN, False) == []


def test_zbar_reads_the_bars() -> None:
    (symbol,) = readers.read_zbar(_print(Mark("12345678")).pixels, readers.OWN, False)
    assert (symbol.format, symbol.text) == ("Code128", sign_mark(Mark("12345678"), KEY))
