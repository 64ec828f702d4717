"""What keeps deliveries moving when a process has died (SPEC N4): sign of life, reaper, sweeper, cancel requests.

Every worker says that it is alive, takes over what dead ones left, and looks for what nobody carries.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from distserver.engine.lease import Lease
from distserver.engine.watchlist import Watchlist
from distserver.errors import LaterError
from distserver.jobs.ledger import Ledger
from distserver.jobs.lifecycle import UNEXPLAINED
from distserver.jobs.upkeep import Upkeep
from distserver.model.counting import LEASES_LOST, TAKEN_OVER, Tally
from distserver.store import counters, deliveries, executors
from distserver.store.clock import steady_time
from distserver.store.database import Database
from distserver.store.executors import Executor

log = logging.getLogger(__name__)

_REAP_EVERY = 3.0
_SWEEP_EVERY = 5.0
_COPIES_EVERY = 15.0
_TIDY_EVERY = 300.0
_ASK_TIME_EVERY = 10.0
_DAY = 86400.0
_JUMP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between signs of life, of a lease; and for how many days ended jobs stay."""

    beat: float
    lease: float
    ended_job_days: float


class Guardian:
    """Two threads of a worker: one gives the signs of life and looks after those of others; the other keeps house,
    which may take longer than a lease lasts (the files of many jobs are erased).

    `tell_canceled` hands keys of deliveries to the event loop, `on_moved` wakes the dispatcher, `on_lost` ends the
    worker: others have taken it for dead. `make_room` is called before anything is written: the disk may be full.
    `keep_time` asks for the time of the database now and then, `follow_time` has the worker go by the machine's as it
    stands now."""

    def __init__(
        self, database: Database, ledger: Ledger, upkeep: Upkeep, lease: Lease, itself: Executor, rhythm: Rhythm
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._upkeep = upkeep
        self._lease = lease
        self._self = itself
        self._rhythm = rhythm
        self._stop = threading.Event()
        self._watching = threading.Thread(target=self._repeat, args=(self._watch,), name="guardian", daemon=True)
        self._cleaning = threading.Thread(target=self._repeat, args=(self._keep_house,), name="house", daemon=True)
        self._moving = threading.Lock()
        self._last: dict[str, float] = {}
        self._unknown: set[int] = set()
        self._others = Watchlist(itself.id, itself.host, rhythm.lease, alone=database.sqlite)
        self._skew: float | None = None
        self._given_up = False
        self.tell_canceled: Callable[[list[int]], None] = lambda keys: None
        self.on_moved: Callable[[], None] = lambda: None
        self.on_lost: Callable[[], None] = lambda: None
        self.make_room: Callable[[], None] = lambda: None
        self.keep_time: Callable[[], None] = lambda: None
        self.follow_time: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Enter this worker into the list of those alive, take over from the dead, and keep watch."""
        self.make_room()
        self._follow_clock(time.time())
        started = self._lease.start()
        with self._database.begin() as connection:
            executors.insert_executor(connection, self._self)
        self._lease.renew(started)
        with suppress(LaterError):  # what hinders it now, the watch tries again before long
            self._reap()
        self._watching.start()
        self._cleaning.start()

    def stop(self) -> None:
        """End the watch; what this worker still holds may be taken over at once."""
        self._stop.set()
        self._watching.join(timeout=10)
        self._cleaning.join(timeout=2)
        self._lease.end()
        with self._database.begin() as connection:
            executors.mark_reaped(connection, self._self.id)
            deliveries.release_all(connection, self._self.id, 0.0)

    def _repeat(self, look: Callable[[], None]) -> None:
        while not self._stop.wait(self._rhythm.beat / 2):
            try:
                look()
            except LaterError as error:
                log.warning("store-unavailable", {"error": str(error)})
            except Exception:
                log.exception("guardian-broke")

    def _watch(self) -> None:
        self.make_room()
        self._beat(self._ledger.clock())
        self._follow_clock(time.time())
        if self._due("time", _ASK_TIME_EVERY):
            self.keep_time()
        with self._database.read() as connection:
            wanted = deliveries.cancel_requests(connection, self._self.id)
        if wanted:
            self.tell_canceled(wanted)
        if self._due("reap", min(_REAP_EVERY, self._rhythm.lease / 4)):  # who looks too seldom sees nobody's silence
            self._reap()

    def _keep_house(self) -> None:
        if self._due("sweep", _SWEEP_EVERY):
            self._sweep()
        if self._due("tidy", _TIDY_EVERY):
            self._tidy(self._ledger.clock())

    def _due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(what, -math.inf) < every:
            return False
        self._last[what] = now
        return True

    def _beat(self, now: float) -> None:
        started = self._lease.start()
        with self._database.begin() as connection:
            alive = executors.beat(connection, self._self.id, now)
        if alive:
            self._lease.renew(started)
            return
        self.give_up()

    def give_up(self) -> None:
        """Others have taken this worker for dead: a sign of life was not taken, or what it wanted to write."""
        if self._given_up:
            return
        self._given_up = True
        log.error("worker-taken-for-dead", {"executor": self._self.id})
        self._lease.end()
        self.on_lost()

    def _follow_clock(self, now: float) -> None:
        """Where the machine's clock jumps, what waits must neither all be due at once nor wait for months."""
        skew = now - steady_time()
        jump = 0.0 if self._skew is None else skew - self._skew
        if abs(jump) >= _JUMP_SECONDS:
            log.warning("clock-jumped", {"seconds": round(jump)})
            if self._database.sqlite:  # with PostgreSQL it is its server's time that counts (`store.clock`)
                with self._moving:
                    self._move_along(jump)
        self._skew = skew
        self.follow_time()

    def _move_along(self, jump: float) -> None:
        """What waits, and what is under way here; at no instant may a deadline seem to have passed."""
        self._upkeep.shift_times(jump)
        if jump < 0:
            self.follow_time()
        self._ledger.shift_deadlines(jump)

    def _reap(self) -> None:
        """Find workers that died, and free what they held."""
        with self._database.read() as connection:
            known = executors.list_executors(connection)
        for one, crash in self._others.find_dead(known):
            with self._database.begin() as connection:
                executors.end_sessions(connection, one.id)
            with self._database.begin() as connection:
                if not executors.mark_reaped(connection, one.id):
                    continue
                count = deliveries.release_all(connection, one.id, crash)
                tally = Tally()
                tally.count(LEASES_LOST, "same" if one.host == self._self.host else "other")
                tally.count(TAKEN_OVER, by=count)
                counters.add(connection, tally)
            log.info("worker-reaped", {"executor": one.id, "deliveries": count})
            self.on_moved()

    def _sweep(self) -> None:
        with self._moving:  # so that the clock is the one by which the deadlines go
            self._upkeep.expire_deadlines(self._ledger.clock())
        self._free_unknown()
        self._free_ownerless()
        if self._upkeep.bring_back_stranded(self._ledger.limits):
            self.on_moved()
        self._upkeep.erase_documents(self._ledger.clock())
        if self._due("copies", _COPIES_EVERY):
            self._upkeep.erase_copies()

    def _free_unknown(self) -> None:
        """Free what bears this worker's name and it does not know of at two looks: claims whose answers were lost."""
        with self._database.read() as connection:
            owned = deliveries.owned_keys(connection, self._self.id)
        unknown = owned - self._ledger.held_keys()
        lost = sorted(unknown & self._unknown)
        self._unknown = unknown
        if lost:
            log.warning("claims-lost", {"count": len(lost)})
            with self._database.begin() as connection:
                deliveries.release(connection, self._self.id, lost)
            self.on_moved()

    def _free_ownerless(self) -> None:
        """Free what bears the name of a worker that is gone: what was on its way to the disk when it was reaped."""
        with self._database.begin() as connection:
            count = deliveries.release_ownerless(connection, UNEXPLAINED)
        if count:
            log.warning("deliveries-ownerless", {"count": count})
            self.on_moved()

    def _tidy(self, now: float) -> None:
        self._upkeep.sweep_spool(now)
        self._upkeep.forget_jobs(now - self._rhythm.ended_job_days * _DAY)
        with self._database.begin() as connection:
            executors.forget_executors(connection, now - _DAY)
