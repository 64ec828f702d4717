"""How many jobs of one client may wait for their documents at once: Create-Job costs little, and each stays a while."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable

from distserver.intake.ipp.gate import Visitor
from distserver.jobs.incoming import IppJob
from distwire.ipp.enums import Status
from distwire.ipp.forwarded import name_peer
from distwire.ipp.service import Refusal


class OpenJobs:
    """`most` for each user, and for all guests of one address: what name a guest gives tells nothing.

    `still_open` answers which of some jobs are open yet. What was open before a restart is not counted: it ends by its
    own time-out.
    """

    def __init__(self, still_open: Callable[[Iterable[int]], set[int]], most: int) -> None:
        self._still_open = still_open
        self._most = most
        self._lock = threading.Lock()
        self._tokens = itertools.count(-1, -1)
        self._numbers: dict[tuple[bool, str], set[int]] = {}

    def create(self, visitor: Visitor, make: Callable[[], IppJob]) -> IppJob:
        """The job that `make` creates. Raises `Refusal`, without making it, when the client has too many already."""
        owner = (visitor.known, visitor.actor.name if visitor.known else name_peer(visitor.peer))
        token = self._take(owner)
        number = None
        try:
            found = make()
            number = found.row.number
            return found
        finally:
            self._settle(owner, token, number)

    def _take(self, owner: tuple[bool, str]) -> int:
        if not self._has_room(owner):
            self._look(owner)
        with self._lock:
            there = self._numbers.setdefault(owner, set())
            if len(there) >= self._most:
                words = f"{self._most} of your jobs wait for documents already: send those, or cancel the jobs, first"
                raise Refusal(Status.TOO_MANY_JOBS, words)
            token = next(self._tokens)
            there.add(token)
            return token

    def _has_room(self, owner: tuple[bool, str]) -> bool:
        with self._lock:
            return len(self._numbers.get(owner, ())) < self._most

    def _look(self, owner: tuple[bool, str]) -> None:
        """Forget those that are open no more."""
        with self._lock:
            asked = {number for number in self._numbers.get(owner, ()) if number > 0}
        over = asked - self._still_open(asked)
        with self._lock:
            if owner in self._numbers:  # a creation that failed meanwhile may have been the last
                self._numbers[owner] -= over

    def _settle(self, owner: tuple[bool, str], token: int, number: int | None) -> None:
        """The place that was taken becomes the job's, or is free again."""
        with self._lock:
            there = self._numbers[owner]
            there.discard(token)
            if number is not None:
                there.add(number)
            if not there:
                del self._numbers[owner]
