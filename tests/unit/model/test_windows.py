"""Times of the day at which deliveries begin."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.windows import WindowError, find_window, parse_window

TOKYO = ZoneInfo("Asia/Tokyo")


def at(hour: int, minute: int = 0, day: int = 3) -> float:
    return datetime(2026, 3, day, hour, minute, tzinfo=TOKYO).timestamp()


@pytest.mark.parametrize(
    ("text", "now", "start"),
    [
        ("08:00-18:00@Asia/Tokyo", at(7), at(8)),
        ("08:00-18:00@Asia/Tokyo", at(8), at(8)),
        ("08:00-18:00@Asia/Tokyo", at(17, 59), at(17, 59)),
        ("08:00-18:00@Asia/Tokyo", at(18), at(8, day=4)),
        ("22:00-06:00@Asia/Tokyo", at(5), at(5)),
        ("22:00-06:00@Asia/Tokyo", at(6), at(22)),
        ("22:00-06:00@Asia/Tokyo", at(23), at(23)),
        ("13:00-18:00,08:00-12:00@Asia/Tokyo", at(12, 30), at(13)),
        ("00:00-24:00@Asia/Tokyo", at(0), at(0)),
    ],
)
def test_next_start(text: str, now: float, start: float) -> None:
    assert parse_window(text).next_start(now) == start


def test_the_hour_that_a_clock_skips_is_no_trap() -> None:
    """Berlin, 29 March 2026: 02:00 does not come; the window opens when the clock says three."""
    window = parse_window("02:30-05:00@Europe/Berlin")
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC).timestamp()
    start = datetime.fromtimestamp(window.next_start(before), UTC)
    assert (start.hour, start.minute) in ((1, 30), (0, 30))


@pytest.mark.parametrize(
    "text", ["", "8:00-18:00", "08:00", "24:00-25:00", "08:00-08:00", "urgent", "08:00-18:00@Mars/X", "08:00-24:30"]
)
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(WindowError):
        parse_window(text)


def test_urgent_among_the_times() -> None:
    assert parse_window("08:00-18:00,urgent").urgent
    assert not parse_window("08:00-18:00").urgent


def test_the_last_that_makes_sense_counts() -> None:
    options = (("window", "08:00-09:00"), ("window", "nonsense"))
    assert find_window(options) == parse_window("08:00-09:00")
    assert find_window(options, "off-peak") is None


@given(st.integers(0, 1439), st.integers(1, 1439), st.integers(0, 10**9))
def test_the_next_start_is_inside_and_never_far(first: int, length: int, now: int) -> None:
    end = (first + length) % 1440
    window = parse_window(f"{first // 60:02}:{first % 60:02}-{end // 60:02}:{end % 60:02}@UTC")
    start = window.next_start(float(now))
    assert now <= start <= now + 86400
    minute = int(start) // 60 % 1440
    assert (minute - first) % 1440 < length
