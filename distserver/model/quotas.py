"""Quotas: how much somebody may send in a day, a week or a month, and how people write that (SPEC N1). Pure.

`jobs=20/day pages=500/week bytes=2G/month`: at most so many jobs, pages (every side on every copy at every destination)
and bytes (of documents, as they came in). A day begins at midnight in this machine's time zone, a week on Monday, a
month on its first; then the count begins anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

UNLIMITED = "unlimited"
_LIMIT = re.compile(r"(jobs|pages|bytes)=(\d{1,15})([KMGT]?)B?/(day|week|month)", re.IGNORECASE)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_EXAMPLE = "jobs=20/day pages=500/week bytes=2G/month"


class Measure(StrEnum):
    """What is counted."""

    JOBS = "jobs"
    PAGES = "pages"
    BYTES = "bytes"


class Window(StrEnum):
    """Over what time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def bounds(self, now: float, zone: tzinfo | None = None) -> tuple[float, float]:
        """Begin and end of the day, week or month that `now` lies in; `zone` None is this machine's. All in seconds
        since the epoch."""
        today = datetime.fromtimestamp(now, zone).date()
        match self:
            case Window.DAY:
                first, following = today, today + timedelta(days=1)
            case Window.WEEK:
                first = today - timedelta(days=today.weekday())
                following = first + timedelta(days=7)
            case Window.MONTH:
                first = today.replace(day=1)
                following = (first + timedelta(days=32)).replace(day=1)
        return _midnight(first, zone), _midnight(following, zone)


def _midnight(day: date, zone: tzinfo | None) -> float:
    return datetime.combine(day, time.min, zone).timestamp()


@dataclass(frozen=True, slots=True)
class Use:
    """So much was sent, or is to be sent."""

    jobs: int = 0
    pages: int = 0
    bytes: int = 0

    def of(self, measure: Measure) -> int:
        """How much by that measure."""
        return {Measure.JOBS: self.jobs, Measure.PAGES: self.pages, Measure.BYTES: self.bytes}[measure]

    def __add__(self, other: Use) -> Use:
        return Use(self.jobs + other.jobs, self.pages + other.pages, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` in each `window`."""

    measure: Measure
    amount: int
    window: Window

    def __str__(self) -> str:
        shown = _show_bytes(self.amount) if self.measure is Measure.BYTES else str(self.amount)
        return f"{self.measure}={shown}/{self.window}"


@dataclass(frozen=True, slots=True)
class Quota:
    """All limits hold; without one there is none."""

    limits: tuple[Limit, ...] = ()

    def __str__(self) -> str:
        """As `parse_quota` reads it."""
        return " ".join(map(str, self.limits)) or UNLIMITED

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows in which something is limited."""
        return tuple(window for window in Window if any(limit.window is window for limit in self.limits))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How somebody stands with one limit. `renewed` is when the count begins anew, in seconds since the epoch."""

    limit: Limit
    used: int
    renewed: float

    @property
    def left(self) -> int:
        return max(0, self.limit.amount - self.used)


def parse_quota(text: str) -> Quota:
    """`jobs=20/day pages=500/week` (also with commas), `unlimited`; nothing is unlimited too.

    Bytes may be written with K, M, G or T (of 1024). Raises `ValueError` whose words say what to write.
    """
    words = text.replace(",", " ").split()
    if [word.lower() for word in words] in ([], [UNLIMITED]):
        return Quota()
    limits = [_parse_limit(word) for word in words]
    kinds = [(limit.measure, limit.window) for limit in limits]
    twice = next((limit for limit in limits if kinds.count((limit.measure, limit.window)) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice.measure} a {twice.window} are limited twice: write one limit")
    return Quota(tuple(limits))


def _parse_limit(word: str) -> Limit:
    match = _LIMIT.fullmatch(word)
    if match is None or (match[3] and match[1].lower() != Measure.BYTES):
        raise ValueError(f"'{word[:40]}' is no limit: write for example {_EXAMPLE}, or {UNLIMITED}")
    amount = int(match[2]) << _UNITS[match[3].upper()]
    if amount >= 1 << 60:
        raise ValueError(f"'{word[:40]}' is too much to be counted: leave the limit out instead")
    return Limit(Measure(match[1].lower()), amount, Window(match[4].lower()))


def _show_bytes(amount: int) -> str:
    """The shortest exact way to write it."""
    for unit in ("T", "G", "M", "K"):
        size = 1 << _UNITS[unit]
        if amount and amount % size == 0:
            return f"{amount // size}{unit}"
    return str(amount)
