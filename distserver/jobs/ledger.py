"""The worker's book of deliveries: what it holds, and what became of it.

Claims and outcomes are rows on the disk before anybody acts on them. Outcomes of many deliveries are written in one
transaction (group commit): while one is being written the next gather. All database work runs in threads, none on the
event loop. Methods are called from one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DBAPIError

from distserver.jobs import lifecycle
from distserver.jobs.lifecycle import Event
from distserver.jobs.service import derive
from distserver.model.jobs import BatchRef, Claimed
from distserver.model.states import DeliveryState, Evidence, Reason
from distserver.store import deliveries, jobs
from distserver.store.database import Database

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standing:
    """How a claimed delivery stands, as it will next be written. `carrier` is the task that carries it."""

    claimed: Claimed
    state: DeliveryState = DeliveryState.PROCESSING
    evidence: Evidence = Evidence.NONE
    reason: str = Reason.CONNECTING.value
    message: str = ""
    device_reasons: tuple[str, ...] = ()
    remote_id: str | None = None
    pages: int | None = None
    pages_total: int = 0
    rendition: str = ""
    owner: str = ""
    due: float = 0.0
    uncertain: bool = False
    accepted: bool = False
    fresh_name: bool = False
    let_go: bool = False
    outcome: str = ""
    started: float = 0.0
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: list[asyncio.Future[bool]] = field(default_factory=list)
    carrier: asyncio.Task[None] | None = None

    def values(self, now: float) -> dict[str, Any]:
        """Columns of `ds_delivery`."""
        ended = self.state.ended
        return {
            "key": self.claimed.key,
            "state": self.state,
            "evidence": self.evidence,
            "reason": _storable(self.reason)[:80],
            "message": _storable(self.message)[:2000],
            "device_reasons": _storable(" ".join(self.device_reasons))[:500],
            "remote_id": None if self.remote_id is None else _storable(self.remote_id),
            "pages": self.pages,
            "pages_total": self.pages_total,
            "rendition": self.rendition,
            "due": self.due,
            "uncertain": self.uncertain,
            "accepted": self.accepted,
            "generation": _generation(self.claimed.id) + (1 if self.fresh_name else 0),
            "owner": None if self.let_go else self.owner,
            "ended": now if ended else None,
            "updated": now,
        }


def _storable(text: str) -> str:
    """What a device said, without what a database refuses: NUL (PostgreSQL) and halves of surrogate pairs (both)."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _generation(name: str) -> int:
    return int(name.rpartition(".")[2]) if "." in name else 0


_Row = tuple[dict[str, Any], Claimed, str, float]
"""What is written of a delivery: its columns, whose claim it is, how the attempt ended, when it began."""


