"""Who stands at the panel: one person at a time, logged out when nothing is touched for a while (SPEC D5)."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mfp_client.panel.log_in import Arrival
from mfp_client.works.person import Person

_WARNING_SECONDS = 20


def warning_of(idle_seconds: int) -> int:
    """How many seconds before log-out the screen warns."""
    return min(_WARNING_SECONDS, idle_seconds // 2)


@dataclass(slots=True)
class Seat:
    """Somebody at the panel. `token` is what their screen shows; `active` when they last did something."""

    arrival: Arrival
    token: str
    active: float

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.arrival.person


class Seats:
    """At most one seat is taken. Whoever logs in takes it from whoever left it."""

    def __init__(self, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._seat: Seat | None = None

    def take(self, arrival: Arrival) -> Seat:
        """Somebody logs in."""
        seat = Seat(arrival, secrets.token_urlsafe(24), self._clock())
        with self._lock:
            self._seat = seat
        return seat

    def find(self, token: str) -> Seat | None:
        """The seat of the screen that shows this token, if it is still theirs."""
        with self._lock:
            seat = self._seat
            if seat is None or not hmac.compare_digest(seat.token.encode(), token.encode()):
                return None
            return seat

    @property
    def user(self) -> str | None:
        """Who has the seat; None when nobody has."""
        seat = self._seat
        return None if seat is None else seat.person.name

    def touch(self, seat: Seat, ago: float = 0.0) -> None:
        """Somebody did something, so many seconds ago; what they did later counts."""
        seat.active = max(seat.active, self._clock() - ago)

    def leave(self, only: Seat | None = None) -> Seat | None:
        """Free the seat, or free it if it is still `only`; who had it."""
        with self._lock:
            if only is not None and self._seat is not only:
                return None
            seat, self._seat = self._seat, None
            return seat

    def leave_idle(self, seen: float | None = None) -> Seat | None:
        """Free the seat if nothing was touched for too long, nor seen of the device at work since `seen` (of the
        clock); who had it then."""
        with self._lock:
            seat = self._seat
            if seat is None:
                return None
            last = seat.active if seen is None else max(seat.active, seen)
            if self._clock() - last < self._idle_seconds:
                return None
            self._seat = None
            return seat
