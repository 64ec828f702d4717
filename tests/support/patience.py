"""Waiting in tests for what comes by itself, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_SECONDS = 120.0


def wait_until(true: Callable[[], bool], say: Callable[[], object] = lambda: "it did not come") -> None:
    """Until that is so; `say` tells what was found instead."""
    until = time.monotonic() + MOST_SECONDS
    while not true():
        assert time.monotonic() < until, say()
        time.sleep(0.05)