class Ledger:
    """What one worker holds. `owner` is unique to each start of a worker."""

    def __init__(self, database: Database, owner: str, lease_seconds: float, clock: Callable[[], float]) -> None:
        self._database = database
        self._owner = owner
        self._lease = lease_seconds
        self._clock = clock
        self._held: dict[int, Standing] = {}
        self._taking: set[int] = set()
        self._dirty: dict[int, Standing] = {}
        self._writer: asyncio.Task[None] | None = None

    def held_keys(self) -> list[int]:
        """Keys of the deliveries under way; safe to call from another thread."""
        return list(self._held)

    async def claim(self, batch: BatchRef, limit: int) -> list[Standing]:
        """Take up to `limit` deliveries of the batch; they are held until their outcome is written."""
        known = frozenset(self._held) | self._taking
        claimed = await asyncio.to_thread(self._database.patiently, self._claim, batch, limit, known)
        standings = []
        for one in claimed:
            standing = Standing(
                one,
                reason=(Reason.PRINTING if one.accepted else Reason.CONNECTING).value,
                remote_id=one.remote_id,
                uncertain=one.uncertain,
                accepted=one.accepted,
                evidence=Evidence.ACCEPTED if one.accepted else Evidence.NONE,
                pages_total=sum(d.pages for d in one.documents) * one.options.copies,
                started=self._clock(),
                owner=self._owner,
            )
            if one.cancel_requested:
                standing.canceled.set()
            self._held[one.key] = standing
            self._taking.discard(one.key)
            standings.append(standing)
        return standings

    def _claim(self, batch: BatchRef, limit: int, known: frozenset[int]) -> list[Claimed]:
        now = self._clock()
        ask = deliveries.Claim(batch, self._owner, limit, now, now + self._lease, known)
        found: list[Claimed] = []
        try:
            with self._database.begin() as connection:
                self._database.lock_claims(connection)
                jobs.hold_jobs(connection, [batch.job_id])
                found = deliveries.claim(connection, ask)
                self._taking.update(one.key for one in found)  # before the commit: from then on they are ours
                if found:
                    jobs.recount(connection, [batch.job_id], derive, now)
        except BaseException:
            self._taking.difference_update(one.key for one in found)
            raise
        return found

    def note(self, standing: Standing) -> None:
        """What is known of the delivery has changed: write it along with the next commit."""
        self._dirty[standing.claimed.key] = standing
        self._start_writing()

    async def write(self, standing: Standing) -> bool:
        """Write it, and return when it is on the disk; False when another worker has it by now: nothing was written."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        standing.waiters.append(future)
        self.note(standing)
        return await future

    async def settle(self, standing: Standing, event: Event) -> None:
        """Change the state by `event` and write the outcome; the delivery is let go. Returns when it is on the disk."""
        after = lifecycle.next_state(standing.state, event)
        if after is None:
            raise AssertionError(f"a delivery that is {standing.state} does not take {event}")
        standing.state, standing.let_go, standing.outcome = after, True, event
        await self.write(standing)

    def mark_canceled(self, keys: Sequence[int]) -> None:
        """Somebody has canceled these deliveries: tell those who carry them."""
        for key in keys:
            if standing := self._held.get(key):
                standing.canceled.set()

    def lose(self, keys: Iterable[int]) -> None:
        """Others have these deliveries by now: whoever carries them here stops at once, and writes nothing."""
        for key in keys:
            standing = self._held.get(key)
            if standing is not None and not standing.let_go:
                log.warning("lease-lost delivery=%s", standing.claimed.id)
                del self._held[key]
                self._dirty.pop(key, None)
                if standing.carrier is not None:
                    standing.carrier.cancel()

    def _start_writing(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._dirty:
            taken, self._dirty = list(self._dirty.values()), {}
            waiting = [(s, list(s.waiters)) for s in taken]
            for standing in taken:
                standing.waiters.clear()
            now = self._clock()
            rows = [(s.values(now), s.claimed, s.outcome, s.started) for s in taken]
            ended, held = await asyncio.to_thread(self._commit_each, rows, now)
            for standing, futures in waiting:
                if standing.let_go:
                    self._held.pop(standing.claimed.key, None)
                for future in futures:
                    if not future.done():
                        future.set_result(standing.claimed.key in held)
            for job_id in ended:
                log.info("job-ended job=%s", job_id)

    def _commit_each(self, rows: Sequence[_Row], now: float) -> tuple[list[str], set[int]]:
        """Write the rows, together if all can be written. One that the database refuses is given up so that it stops no
        other: its lease runs out, and it is carried anew."""
        try:
            return self._commit_at_last(rows, now)
        except (DBAPIError, ValueError):
            if len(rows) == 1:
                log.exception("delivery-unwritable delivery=%s", rows[0][1].id)
                return [], set()
        answers = [self._commit_each([row], now) for row in rows]
        return [job_id for ended, _ in answers for job_id in ended], set().union(*(held for _, held in answers))

    def _commit_at_last(self, rows: Sequence[_Row], now: float) -> tuple[list[str], set[int]]:
        """What became of a delivery is known here alone: it is kept until the database is back, however long."""
        return self._database.patiently(self._commit, rows, now, patience=math.inf)

    def _commit(self, rows: Sequence[_Row], now: float) -> tuple[list[str], set[int]]:
        """Ids of the jobs that ended, and keys of the deliveries that were still ours to write."""
        with self._database.begin() as connection:
            jobs.hold_jobs(connection, {claimed.job_id for _, claimed, *_ in rows})
            held = deliveries.lock_held(connection, self._owner, [values["key"] for values, *_ in rows])
            ours = [row for row in rows if row[0]["key"] in held]
            deliveries.write_changes(connection, self._owner, [values for values, *_ in ours])
            finished = [row for row in ours if row[0]["owner"] is None]
            if not finished:
                return [], held
            deliveries.insert_attempts(connection, _attempts(finished, now))
            deliveries.settle_canceled(connection, [values["key"] for values, *_ in finished], now)
            return jobs.recount(connection, {claimed.job_id for _, claimed, *_ in finished}, derive, now), held


def _attempts(finished: Sequence[_Row], now: float) -> list[dict[str, Any]]:
    """Columns of `ds_attempt`; what the device has only just taken is no end of an attempt."""
    return [
        {
            "delivery_key": claimed.key,
            "number": claimed.attempt,
            "started": started,
            "ended": now,
            "outcome": outcome,
            "reason": values["reason"],
            "message": values["message"],
            "remote_id": values["remote_id"],
        }
        for values, claimed, outcome, started in finished
        if outcome != Event.ACCEPT
    ]
