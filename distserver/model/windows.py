"""When a destination may be sent to: `window=08:00-18:00`, as a line of a group file or of the registry says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24):([0-5][0-9])\Z")
_URGENT = "urgent"
_DAYS_AHEAD = 2


class WindowError(ValueError):
    """The text says no times of the day; the message says how they are written."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a minute of the day to another, which may be one of the next day. The end is not part of it."""

    first: int
    end: int

    def find_start(self, day: date, zone: tzinfo | None) -> tuple[float, float]:
        """When the span of that day begins and ends, in seconds since the epoch."""
        over = 1440 if self.end <= self.first else 0
        return _moment(day, self.first, zone), _moment(day, self.end + over, zone)


@dataclass(frozen=True, slots=True)
class Window:
    """Times of the day at which deliveries may begin, in the time of `zone` (None: of the machine).

    `urgent`: urgent jobs do not wait for them.
    """

    spans: tuple[Span, ...]
    zone: str | None = None
    urgent: bool = False

    def next_start(self, now: float) -> float:
        """The first moment from `now` on at which a delivery may begin, in seconds since the epoch."""
        zone = None if self.zone is None else ZoneInfo(self.zone)
        today = datetime.fromtimestamp(now, zone).date()
        days = [today + timedelta(days=number) for number in range(-1, _DAYS_AHEAD)]
        found = [span.find_start(day, zone) for day in days for span in self.spans]
        return min(max(start, now) for start, end in found if end > now)


def parse_window(text: str) -> Window:
    """Read `HH:MM-HH:MM[,…][,urgent][@ZONE]`. Raises `WindowError`."""
    times, at, zone = text.partition("@")
    words = [word.strip() for word in times.split(",")]
    spans = tuple(_parse_span(word) for word in words if word != _URGENT)
    if not spans:
        raise WindowError("a window needs a time: write it as 08:00-18:00")
    if at:
        _check_zone(zone)
    return Window(spans, zone if at else None, _URGENT in words)


def is_window(text: str) -> bool:
    """Whether the text can be read as one."""
    try:
        parse_window(text)
    except WindowError:
        return False
    return True


def find_window(options: Sequence[tuple[str, str]], key: str = "window") -> Window | None:
    """The window among a destination's options: the last one of that name that makes sense."""
    return next((parse_window(text) for name, text in reversed(options) if name == key and is_window(text)), None)


def _parse_span(word: str) -> Span:
    match = _SPAN.match(word)
    if match is None:
        raise WindowError(f"'{word}' is no span of the day: write it as 08:00-18:00")
    first, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if end > 1440 or first == end:
        raise WindowError(f"'{word}' is no span of the day: write it as 08:00-18:00, the whole day as 00:00-24:00")
    return Span(first, end)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WindowError(f"'{name}' is no time zone: write it as Asia/Tokyo") from error


def _moment(day: date, minute: int, zone: tzinfo | None) -> float:
    days, minute = divmod(minute, 1440)
    local = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC).timestamp()
