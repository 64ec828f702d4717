"""How quotas are written, and when they are renewed (N1)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.jobs.quota_words import say_amount
from distserver.model.quotas import Limit, Measure, Quota, Window, parse_quota

KINDS = st.tuples(st.sampled_from(Measure), st.sampled_from(Window))


@st.composite
def quotas(draw: st.DrawFn) -> Quota:
    kinds = draw(st.lists(KINDS, unique=True))
    return Quota(tuple(Limit(measure, draw(st.integers(0, 10**15 - 1)), window) for measure, window in kinds))


@given(quotas())
def test_what_is_written_is_read_again(quota: Quota) -> None:
    assert parse_quota(str(quota)) == quota


def test_it_is_written_as_people_do() -> None:
    quota = parse_quota("jobs=20/day, Pages=500/week BYTES=2GB/month")
    assert str(quota) == "jobs=20/day pages=500/week bytes=2G/month"
    assert quota.windows == (Window.DAY, Window.WEEK, Window.MONTH)
    assert parse_quota("") == parse_quota(" Unlimited ") == Quota()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20", "jobs=20/day"),
        ("jobs=20", "jobs=20/day"),
        ("jobs=-1/day", "jobs=20/day"),
        ("jobs=2K/day", "jobs=20/day"),
        ("pages=1/year", "jobs=20/day"),
        ("jobs=1/day unlimited", "unlimited"),
        ("jobs=1/day jobs=2/day", "limited twice"),
        ("bytes=999999999999999T/day", "too much"),
    ],
)
def test_what_is_none_is_refused_with_the_way_to_write_it(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_quota(text)


def _at(text: str, zone: ZoneInfo | None = None) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone or UTC).timestamp()


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        (Window.DAY, "2027-02-28", "2027-03-01"),
        (Window.WEEK, "2027-02-22", "2027-03-01"),
        (Window.MONTH, "2027-02-01", "2027-03-01"),
    ],
)
def test_windows_are_those_of_the_calendar(window: Window, begin: str, end: str) -> None:
    """A Sunday that is the last day of its month: all of them end together."""
    assert window.bounds(_at("2027-02-28T23:59:59"), UTC) == (_at(begin), _at(end))


def test_a_day_may_have_23_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = Window.DAY.bounds(_at("2027-03-28T12:00:00", berlin), berlin)
    assert (begin, end - begin) == (_at("2027-03-28", berlin), 23 * 3600)


@given(st.sampled_from(Window), st.integers(0, 4_000_000_000))
def test_windows_follow_each_other_without_a_gap(window: Window, now: int) -> None:
    begin, end = window.bounds(now, UTC)
    assert begin <= now < end
    assert window.bounds(end, UTC)[0] == end


@pytest.mark.parametrize(
    ("measure", "amount", "words"),
    [
        (Measure.JOBS, 1, "1 job"),
        (Measure.PAGES, 300, "300 pages"),
        (Measure.BYTES, 1, "1 byte"),
        (Measure.BYTES, 3 << 29, "1.5 GB"),
    ],
)
def test_amounts_are_said_in_words(measure: Measure, amount: int, words: str) -> None:
    assert say_amount(measure, amount) == words
