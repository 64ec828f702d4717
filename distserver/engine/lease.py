"""A worker's lease on all that it carries: until when it may act, by a clock that goes on while the process is stopped.

A worker that others have taken for dead must do no harm when it wakes (SPEC N4): before anything that makes paper
leaves, it asks here, which costs nothing; and whatever it writes is only written while its name is on the row.
"""

from __future__ import annotations

from distserver.store.clock import steady_time

_MARGIN = 0.8  # of the lease: others must not be able to think it over before we do


class Lease:
    """Renewed by each sign of life that is on the disk; safe in all threads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds * _MARGIN
        self._until = 0.0

    def start(self) -> float:
        """The time of a sign of life that is about to be given: its lease counts from then."""
        return steady_time()

    def renew(self, started: float) -> None:
        """The sign of life that began at `started` is on the disk."""
        self._until = started + self._seconds

    def end(self) -> None:
        """Others have taken this worker for dead: nothing may leave any more."""
        self._until = 0.0

    def holds(self) -> bool:
        """The worker may act."""
        return steady_time() < self._until
