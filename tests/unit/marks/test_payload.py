"""D7, D8: what a mark says, and whom it is believed from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distwire.marks import FORM, Finding, Mark, judge_payload, sign_mark

KEY, OTHER = bytes(32), b"\1" * 32
TODAY = date(2026, 11, 27)
IDS = st.integers(0, 10**8 - 1).map("{:08}".format)
DAYS = st.none() | st.dates(date(2025, 1, 1), date(2052, 1, 1))
MARKS = st.builds(Mark, IDS, DAYS)


@given(MARKS, st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read_back(mark: Mark, key: bytes) -> None:
    payload = sign_mark(mark, key)
    judgement = judge_payload(payload, key, date(2025, 1, 1))
    assert FORM.fullmatch(payload)
    assert (judgement.finding, judgement.mark) == (Finding.GENUINE, mark)


@given(MARKS, st.integers(0, 25), st.integers(1, 9))
def test_no_digit_can_be_altered(mark: Mark, place: int, by: int) -> None:
    payload = sign_mark(mark, KEY)
    altered = payload[:place] + str((int(payload[place]) + by) % 10) + payload[place + 1 :]
    judgement = judge_payload(altered, KEY, TODAY)
    assert judgement.mark is None
    assert judgement.finding is (Finding.OTHER_DEVICE if 12 <= place < 16 else Finding.FORGED)


@given(MARKS, st.binary(min_size=32, max_size=32))
def test_a_mark_of_another_device_is_told_as_such(mark: Mark, key: bytes) -> None:
    payload = sign_mark(mark, key)
    assume(payload[12:16] != sign_mark(mark, KEY)[12:16])
    assert judge_payload(payload, KEY, TODAY).finding is Finding.OTHER_DEVICE


@given(st.text(max_size=40))
def test_whatever_is_no_mark_is_foreign(text: str) -> None:
    assume(not FORM.fullmatch(text))
    assert judge_payload(text, KEY, TODAY).finding is Finding.FOREIGN


@pytest.mark.parametrize("text", ["", "1" * 25, "1" * 27, "１" * 26, "١" * 26, "1" * 26 + "\n", " " + "1" * 25])
def test_only_26_ascii_digits_have_the_form(text: str) -> None:
    assert judge_payload(text, KEY, TODAY).finding is Finding.FOREIGN


def test_a_sheet_is_good_through_its_last_day() -> None:
    mark = Mark("12345678", TODAY)
    payload = sign_mark(mark, KEY)
    assert judge_payload(payload, KEY, TODAY).finding is Finding.GENUINE
    late = judge_payload(payload, KEY, TODAY + timedelta(1))
    assert (late.finding, late.mark) == (Finding.EXPIRED, mark)


def test_a_sheet_without_a_last_day_is_good_for_ever() -> None:
    assert judge_payload(sign_mark(Mark("00000000"), KEY), KEY, date(9999, 1, 1)).finding is Finding.GENUINE


def test_the_format_stays_as_printed() -> None:
    """Sheets lie in drawers for years: the digits of one that was printed once must be made again."""
    assert sign_mark(Mark("12345678", date(2026, 12, 31)), bytes(range(32))) == "12345678073022416752815216"


@pytest.mark.parametrize("image_id", ["", "1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_an_image_id_has_eight_digits(image_id: str) -> None:
    with pytest.raises(ValueError, match="8 digits"):
        Mark(image_id)


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2053, 1, 1)])
def test_a_last_day_out_of_range_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match="expires between 2025-01-01 and"):
        Mark("12345678", day)
