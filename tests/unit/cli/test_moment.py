"""Times as people type them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from distserver.cli.moment import read_moment

JST = timezone(timedelta(hours=9))
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=JST)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+90s", "2026-04-01T12:01:30+09:00"),
        ("+2h", "2026-04-01T14:00:00+09:00"),
        ("+1d", "2026-04-02T12:00:00+09:00"),
        ("18:30", "2026-04-01T18:30:00+09:00"),
        ("9:00", "2026-04-02T09:00:00+09:00"),
        ("2026-04-03T08:00", "2026-04-03T08:00:00+09:00"),
        ("2026-04-03T08:00:00Z", "2026-04-03T08:00:00+00:00"),
    ],
)
def test_what_is_meant(text: str, meant: str) -> None:
    assert read_moment(text, NOW).isoformat() == meant


@pytest.mark.parametrize("text", ["", "soon", "25:00", "+2", "+2w", "tomorrow"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        read_moment(text, NOW)
