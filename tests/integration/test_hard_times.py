"""N4 when things go wrong beside the deliveries: workers that were thought dead, databases that lose an answer or
refuse a row, devices that vanish with the document, users that cancel what may be printed already."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from distserver.deliver.contract import Accepted, Completed, Deferred, DeliveryRequest, Outcome, Watch
from distserver.engine import dispatch
from distserver.engine.guardian import Guardian, Rhythm
from distserver.engine.lease import Lease
from distserver.engine.runtime import Worker
from distserver.engine.watchlist import this_host
from distserver.engine.work import Work
from distserver.errors import BadRequest, Conflict, StoreUnavailable
from distserver.jobs.standing import Standing
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import Claimed
from distserver.model.states import DeliveryState, OutcomeKind, Reason
from distserver.store import executors
from distserver.store.choice import Claim
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.wake import Bell, Listener
from tests.support.bench import Bench, run_bench, script
from tests.support.jobs import SENDER

LINE_BROKE = Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "the line broke")


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with run_bench(tmp_path, database_url) as made:
        yield made


def guard(bench: Bench, name: str) -> Guardian:
    """The guardian of the bench's worker, which looks when it is told to."""
    office = bench.office
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 0.0)
    itself = Executor(name, this_host(), os.getpid(), office.now, office.now)
    return Guardian(office.database, bench.ledger, upkeep, Lease(30.0), itself, Rhythm(2.0, 30.0, 90.0))


def calls(bench: Bench, method: str) -> int:
    return sum(call == method for call, _ in bench.channel.calls)


async def test_a_call_under_way_is_dropped_when_its_lease_is_lost(bench: Bench) -> None:
    """N4: the guardian notices that others have taken this worker for dead."""
    job = bench.office.submit()
    sending = asyncio.Event()
    dropped = asyncio.Event()

    async def hang(request: DeliveryRequest, watch: Watch) -> Outcome:
        sending.set()
        try:
            await asyncio.Event().wait()
        finally:
            dropped.set()
        raise AssertionError

    script(bench, hang, Completed(pages=3))
    await bench.look()
    ledger, dispatcher = bench.ledger, bench.dispatcher
    await asyncio.wait_for(sending.wait(), 30)
    assert bench.office.bury("worker-1") == 1
    bench.restart("worker-2")
    (row,) = await bench.run(job.id)
    assert (row.state, calls(bench, "adopt")) == (DeliveryState.COMPLETED, 1)
    ledger.lose_all()
    await asyncio.wait_for(dropped.wait(), 30)
    await dispatcher.drain(30)
    assert (ledger.held_keys(), dispatcher.under_way) == (set(), 0)
    assert bench.rows(job.id)[0].state is DeliveryState.COMPLETED


async def test_a_claim_whose_answer_was_lost_is_found_again(bench: Bench) -> None:
    """N4: committed, but the line to the database broke before it said so; there is no other worker."""
    job = bench.office.submit()
    claim, answers = bench.ledger._claim, 0

    def lose_answer(ask: Claim) -> tuple[list[Claimed], bool]:
        nonlocal answers
        found, answers = claim(ask), answers + 1
        if answers > 1:
            return found
        bench.ledger._taking.difference_update(one.key for one in found[0])  # as an error at the commit does
        raise StoreUnavailable("the line broke")

    bench.ledger._claim = lose_answer  # type: ignore[method-assign]
    (row,) = await bench.run(job.id)
    assert (row.state, answers) == (DeliveryState.PROCESSING, 2)
    guardian = guard(bench, "worker-1")
    guardian._free_unknown()
    assert (await bench.run(job.id))[0].state is DeliveryState.PROCESSING  # seen once, it may be a claim under way
    guardian._free_unknown()
    (row,) = await bench.run(job.id)
    assert (row.state, bench.office.row(job.id, 1).crashes) == (DeliveryState.COMPLETED, 0)


