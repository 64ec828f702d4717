"""Moments in words for people."""

from __future__ import annotations

from datetime import UTC, datetime


def show_moment(at: float) -> str:
    """Date and time to the minute, in this machine's zone and with its name; `at` is in seconds since the epoch."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
