"""A timer for deadlines that nearly always move away before they are reached."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class LazyTimer:
    """Rings at the earliest time that it was told to watch: who hears it looks whether the deadline has moved.

    Moving a deadline away costs nothing, then.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._hear = ring
        self._handle: asyncio.TimerHandle | None = None
        self._due = math.inf
        """Kept here: the handle of uvloop does not always say it, and rounds it."""

    def watch(self, due: float) -> None:
        """Ring at this time of the loop, or before."""
        if due < self._due:
            self.cancel()
            self._due, self._handle = due, self._loop.call_at(due, self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._handle is not None:
            self._handle.cancel()
        self._due, self._handle = math.inf, None

    def _ring(self) -> None:
        self._due, self._handle = math.inf, None
        self._hear()
