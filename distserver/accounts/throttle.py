"""A growing delay after wrong passwords and tokens; kept in memory, bounded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from distserver.errors import TooManyTries


@dataclass(slots=True)
class _Tally:
    failures: int = 0
    until: float = 0.0
    latest: float = 0.0


class Throttle:
    """Counts tries by key (a name and where it comes from).

    The first `free` cost nothing; each further one closes the key for twice as long as the one before, up to
    `longest` seconds; after `forget` seconds without any, all is forgotten. A try is counted before it is known how it
    ends, so that many at once gain nothing.
    """

    def __init__(
        self,
        *,
        free: int = 5,
        longest: float = 300.0,
        forget: float = 900.0,
        keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._longest, self._forget, self._keys, self._clock = free, longest, forget, keys, clock
        self._tallies: OrderedDict[Hashable, _Tally] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: Hashable) -> None:
        """Raises `TooManyTries` while the key is closed; counts nothing."""
        with self._lock:
            self._refuse_closed(self._tallies.get(key))

    def attempt(self, key: Hashable) -> None:
        """Count one try. Raises `TooManyTries` while the key is closed."""
        with self._lock:
            tally = self._tallies.setdefault(key, _Tally())
            self._tallies.move_to_end(key)
            if len(self._tallies) > self._keys:
                self._tallies.popitem(last=False)
            self._refuse_closed(tally)
            now = self._clock()
            tally.failures = 1 if now - tally.latest > self._forget else tally.failures + 1
            tally.latest = now
            if tally.failures > self._free:
                pause = min(2.0 ** min(tally.failures - self._free - 1, 30), self._longest)
                tally.until = now + pause

    def succeed(self, key: Hashable) -> None:
        """The try was a right one: forget the wrong ones before it."""
        with self._lock:
            self._tallies.pop(key, None)

    def _refuse_closed(self, tally: _Tally | None) -> None:
        left = 0.0 if tally is None else tally.until - self._clock()
        if left > 0:
            raise TooManyTries(f"too many wrong tries: wait {max(1, round(left))} s, then try again", retry_after=left)
