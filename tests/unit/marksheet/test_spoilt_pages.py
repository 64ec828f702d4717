"""D8: pages whose symbol is partly gone, as a scanner takes them up: read by what is left, or not at all."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from mfp_client.marksheet.filters import blur
from mfp_client.marksheet.judging import judge_page
from mfp_client.marksheet.ladder import LAST, RUNGS, climb_rung
from mfp_client.marksheet.readers import MATRIX
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.spoilt import reading
from mfp_client.marksheet.spoilt.grids import Area
from mfp_client.marksheet.spoilt.kinds import AZTEC, OWN, SHORT, Kind
from mfp_client.marksheet.spoilt.reading import read_spoilt, read_spoilt_own
from mfp_client.marksheet.spoilt.seeking import Window
from mfp_client.marksheet.verdict import Rule, Symbol, Verdict
from mfp_client.marksheet.views import WorkPage
from tests.support.half_gone import Loss, draw_half_gone, scan_half_gone
from tests.support.sheets import KEY, MADE, Wish, make_case

RULE = Rule(KEY, MADE, every_symbol=True)
TEXTS = {SHORT: "20475599130412", AZTEC: "61190380772153", OWN: "20475599130412987654321098"}


@functools.cache
def _read(kind: Kind, loss: Loss, mode: str, level: int, seed: int = 1, quarters: int = 0) -> Verdict:
    page = draw_half_gone(kind, TEXTS[kind], loss)
    return judge_page(scan_half_gone(page, mode, level, seed, quarters), RULE)


@pytest.mark.parametrize(
    ("kind", "loss", "mode"),
    [
        (SHORT, Loss(rows=3), "B300"),
        (SHORT, Loss(rows=4), "F196"),
        (SHORT, Loss(columns=4), "G200"),
        (OWN, Loss(rows=6), "B200"),
        (AZTEC, Loss(rows=2), "B300"),
        (AZTEC, Loss(columns=2), "F196"),
        (SHORT, Loss(words=(0, 2, 4, 6, 8, 10, 12)), "G300"),
        (AZTEC, Loss(words=(1, 5, 9, 13)), "G300"),
        (OWN, Loss(words=tuple(range(3, 13))), "G200"),
    ],
)
def test_what_is_gone_follows_from_what_is_left(kind: Kind, loss: Loss, mode: str) -> None:
    verdict = _read(kind, loss, mode, 0)
    assert [(each.format, each.text) for each in verdict.symbols] == [(kind.format.name, TEXTS[kind])]
    assert verdict.mark is None


@pytest.mark.parametrize("quarters", range(4))
def test_the_page_may_lie_any_way_round(quarters: int) -> None:
    verdict = _read(SHORT, Loss(rows=3), "B300", 0, 1, quarters)
    assert [each.text for each in verdict.symbols] == [TEXTS[SHORT]]


def test_the_place_is_that_of_the_symbol() -> None:
    (symbol,) = _read(SHORT, Loss(rows=3), "G300", 0).symbols
    assert (symbol.x, symbol.y) == pytest.approx((2480 - 130 - 70, 40), abs=30)


@pytest.mark.parametrize(("kind", "loss"), [(SHORT, Loss(rows=9)), (AZTEC, Loss(rows=5)), (OWN, Loss(rows=12))])
def test_what_is_not_there_is_not_made_up(kind: Kind, loss: Loss) -> None:
    assert _read(kind, loss, "B300", 0).symbols == ()


@pytest.mark.parametrize("seed", range(2))
def test_a_bad_office_may_cost_a_reading_and_never_makes_a_false_one(seed: int) -> None:
    for kind in (SHORT, AZTEC):
        assert {each.text for each in _read(kind, Loss(rows=2), "F98", 2, seed).symbols} <= {TEXTS[kind]}


def test_pages_without_a_mark_give_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does anything on them come near the limit: it is lowered here by ten bits."""
    monkeypatch.setattr(reading, "LEAST_BEYOND", reading.LEAST_BEYOND - 10)
    for seed in range(2):
        case = make_case(seed, Wish(level=2, stranger="nothing"))
        assert list(climb_rung(WorkPage(Scan(case.scanned.grey(), case.scanned.dpi)), LAST, every_symbol=True)) == []


def test_a_page_with_a_text_of_the_form_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search takes seconds, and there is nothing more to be found."""
    looked: list[bool] = []

    def look(area: Area, _kind: Kind, window: Window) -> list[Symbol]:
        looked.append(window.right == area.pixels.shape[1])
        return []

    monkeypatch.setattr(reading, "_read_kind", look)
    assert [each.text for each in _read.__wrapped__(SHORT, Loss(), "B300", 0).symbols] == [TEXTS[SHORT]]
    assert not any(looked)
    _read.__wrapped__(SHORT, Loss(rows=4), "B300", 0)
    assert any(looked)


@pytest.mark.parametrize("shape", [(49, 49), (60, 900), (300, 50)])
def test_pictures_of_any_shape_are_no_trouble(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    assert read_spoilt(blur(1)(noise), MATRIX, False) == []
    assert read_spoilt(np.full(shape, 255, np.uint8), MATRIX, False) == []
    assert all(rung.reader is not read_spoilt for rung in RUNGS)


@pytest.mark.parametrize(("seed", "mode"), [(5061, "B300"), (5072, "F196"), (5075, "F98")])
def test_own_sheets_that_no_reader_can_read_are_read(seed: int, mode: str) -> None:
    """Of 22 sheets of the worst level on which every other look fails, six are read by the modules of their cells."""
    case = make_case(seed, Wish(level=3, stranger="none"))
    assert case.mode == mode
    scan = Scan(case.scanned.grey(), case.scanned.dpi)
    others = [rung for rung in RUNGS if rung.reader is not read_spoilt_own]
    page = WorkPage(scan)
    assert case.payload not in [each.text for rung in others for each in climb_rung(page, rung, every_symbol=False)]
    verdict = judge_page(scan, Rule(KEY, MADE))
    assert verdict.mark is not None
    assert verdict.mark.image_id == case.image_id


def test_the_cells_of_a_stranger_without_bars_stay_a_strangers() -> None:
    """What follows from the modules is judged by its signature like any other reading."""
    case = make_case(3, Wish("G300", 0, "other-device", 0))
    pixels = case.scanned.grey().copy()
    pixels[: round(30 / 25.4 * 300), round(100 / 25.4 * 300) :] = 255  # the bars are gone
    verdict = judge_page(Scan(pixels, case.scanned.dpi), Rule(KEY, MADE))
    assert (verdict.mark, (verdict.why or "").partition(":")[0]) == (None, "other-device")