async def test_what_is_under_way_is_not_thought_lost(bench: Bench) -> None:
    """N4: the worker knows what it carries, also between the commit of a claim and its answer."""
    job = bench.office.submit()
    going, ended = asyncio.Event(), asyncio.Event()

    async def send(request: DeliveryRequest, watch: Watch) -> Outcome:
        going.set()
        await ended.wait()
        return Completed(pages=3)

    script(bench, send)
    await bench.look()
    await asyncio.wait_for(going.wait(), 30)
    guardian = guard(bench, "worker-1")
    for _ in range(3):
        await asyncio.to_thread(guardian._free_unknown)
    assert bench.office.row(job.id, 1).owner == "worker-1"
    ended.set()
    (row,) = await bench.run(job.id)
    assert (row.state, len(bench.channel.requests)) == (DeliveryState.COMPLETED, 1)


async def test_a_database_that_is_away_takes_no_room_from_what_is_under_way(bench: Bench) -> None:
    """N4: the dispatcher goes on looking, and what it carries ends."""
    job = bench.office.submit()
    failed = asyncio.Event()

    async def send(request: DeliveryRequest, watch: Watch) -> Outcome:
        await failed.wait()
        return Completed(pages=3)

    script(bench, send)
    claim, fails = bench.ledger.claim, 0

    async def fail_twice(room: int, urgent_room: int) -> tuple[list[Standing], bool]:
        nonlocal fails
        if bench.ledger.held_keys() and fails < 2:
            fails += 1
            if fails == 2:
                failed.set()
            raise StoreUnavailable("the database cannot be used just now")
        return await claim(room, urgent_room)

    bench.ledger.claim = fail_twice  # type: ignore[method-assign]
    running = asyncio.create_task(bench.dispatcher.run())
    async with asyncio.timeout(60):
        while not bench.office.query.get(job.id, SENDER).state.ended:
            bench.dispatcher.wake()
            await asyncio.sleep(0.01)
    later = bench.office.submit()
    async with asyncio.timeout(60):
        while not bench.office.query.get(later.id, SENDER).state.ended:
            await asyncio.sleep(0.01)
    bench.dispatcher.stop()
    await asyncio.wait_for(running, 30)
    await bench.dispatcher.drain(30)
    assert (fails, bench.dispatcher.under_way) == (2, 0)


async def test_what_no_database_takes_from_a_device_is_left_out(bench: Bench) -> None:
    """D15: NUL and halves of surrogate pairs in a device's words."""
    job = bench.office.submit()
    script(bench, Accepted("1 a\0b", True, None, ("media\0empty",), "\ud800 no\0paper"))
    (row,) = await asyncio.wait_for(bench.run(job.id), 60)
    assert (row.state, row.device_reasons, row.message) == (
        DeliveryState.PROCESSING,
        ("media", "empty"),
        "? no paper",
    )


async def test_a_row_that_cannot_be_written_stops_no_other(tmp_path: Path, database_url: str) -> None:
    with run_bench(tmp_path, database_url, "discard:one", "discard:two") as bench:
        job = bench.office.submit()
        commit = bench.ledger._commit

        def refuse_one(rows: Sequence[Any], now: float, *more: Any) -> tuple[list[str], set[int]]:
            if any(row.claimed.number == 1 and row.values["owner"] is None for row in rows):
                raise ValueError("this is no value for a column")
            return commit(rows, now, *more)

        bench.ledger._commit = refuse_one  # type: ignore[assignment,method-assign]
        refused, other = await asyncio.wait_for(bench.run(job.id), 60)
        assert (refused.state, other.state) == (DeliveryState.PROCESSING, DeliveryState.COMPLETED)
        assert bench.ledger.held_keys() == set()


