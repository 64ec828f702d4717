"""How many mails of one sender are taken: a loop that all other guards miss comes to rest by it."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from distserver.errors import TooManyTries

_HOUR = 3600.0
_MOST_SENDERS = 10_000


class SendingRate:
    """Of one process. `clock` is in seconds."""

    def __init__(self, hourly: int, clock: Callable[[], float]) -> None:
        self._hourly = hourly
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, bool], deque[float]] = OrderedDict()

    def count(self, sender: str, *, proved: bool) -> None:
        """One more. What only says that it is theirs counts by itself: it must not keep them from sending. Raises
        `TooManyTries`: their server tries again later."""
        now = self._clock()
        with self._lock:
            times = self._seen.setdefault((sender, proved), deque())
            self._seen.move_to_end((sender, proved))
            while times and times[0] < now - _HOUR:
                times.popleft()
            if len(times) >= self._hourly:
                raise TooManyTries(
                    f"{self._hourly} mails have come from {sender} within an hour: send on later",
                    retry_after=times[0] + _HOUR - now,
                )
            times.append(now)
            if len(self._seen) > _MOST_SENDERS:
                self._seen.popitem(last=False)
