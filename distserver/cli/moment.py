"""Times as people type them: `+2h`, `18:00`, `2026-04-01T09:00`, RFC 3339 with an offset."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import click

_AHEAD = re.compile(r"\+(\d{1,6})([smhd])\Z")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_moment(text: str, now: datetime) -> datetime:
    """The moment that is meant; without an offset, in the zone of `now`. Raises `ValueError`.

    A time of day is its next occurrence.
    """
    if ahead := _AHEAD.match(text):
        return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
    if clock := _CLOCK.match(text):
        today = datetime.combine(now.date(), time(int(clock[1]), int(clock[2])), now.tzinfo)
        return today if today > now else today + timedelta(days=1)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


class _Moment(click.ParamType[str]):
    """Gives RFC 3339 text."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return read_moment(str(value).strip(), datetime.now().astimezone()).isoformat()
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is no time: write +30m, +2h, +1d, 18:00 or 2026-04-01T09:00", param, ctx)


MOMENT = _Moment()
