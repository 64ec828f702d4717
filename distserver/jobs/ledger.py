"""The worker's book of deliveries: what it holds, and what became of it.

Claims and outcomes are rows on the disk before anybody acts on them. Outcomes of many deliveries are written in one
transaction (group commit): while one is being written the next gather. All database work runs in threads, none on the
event loop. Methods are called from one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from distserver.errors import LaterError
from distserver.jobs import lifecycle
from distserver.jobs.counting import count_end
from distserver.jobs.lanes import BounceRules, describe_turn, judge
from distserver.jobs.lifecycle import UNEXPLAINED, Event
from distserver.jobs.service import derive
from distserver.jobs.standing import Standing, readable
from distserver.model.counting import DELIVERY_WAIT, Tally
from distserver.model.fax_calls import FaxCallRecord
from distserver.model.jobs import Claimed
from distserver.model.lanes import Lane, LaneNews
from distserver.model.states import DeliveryState, Evidence, OutcomeKind, Queue, Reason
from distserver.store import claims, counters, deliveries, executors, fax_calls, jobs, lanes, notices, rows
from distserver.store.choice import Claim, Limits, Place
from distserver.store.database import Database
from distserver.store.heads import SUSPECT
from distserver.store.jobs import Moves

log = logging.getLogger(__name__)

_NOTE_SECONDS = 0.02  # what is only worth knowing waits so long for company


class _Row(NamedTuple):
    """What is written of a delivery: its columns, whose claim it is, how the attempt ended, when it began, what it has
    shown of its destination, which kind of failure it was, what else is counted, and the telephone call that it was."""

    values: dict[str, Any]
    claimed: Claimed
    outcome: str
    started: float
    news: LaneNews | None
    tried: OutcomeKind | None
    tally: Tally | None
    call: FaxCallRecord | None


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """`limits` bind all workers together; `bounce` says when a destination is suspended."""

    limits: Limits = Limits()
    bounce: BounceRules = BounceRules()


class Ledger:
    """What one worker holds. `owner` is unique to each start of a worker."""

    def __init__(
        self, database: Database, owner: str, clock: Callable[[], float], rules: LedgerRules | None = None
    ) -> None:
        self._database = database
        self._owner = owner
        self.clock = clock
        self._rules = rules or LedgerRules()
        self._held: dict[int, Standing] = {}
        self._taking: set[int] = set()
        self._freed: list[Place] = []
        self._dirty: dict[int, Standing] = {}
        self._learned: dict[str, dict[str, Any]] = {}
        self._tally = Tally()
        self._shard = counters.shard_of(owner)
        self._urgent = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self.on_end: Callable[[], None] = lambda: None
        self.on_written: Callable[[asyncio.Task[None]], None] = lambda task: None

    @property
    def limits(self) -> Limits:
        """What binds all workers together."""
        return self._rules.limits

    def held_keys(self) -> set[int]:
        """Keys of the deliveries under way; safe to call from another thread."""
        return set(self._held) | self._taking

    async def claim(self, room: int, urgent_room: int) -> tuple[list[Standing], bool]:
        """Take up to `room` deliveries, of urgent jobs up to `urgent_room` in all, and hold them until their outcome is
        written; also whether there would be more."""
        freed, self._freed = self._freed, []
        suspect = any(standing.claimed.crashes >= SUSPECT for standing in self._held.values())
        ask = Claim(self._owner, room, urgent_room, self.clock(), freed, self._rules.limits, suspect)
        try:
            claimed, more = await asyncio.to_thread(self._database.patiently, self._claim, ask)
        except BaseException:
            self._freed += freed
            raise
        return [self._hold(one) for one in claimed], more

    def _hold(self, one: Claimed) -> Standing:
        standing = Standing(
            one,
            reason=(Reason.PRINTING if one.accepted else Reason.CONNECTING).value,
            remote_id=one.remote_id,
            uncertain=one.uncertain,
            accepted=one.accepted,
            resent=one.resent,
            evidence=Evidence.ACCEPTED if one.accepted else Evidence.NONE,
            pages_total=one.options.count_sides(one.documents) * one.options.copies,
            started=self.clock(),
            owner=self._owner,
        )
        if one.cancel_requested:
            standing.canceled.set()
        if one.attempt == 1 and not one.accepted:
            self._tally.observe(DELIVERY_WAIT, standing.started - one.since, one.priority)
        self._held[one.key] = standing
        self._taking.discard(one.key)
        return standing

    def _claim(self, ask: Claim) -> tuple[list[Claimed], bool]:
        taking: set[int] = set()
        try:
            with self._database.begin() as connection:
                self._database.lock_claims(connection)
                executors.hold_place(connection, self._owner)
                taken = claims.claim(connection, ask)
                taking = {row.key for row in taken.rows}
                self._taking |= taking  # before the commit: from then on they are ours
                moves = {(job, state, DeliveryState.PROCESSING.value): n for (job, state), n in taken.left.items()}
                jobs.apply_moves(connection, moves, derive, ask.now)
                return claims.read_claimed(connection, taken.rows), taken.more
        except BaseException:
            self._taking -= taking
            raise

    async def bring_back(self) -> float | None:
        """Have what waited for its time come up; when the next time is, None when nothing waits for one."""
        return await asyncio.to_thread(self._database.patiently, self._bring_back)

    def _bring_back(self) -> float | None:
        now = self.clock()
        with self._database.read() as connection:
            time = claims.next_time(connection)
        if time is None or time > now:
            return time
        with self._database.begin() as connection:
            self._database.lock_claims(connection)
            opened = claims.bring_back(connection, now)
        self._freed += opened
        with self._database.read() as connection:
            return claims.next_time(connection)

    def note(self, standing: Standing) -> None:
        """What is known of the delivery has changed: write it along with the next commit, before long."""
        self._dirty[standing.claimed.key] = standing
        self._start_writing()

    def remember(self, uri: str, columns: dict[str, Any]) -> None:
        """Keep columns of `ds_destination`: what a device says of itself, its certificate, what it refuses."""
        self._learned.setdefault(uri, {}).update(columns)
        self._start_writing()

    async def write(self, standing: Standing) -> bool:
        """Write it, and return when it is on the disk; False when another worker has it by now: nothing was written."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        standing.waiters.append(future)
        self._urgent.set()
        self.note(standing)
        return await future

    async def settle(self, standing: Standing, event: Event) -> None:
        """Change the state by `event` and write the outcome; the delivery is let go. Returns when it is on the disk."""
        after = lifecycle.next_state(standing.state, event)
        if after is None:
            raise AssertionError(f"a delivery that is {standing.state} does not take {event}")
        standing.state, standing.let_go, standing.outcome = after, True, event
        await self.write(standing)

    async def find_over(self, uri: str, names: Sequence[str]) -> dict[str, str]:
        """Which of these names were those of deliveries to `uri` that were canceled or given up, and who sent each.
        Raises `StoreUnavailable`."""
        return await asyncio.to_thread(self._find_over, uri, names)

    def _find_over(self, uri: str, names: Sequence[str]) -> dict[str, str]:
        with self._database.read() as connection:
            return deliveries.find_over(connection, uri, names)

    def abandon(self, standing: Standing) -> None:
        """Whoever carried it broke down before it was settled: others take it up anew, but not for ever."""
        key = standing.claimed.key
        if not standing.let_go and self._held.pop(key, None) is not None:
            self._dirty.pop(key, None)
            asyncio.get_running_loop().run_in_executor(None, self._free_unwritable, [key])

    def mark_canceled(self, keys: Sequence[int]) -> None:
        """Somebody has canceled these deliveries: tell those who carry them."""
        for key in keys:
            if standing := self._held.get(key):
                standing.canceled.set()

    def shift_deadlines(self, seconds: float) -> None:
        """The clock has jumped: what is under way has as long as it had; safe to call from another thread."""
        for standing in list(self._held.values()):
            if (deadline := standing.claimed.deadline) is not None:
                standing.claimed = replace(standing.claimed, deadline=deadline + seconds)

    def lose_all(self) -> None:
        """Others have taken this worker for dead: whoever carries something here stops at once, and writes nothing."""
        for standing in list(self._held.values()):
            if not standing.let_go:
                claimed = standing.claimed
                log.warning("lease-lost", {"job": claimed.job_id, "delivery": claimed.id})
                del self._held[standing.claimed.key]
                self._dirty.pop(standing.claimed.key, None)
                if standing.carrier is not None:
                    standing.carrier.cancel()

    def _start_writing(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_all())
            self._writer.add_done_callback(self.on_written)

    async def _write_all(self) -> None:
        while self._dirty or self._learned:
            if not self._urgent.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_NOTE_SECONDS):
                        await self._urgent.wait()
            self._urgent.clear()
            taken, self._dirty = list(self._dirty.values()), {}
            learned, self._learned = self._learned, {}
            tally, self._tally = self._tally, Tally()
            waiting = [list(s.waiters) for s in taken]
            for standing in taken:
                standing.waiters.clear()
            now = self.clock()
            written = [_make_row(standing, now) for standing in taken]
            ended, held = await asyncio.to_thread(self._commit_each, written, now, learned, tally)
            for row, futures in zip(written, waiting, strict=True):
                if row.values["owner"] is None:  # as it was written: who settled it meanwhile is in the next commit
                    self._let_go(row.claimed)
                for future in futures:
                    if not future.done():
                        future.set_result(row.claimed.key in held)
            for job_id in ended:
                log.info("job-ended", {"job": job_id})

    def _let_go(self, claimed: Claimed) -> None:
        if self._held.pop(claimed.key, None) is not None:
            self._freed.append(Place(claimed.destination.address.uri, claimed.host, claimed.subnet))
            self.on_end()

    def _commit_each(
        self, written: Sequence[_Row], now: float, learned: Mapping[str, dict[str, Any]], tally: Tally
    ) -> tuple[list[str], set[int]]:
        """Write the rows, together if all can be written. One that the database refuses is given up so that it stops no
        other: it is carried anew, but not for ever."""
        try:
            return self._commit_at_last(written, now, learned, tally)
        except (DBAPIError, ValueError):
            if len(written) <= 1:
                names = [(row.claimed.job_id, row.claimed.id) for row in written] or [("", "")]
                facts = {"job": names[0][0], "delivery": names[0][1], "destinations": sorted(learned)}
                log.exception("delivery-unwritable", facts)
                self._free_unwritable([row.claimed.key for row in written])
                return [], set()
        answers = [self._commit_each([row], now, {}, Tally()) for row in written]
        answers.append(self._commit_each([], now, learned, tally))
        return [job_id for ended, _ in answers for job_id in ended], set().union(*(held for _, held in answers))

    def _free_unwritable(self, keys: Sequence[int]) -> None:
        """Let it be carried anew, and count it like a death that nobody can explain: so it comes to an end."""
        with contextlib.suppress(LaterError), self._database.begin() as connection:  # else the guardian frees it
            deliveries.release(connection, self._owner, keys, UNEXPLAINED)

    def _commit_at_last(
        self, written: Sequence[_Row], now: float, learned: Mapping[str, dict[str, Any]], tally: Tally
    ) -> tuple[list[str], set[int]]:
        """What became of a delivery is known here alone: it is kept until the database is back, however long."""
        return self._database.patiently(self._commit, written, now, learned, tally, patience=math.inf)

    def _commit(
        self, written: Sequence[_Row], now: float, learned: Mapping[str, dict[str, Any]], tally: Tally
    ) -> tuple[list[str], set[int]]:
        """Ids of the jobs that ended, and keys of the deliveries that were still ours to write."""
        ended: list[str] = []
        with self._database.begin() as connection:
            jobs_held = jobs.hold_jobs(connection, {row.claimed.job_id for row in written})
            held = deliveries.lock_held(connection, self._owner, [row.claimed.key for row in written])
            ours = [_settle(row, jobs_held, held) for row in written if row.claimed.key in held]
            deliveries.write_changes(connection, self._owner, [row.values for row in ours])
            finished = [row for row in ours if row.values["owner"] is None]
            fax_calls.insert(connection, [(row.claimed, row.call) for row in ours if row.call is not None], now)
            if finished:
                deliveries.insert_attempts(connection, _attempts(finished, now))
                ended = jobs.apply_moves(connection, _moves(finished), derive, now)
                self._judge_lanes(connection, finished, now, learned)
            lanes.remember(connection, learned)
            counters.add(connection, _count(finished, tally), self._shard)
        return ended, set(held)

    def _judge_lanes(
        self, connection: sa.Connection, finished: Sequence[_Row], now: float, learned: Collection[str]
    ) -> None:
        """Write what the attempts have shown of their destinations; where all is well and was, there is nothing to.

        Those of which something is learned, too, are taken along: taken later, two workers could take them crosswise.
        """
        news = [(row.claimed, row.news) for row in finished if row.news is not None]
        telling = [(claimed, one) for claimed, one in news if one.kind is not None or claimed.strikes or claimed.marked]
        if not telling:
            return
        judged = {claimed.destination.address.uri for claimed, _ in telling}
        standing = lanes.lock_lanes(connection, judged.union(learned))
        told: list[dict[str, Any]] = []
        for claimed, one in telling:
            before = standing[claimed.destination.address.uri]
            heard = replace(one, reason=readable(one.reason), message=readable(one.message))
            after = judge(before, heard, now, self._rules.bounce)
            standing[before.uri] = after
            if before != after:
                lanes.write_lane(connection, after)
                if _stands(before) != _stands(after):
                    lanes.tell_waiting(connection, after, now)
                told += describe_turn(before, after, claimed.destination.name, now)
                if before.suspended is None and after.suspended is not None:
                    log.warning("destination-suspended", {"destination": after.uri, "reason": after.trouble})
        notices.insert_notices(connection, told)


