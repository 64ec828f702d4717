"""That a program is to end: told by a signal or by a thread of its own, waited for by its main thread."""

from __future__ import annotations

import contextlib
import queue
import signal
import time
from collections.abc import Iterator

_LOOK_SECONDS = 1.0


class Ending:
    """What `threading.Event` is no good for: its lock may be held by what a signal's handler interrupts, be it the wait
    or another handler, which then waits for it for ever. A `SimpleQueue` takes what comes at any point."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()

    def tell(self) -> None:
        """It is to end. For any thread, and for a signal's handler."""
        self._told.put(None)

    @property
    def is_told(self) -> bool:
        """Whether it is to end."""
        return not self._told.empty()

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is told, or for so long: whether it was. It looks up now and then: on Windows a wait keeps signals
        off."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = _LOOK_SECONDS if until is None else min(until - time.monotonic(), _LOOK_SECONDS)
            with contextlib.suppress(queue.Empty):
                self._told.get(timeout=max(left, 0))
                self._told.put(None)
                return True
            if until is not None and time.monotonic() >= until:
                return False


@contextlib.contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """What SIGTERM and Ctrl-C tell in the block. Main thread only."""
    ending = Ending()
    before = {number: signal.signal(number, lambda *_: ending.tell()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