async def test_a_delivery_whose_outcome_cannot_be_recorded_is_taken_up_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: by an error of our own; it is not left in the hands of a worker that has forgotten it."""
    job = bench.office.submit()
    script(bench, Completed(pages=3), Completed(pages=3))

    record, bugs = dispatch.record, [RuntimeError("a bug")]

    async def break_once(work: Work, outcome: Outcome) -> None:
        if bugs:
            raise bugs.pop()
        await record(work, outcome)

    monkeypatch.setattr(dispatch, "record", break_once)
    await bench.run(job.id)
    async with asyncio.timeout(30):
        while bench.office.row(job.id, 1).owner is not None:
            await asyncio.sleep(0.01)
    (row,) = await bench.run(job.id)
    assert (row.state, calls(bench, "deliver"), calls(bench, "adopt")) == (DeliveryState.COMPLETED, 1, 1)
    assert bench.office.row(job.id, 1).crashes == 0.25


async def test_a_device_that_does_not_stop_when_told_to_ends_with_the_deadline(bench: Bench) -> None:
    job = bench.office.submit()
    printing = Accepted("1", follow=True, reasons=("job-printing",))
    script(bench, printing, printing)
    await bench.run(job.id)
    assert bench.office.service.cancel(job.id, SENDER).asked == 1
    bench.office.now += 3601
    (row,) = await bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, Reason.UNCERTAIN)


async def test_what_may_be_printed_is_not_called_undelivered_at_the_deadline(bench: Bench) -> None:
    job = bench.office.submit()
    script(bench, LINE_BROKE)
    await bench.run(job.id)
    upkeep = Upkeep(bench.office.database, bench.office.spool, lambda documents: None, 0.0)
    assert upkeep.expire_deadlines(bench.office.now + 3601) == 1
    (row,) = bench.office.query.deliveries(job.id, SENDER)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, Reason.UNCERTAIN)


def test_a_refused_retry_changes_nothing(bench: Bench) -> None:
    """D4: a held job stays held when there is nothing to retry."""
    job = bench.office.submit(hold=True)
    with pytest.raises(Conflict):
        bench.office.service.retry(job.id, SENDER)
    assert bench.office.service.get(job.id, SENDER).held


@pytest.mark.parametrize("field", ["not_before", "deadline"])
def test_a_job_cannot_wait_until_no_calendar_can_show_it(bench: Bench, field: str) -> None:
    """N4, D4: one job of the year 9999 would take the list of jobs from everybody."""
    with pytest.raises(BadRequest, match="ten years"):
        bench.office.submit(**{field: 253402300799.0})
    assert bench.office.query.list(SENDER) == []


def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store' / 'distserver.sqlite'}", durable=True, pool=1)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (x)")
    database.close()
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "store").iterdir()} == {0}


async def test_a_device_that_asks_for_months_is_asked_again_sooner(bench: Bench) -> None:
    """D15: Retry-After of a broken web server: neither failed at once, nor waited for."""
    job = bench.office.submit()
    script(bench, Deferred(OutcomeKind.BUSY, Reason.BUSY, "HTTP 503", not_before=9_999_999.0))
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.PENDING_RETRY
    assert row.next_try == bench.office.now + 900


@pytest.mark.parametrize("part", ["dispatcher", "prober"])
async def test_a_worker_whose_loop_broke_ends_and_is_started_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """N4: alive, but carrying nothing, it would keep others from taking over."""

    def break_down(*_: object) -> None:
        raise RuntimeError("a bug")

    broken = {"dispatcher": (bench.ledger, "bring_back"), "prober": (bench.suspensions, "take_probes")}
    monkeypatch.setattr(*broken[part], break_down)
    listener = Listener(bench.office.database, bench.dispatcher.wake)
    guardian = guard(bench, "worker-1")
    bench.office.forget_worker("worker-1")
    worker = Worker(bench.ledger, bench.dispatcher, bench.prober, guardian, listener, lambda: None)
    async with asyncio.timeout(60):
        await worker._run(lambda: None)
    with bench.office.database.read() as connection:
        assert executors.list_executors(connection) == []
    Bell(bench.office.database).ring()  # its listener ends


def test_a_bell_that_rings_when_the_worker_has_ended_harms_nobody(bench: Bench) -> None:
    """Its thread may hear one more ring after the loop is closed."""

    async def run_shortly() -> None:
        bench.dispatcher.stop()
        await bench.dispatcher.run()

    asyncio.run(run_shortly())
    bench.dispatcher.wake()
