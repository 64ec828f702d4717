"""A store that two workers and many users storm by chance, and what must be true of it after every single act (N4).

The acts are those of the product; only channels are missing: chance says how an attempt ends.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from distserver.errors import Conflict
from distserver.jobs.lanes import BounceRules
from distserver.jobs.ledger import Ledger, LedgerRules
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.jobs.suspensions import Suspensions
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import Actor
from distserver.model.lanes import LaneNews
from distserver.model.states import DeliveryState, OutcomeKind, Priority, Queue
from distserver.store import claims
from distserver.store.choice import Limits
from distserver.store.heads import SUSPECT
from distserver.store.tables import delivery, destination, job
from tests.support.jobs import OPERATOR, Office

SENDERS = tuple(Actor(name, "sender") for name in ("hanako", "taro", "jiro"))
PLACES = {
    "ipp://192.0.2.1/ipp/print": 1,
    "ipp://192.0.2.1/ipp/other": 1,
    "ipp://192.0.2.2/ipp/print": 3,
    "ipp://192.0.2.3/ipp/print": 1,
    "ipp://198.51.100.1/ipp/print": 2,
    "ipp://198.51.100.2/ipp/print": 1,
    "discard:one": 1,
    "discard:two": 2,
}
LIMITS = Limits(host=2, subnet=3)
BOUNCE = BounceRules(limit=2.0, probe=120.0)
_WAITING = (DeliveryState.PENDING, DeliveryState.PENDING_RETRY)
_ROUNDS = 2000

Row = sa.Row[Any]


@dataclass
class Yard:
    """`crashes`: workers die now and then, and the sweeper does its work."""

    office: Office
    chance: random.Random
    crashes: bool = True
    limits: Limits = LIMITS
    workers: list[Ledger] = field(default_factory=list)
    held: list[tuple[int, Standing]] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    starts: int = 0
    acts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.office.lines = {uri: (("at-once", str(count)),) for uri, count in PLACES.items()}
        self.document = self.office.document()
        self.upkeep = Upkeep(self.office.database, self.office.spool, lambda documents: None, 1e9)
        self.suspensions = Suspensions(self.office.database, BOUNCE)
        self.names = ["", ""]
        self.workers = [self._hire(0), self._hire(1)]

    def _hire(self, place: int) -> Ledger:
        self.starts += 1
        self.names[place] = f"worker-{self.starts}"
        return self.office.ledger(self.names[place], LedgerRules(self.limits, BOUNCE))

    async def storm(self, acts: int) -> None:
        """So many acts, each followed by a look at all rows."""
        weights = {
            "submit": 4,
            "claim": 10,
            "settle": 12,
            "advance": 4,
            "cancel": 1,
            "hold": 1,
            "release": 2,
            "retry": 2,
            "expire": 0.5,
            "probe": 1,
            "mark": 1,
            "crash": 0.5 if self.crashes else 0,
            "sweep": 1 if self.crashes else 0,
        }
        for _ in range(acts):
            (act,) = self.chance.choices(list(weights), list(weights.values()))
            self.acts.append(act)
            await getattr(self, act)()
            self.check()

    async def submit(self) -> None:
        chosen = self.chance.sample(list(PLACES), self.chance.randint(1, len(PLACES)))
        now = self.office.now
        made = self.office.submit(
            by=self.chance.choice(SENDERS),
            documents=(self.document,),
            groups=(),
            destinations=tuple(chosen),
            priority=self.chance.choices(list(Priority), [1, 3, 1])[0],
            hold=self.chance.random() < 0.1,
            not_before=now + self.chance.randint(1, 300) if self.chance.random() < 0.15 else None,
        )
        self.jobs.append(made.id)

    async def claim(self, place: int | None = None, room: int | None = None) -> int:
        """A worker with some room looks; how many it takes."""
        place = self.chance.randrange(2) if place is None else place
        room = self.chance.choice((-1, 0, 1, 2, 5, 50)) if room is None else room
        if self.chance.random() < 0.7:
            await self.workers[place].bring_back()
        before = {row.key: row for row in self._rows()}
        taken, _ = await self.workers[place].claim(room, room + self.chance.choice((2, 10)))
        self.held += [(place, one) for one in taken]
        self._check_taken(before, taken)
        return len(taken)

    def _check_taken(self, before: dict[int, Row], taken: Sequence[Standing]) -> None:
        after = self._rows()
        at = Counter(row.destination for row in after if row.state == DeliveryState.PROCESSING)
        for one in taken:
            was = before[one.claimed.key]
            assert was.queue in (Queue.READY, Queue.LANE, Queue.TIMED), (was, self.acts)
            if was.state == DeliveryState.PROCESSING:
                continue
            if one.claimed.strikes:
                assert at[was.destination] == 1, (was, self.acts)
            passed = [
                row
                for row in after
                if row.queue in (Queue.READY, Queue.LANE)
                and (row.destination, row.rank) == (was.destination, was.rank)
                and row.state in _WAITING
                and row.key < was.key
                and row.crashes < SUSPECT
            ]
            assert passed == [] or was.crashes >= SUSPECT, (was, passed, self.acts)
        suspects = [one for _, one in self.held if one.claimed.crashes >= SUSPECT]
        by_worker = Counter(one.owner for one in suspects)
        assert all(count == 1 for count in by_worker.values()), (by_worker, self.acts)

    async def settle(self) -> None:
        if self.held:
            place, standing = self.held.pop(self.chance.randrange(len(self.held)))
            await self.end(place, standing, self._chance_event(standing))

    def _chance_event(self, standing: Standing) -> Event:
        events = [Event.COMPLETE, Event.FAIL, Event.DEFER, Event.ACCEPT]
        if standing.accepted:
            events = [Event.COMPLETE, Event.ACCEPT]
        return self.chance.choices(events, [5, 1, 3, 1] if len(events) == 4 else [2, 1])[0]

    async def end(self, place: int, standing: Standing, event: Event) -> None:
        """The attempt ends so, as the engine would say it."""
        now, kind = self.office.now, self.chance.choice((OutcomeKind.BUSY, OutcomeKind.UNREACHABLE, OutcomeKind.OURS))
        if event is Event.COMPLETE:
            standing.news, standing.uncertain = LaneNews(), False
        elif event is Event.ACCEPT:
            standing.accepted, standing.due, standing.uncertain = True, now + 3, False
            standing.remote_id = "1"
        elif event is Event.DEFER:
            pause = float(self.chance.randint(1, 60))
            standing.due, standing.tried, standing.reason = now + pause, kind, f"{kind}-for-now"
            standing.uncertain = self.chance.random() < 0.2
            standing.fresh_name = not standing.uncertain
            if kind is not OutcomeKind.OURS:
                standing.news = LaneNews(kind, standing.reason, "no luck", pause)
        elif self.chance.random() < 0.5:
            standing.news = LaneNews(OutcomeKind.REFUSED, "refused", "no", ended=True)
        await self.workers[place].settle(standing, event)

    async def mark(self) -> None:
        """A worker begins to send."""
        if self.held:
            place, standing = self.chance.choice(self.held)
            standing.uncertain = True
            assert await self.workers[place].write(standing)

    async def advance(self) -> None:
        self.office.now += self.chance.choice((0.5, 3, 20, 90, 400))

    def _some(self) -> str | None:
        return self.chance.choice(self.jobs) if self.jobs else None

    def _numbers(self, job_id: str) -> list[int] | None:
        rows = self.office.query.deliveries(job_id, OPERATOR)
        if self.chance.random() < 0.5:
            return None
        return [row.number for row in rows if self.chance.random() < 0.4]

    async def cancel(self) -> None:
        if (job_id := self._some()) is not None:
            self.office.service.cancel(job_id, OPERATOR, self._numbers(job_id))

    async def hold(self) -> None:
        if (job_id := self._some()) is not None:
            self.office.service.hold(job_id, OPERATOR)

    async def release(self) -> None:
        if (job_id := self._some()) is not None:
            self.office.service.release(job_id, OPERATOR)

    async def retry(self) -> None:
        if (job_id := self._some()) is not None:
            try:
                self.office.service.retry(job_id, OPERATOR, self._numbers(job_id))
            except Conflict:
                self.acts[-1] = "retry (nothing)"

    async def expire(self) -> None:
        self.upkeep.expire_deadlines(self.office.now)

    async def probe(self) -> None:
        """Some of the suspended destinations whose time has come are found well."""
        for one in self.suspensions.take_probes(self.office.now, 3):
            if self.chance.random() < 0.6:
                self.suspensions.end(one.destination.address.uri, one.destination.name, self.office.now)

    async def crash(self) -> None:
        """A worker dies, and it is found out at once."""
        place = self.chance.randrange(2)
        self.held = [(at, one) for at, one in self.held if at != place]
        self.office.bury(self.names[place], self.chance.choice((0.25, 1.0)))
        self.workers[place] = self._hire(place)

    async def sweep(self) -> None:
        self.upkeep.bring_back_stranded(self.limits)

    async def settle_all(self) -> None:
        """The storm is over: all is let go, and everything that is tried arrives. Fails when something never ends."""
        for job_id in self.jobs:
            if self.office.service.get(job_id, OPERATOR).held:
                self.office.service.release(job_id, OPERATOR)
        for _ in range(_ROUNDS):
            while self.held:
                place, standing = self.held.pop()
                await self.end(place, standing, Event.COMPLETE)
            if self.crashes:
                await self.sweep()
            for one in self.suspensions.take_probes(self.office.now, 16):
                self.suspensions.end(one.destination.address.uri, one.destination.name, self.office.now)
            taken = 0
            for place, ledger in enumerate(self.workers):
                await ledger.bring_back()
                taken += await self.claim(place, 50)
            self.check()
            if not taken and not self._advance_to_next():
                break
        left = [row for row in self._rows() if row.ended is None]
        assert left == [], ([(row.key, row.state, row.queue, row.destination) for row in left], self.acts)
        for job_id in self.jobs:
            assert self.office.service.get(job_id, OPERATOR).state.ended

    def _advance_to_next(self) -> bool:
        """On to the next time that something waits for; False when nothing does."""
        with self.office.database.read() as connection:
            time = claims.next_time(connection)
            closed = destination.c.closed_until
            probe = connection.execute(sa.select(sa.func.min(closed)).where(destination.c.suspended.is_not(None)))
            times = [one for one in (time, probe.scalar()) if one is not None]
        if not times:
            return False
        self.office.now = max(self.office.now, min(times)) + 0.001
        return True

    def _rows(self) -> list[Row]:
        with self.office.database.read() as connection:
            return list(connection.execute(delivery.select()).all())

    def check(self) -> None:
        """What must be true at any moment."""
        rows = self._rows()
        with self.office.database.read() as connection:
            jobs = {row.id: row for row in connection.execute(job.select())}
        at: Counter[tuple[str, str]] = Counter()
        states: Counter[tuple[str, str]] = Counter()
        for row in rows:
            states[row.job_id, row.state] += 1
            assert _stands_right(row, held=jobs[row.job_id].held), (row, self.acts)
            if row.state == DeliveryState.PROCESSING:
                for kind in ("destination", "host", "subnet"):
                    at[kind, getattr(row, kind)] += 1
        for (kind, value), count in at.items():
            most = {"destination": PLACES.get(value, 0), "host": self.limits.host, "subnet": self.limits.subnet}[kind]
            assert count <= most or not value or not most, (kind, value, count, self.acts)
        for row in jobs.values():
            counts = (row.n_pending, row.n_retry, row.n_processing, row.n_completed, row.n_aborted, row.n_canceled)
            order = ("pending", "pending-retry", "processing", "completed", "aborted", "canceled")
            assert counts == tuple(states[row.id, state] for state in order), (row, self.acts)


def _stands_right(row: Row, *, held: bool) -> bool:
    """State, queue, owner and end of a delivery go together."""
    state = DeliveryState(row.state)
    if state.ended:
        return bool(row.queue == Queue.NONE and row.owner is None and row.ended is not None)
    if row.ended is not None:
        return False
    if row.owner is not None:
        return bool(state is DeliveryState.PROCESSING and row.queue == Queue.NONE)
    if state is DeliveryState.PROCESSING:
        return row.queue in (Queue.READY, Queue.TIMED)
    return bool((row.queue == Queue.HELD) == held and row.queue != Queue.NONE)
