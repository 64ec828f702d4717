"""Words for people who run the installation: what happened by itself, and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind` is what happened to `object` (`destination-suspended` …), `at` in seconds since the epoch."""

    at: float
    kind: str
    object: str
    name: str
    message: str
