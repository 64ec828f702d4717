"""That a program is to end: told by a signal or by a thread of its own, waited for by its main thread."""

from __future__ import annotations

import contextlib
import math
import queue
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

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
        until = time.monotonic() + (math.inf if seconds is None else seconds)
        while True:
            left = max(until - time.monotonic(), 0)
            with contextlib.suppress(queue.Empty):
                self._told.get(timeout=min(left, _LOOK_SECONDS))
                self._told.put(None)
                return True
            if left <= _LOOK_SECONDS:
                return False


@contextlib.contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """What SIGTERM and Ctrl-C tell in the block. Main thread only."""
    ending = Ending()
    with handled(lambda *_: ending.tell(), signal.SIGTERM, signal.SIGINT):
        yield ending


@contextlib.contextmanager
def handled(handler: Callable[[int, FrameType | None], object], *numbers: signal.Signals) -> Iterator[None]:
    """`handler` is called for these signals in the block, and what was before it afterwards. Main thread only."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
