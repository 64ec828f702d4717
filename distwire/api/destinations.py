"""Destinations in trouble (SPEC N4)."""

from __future__ import annotations

from pydantic import Field

from distwire.api.base import Message, Request, Time


class Troubled(Message):
    """A destination that failed last time: so often in a row, for which reason, in which words. When it is
    `suspended` nothing is sent there; `next_try` is when it is tried, or asked how it is, by itself."""

    uri: str
    suspended: Time | None = None
    since: Time | None = None
    next_try: Time | None = None
    failures: int
    reason: str
    message: str


class TroubledList(Message):
    """The suspended first, then those longest in trouble; at most 500."""

    destinations: list[Troubled]


class Reopening(Request):
    """Which destination: its name, or its address in any form that a group's line may have."""

    address: str = Field(min_length=1, max_length=1024)