def _make_row(standing: Standing, now: float) -> _Row:
    s = standing
    return _Row(s.values(now), s.claimed, s.outcome, s.started, s.news, s.tried, s.tally, s.call)


def _stands(lane: Lane) -> tuple[float | None, float | None, bool]:
    """What those who wait for it are told: until when it is closed, whether suspended, whether it is in trouble."""
    return lane.closed_until, lane.suspended, bool(lane.strikes)


def _settle(row: _Row, jobs_held: Mapping[str, rows.Row], held: Mapping[int, bool]) -> _Row:
    """The row as it is to be written: a user may have canceled the delivery or held its job meanwhile. The row itself
    stays as it is, for a commit that is tried again is to ask again."""
    values = row.values
    if values["queue"] != Queue.TIMED or values["state"] != DeliveryState.PENDING_RETRY:
        return row
    changed: dict[str, Any] = {}
    if held[row.claimed.key]:
        reason = Reason.UNCERTAIN if values["uncertain"] else Reason.CANCELED_BY_USER
        changed = {"state": DeliveryState.CANCELED, "queue": Queue.NONE, "ended": values["updated"]}
        changed["reason"] = reason.value
        if not values["uncertain"]:  # why the try failed is no word about that
            changed["message"] = ""
    elif jobs_held[row.claimed.job_id].held:
        changed = {"queue": Queue.HELD}
    return row._replace(values={**values, **changed})


def _count(finished: Sequence[_Row], tally: Tally) -> Tally:
    """What was counted since the last commit, with the ends of these attempts."""
    counted = Tally(tally)
    for row in finished:
        count_end(counted, row.claimed, row.values, row.tried)
        if row.tally is not None:
            counted.update(row.tally)
    return counted


def _moves(finished: Sequence[_Row]) -> Moves:
    return Counter((row.claimed.job_id, DeliveryState.PROCESSING.value, str(row.values["state"])) for row in finished)


def _attempts(finished: Sequence[_Row], now: float) -> list[dict[str, Any]]:
    """Columns of `ds_attempt`; what the device has only just taken is no end of an attempt."""
    return [
        {
            "delivery_key": row.claimed.key,
            "number": row.claimed.attempt,
            "started": row.started,
            "ended": now,
            "outcome": row.outcome,
            "reason": row.values["reason"],
            "message": row.values["message"],
            "remote_id": row.values["remote_id"],
        }
        for row in finished
        if row.outcome not in (Event.ACCEPT, Event.WAIT)
    ]
