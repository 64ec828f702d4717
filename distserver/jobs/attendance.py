"""PCs that ask for their letters: who is there, and how those that find nothing wait (SPEC D14).

A few may wait on the open connection, each of which costs the web server a thread. All others are told after how many
seconds to ask again: the more there are, the later, so that all together ask some forty times a second at most. When
each was heard of is kept in memory, and written for all of them together now and then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from distserver.errors import LaterError
from distserver.jobs.lanes import reopen
from distserver.model.lanes import Lane
from distserver.model.letters import Attendance
from distserver.model.states import Reason
from distserver.store import deliveries, lanes, letters
from distserver.store.database import Database

log = logging.getLogger(__name__)

LONGEST_WAIT = 25.0
QUESTIONS_PER_SECOND = 40
_SOONEST, _LATEST = 2.0, 60.0
_GRACE_SECONDS = 20.0
"""A PC that is so late is taken to be off."""
_LOOK_SECONDS, _WRITE_SECONDS = 0.5, 5.0
_MISSED = (Reason.PC_AWAY, Reason.PC_NEVER_CAME)


class AttendanceList:
    """Of one web process, for any number of threads. `wake` rings for the workers."""

    def __init__(
        self, database: Database, wake: Callable[[], None], clock: Callable[[], float], places: int = 4
    ) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._places = places
        self._lock = threading.Condition()
        self._seen: dict[str, Attendance] = {}
        self._unwritten: set[str] = set()
        self._waiting: dict[str, int] = {}
        self._called: set[str] = set()
        self._ended = False
        self._thread: threading.Thread | None = None

    def arrive(self, pc: str) -> float:
        """A PC asks: it is there. Answers after how many seconds it should ask again when there is nothing for it.

        Of one that was away the workers hear at once. Raises `LaterError`.
        """
        now = self._clock()
        with self._lock:
            self._start()
            present = sum(one.until > now for one in self._seen.values())
            pause = min(max(present / QUESTIONS_PER_SECOND, _SOONEST), _LATEST)
            before = self._seen.get(pc)
            one = Attendance(pc, now, now + LONGEST_WAIT + pause + _GRACE_SECONDS)
            self._seen[pc] = one
            self._unwritten.add(pc)
        if before is None or before.until < now or self._is_missed(pc):
            self._welcome(one)
        return pause

    def wait(self, pc: str, seconds: float) -> bool:
        """Until there is a letter for the PC (True), time is up or no place is left to wait in."""
        until = time.monotonic() + min(seconds, LONGEST_WAIT)
        with self._lock:
            if sum(self._waiting.values()) >= self._places:
                return False
            self._waiting[pc] = self._waiting.get(pc, 0) + 1
            try:
                while pc not in self._called and not self._ended:
                    left = until - time.monotonic()
                    if left <= 0:
                        return False
                    self._lock.wait(min(left, _LOOK_SECONDS))
                return not self._ended
            finally:
                self._waiting[pc] -= 1
                if not self._waiting[pc]:
                    del self._waiting[pc]
                    self._called.discard(pc)

    def let_go(self) -> None:
        """Answer all who wait, and let nobody wait any more; may be called by a signal's handler."""
        self._ended = True

    def close(self) -> None:
        """Let all go, and write who was there."""
        self.let_go()
        if self._thread is not None:
            self._thread.join()

    def _is_missed(self, pc: str) -> bool:
        """A letter was not taken, so that others wait for the PC, which is there all the same."""
        with self._database.read() as connection:
            lane = lanes.find_lane(connection, pc)
        return lane is not None and lane.trouble in _MISSED and _is_closed(lane, self._clock())

    def _welcome(self, one: Attendance) -> None:
        """It was away, or this process has just started: what waits for it need not wait any longer."""
        with self._database.begin() as connection:
            before = letters.find_attendance(connection, one.pc)
            letters.write_attendances(connection, [one])
            lane = lanes.find_lane(connection, one.pc)
            missed = lane is not None and _is_closed(lane, one.seen)
            if before is not None and before.until > one.seen and not missed:
                return
            if missed:
                after = reopen(lanes.lock_lanes(connection, [one.pc])[one.pc], one.seen)
                lanes.write_lane(connection, after)
                lanes.tell_waiting(connection, after, one.seen)
                deliveries.bring_retries_forward(connection, one.pc, one.seen)
        log.info("pc-arrived", {"pc": one.pc})
        self._wake()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="attendance", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        written = time.monotonic()
        while not self._ended:
            try:
                self._call_waiting()
                if time.monotonic() - written > _WRITE_SECONDS:
                    written = time.monotonic()
                    self._write()
            except LaterError as error:
                log.debug("letters-unseen", {"error": str(error)})
            time.sleep(_LOOK_SECONDS)
        try:
            self._write()
        except LaterError as error:
            log.debug("attendance-unwritten", {"error": str(error)})

    def _call_waiting(self) -> None:
        with self._lock:
            waiting = set(self._waiting)
        if not waiting:
            return
        with self._database.read() as connection:
            found = letters.offered_to(connection, waiting)
        if found:
            with self._lock:
                self._called |= found & set(self._waiting)
                self._lock.notify_all()

    def _write(self) -> None:
        with self._lock:
            fresh = [self._seen[pc] for pc in sorted(self._unwritten)]
            self._unwritten.clear()
        if fresh:
            with self._database.begin() as connection:
                letters.write_attendances(connection, fresh)


def _is_closed(lane: Lane, now: float) -> bool:
    """Nothing goes there for a while."""
    return lane.suspended is not None or (lane.closed_until is not None and lane.closed_until > now)
