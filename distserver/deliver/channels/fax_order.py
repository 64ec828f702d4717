"""A job on its way to a HylaFAX server, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from distwire.hylafax import Event, JobTicket


@dataclass(eq=False)
class FaxOrder:
    """A job to make: the pages of `source` from `first` (0) on, for the `number` that is dialled. `make` is given the
    name under which the server has them, and `may_go` is asked right before. `job` is its number, as soon as it has
    one; `events` is what the server tells of it, and an event without a job says that some may have been missed.
    """

    number: str
    source: Path
    first: int
    make: Callable[[str], JobTicket]
    may_go: Callable[[], bool]
    job: int | None = None
    events: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    handed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, error: BaseException | None = None) -> None:
        """Tell whoever still waits for it that it runs or never will, or what went wrong."""
        if self.handed.done():
            return
        if error is None:
            self.handed.set_result(None)
        else:
            self.handed.set_exception(error)
