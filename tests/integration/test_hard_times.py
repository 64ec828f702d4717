"""N4 when things go wrong beside the deliveries: workers that were thought dead, databases that lose an answer or
refuse a row, devices that vanish with the document, users that cancel what may be printed already."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from distserver.deliver.contract import Accepted, Completed, Deferred, DeliveryRequest, Outcome, Watch
from distserver.errors import BadRequest, Conflict, StoreUnavailable
from distserver.jobs.ledger import Standing
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import BatchRef, Claimed
from distserver.model.states import DeliveryState, OutcomeKind, Reason
from distserver.store import deliveries
from distserver.store.database import Database
from tests.support.bench import Bench, run_bench, script
from tests.support.jobs import SENDER

LINE_BROKE = Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "the line broke")


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with run_bench(tmp_path, database_url) as made:
        yield made


def calls(bench: Bench, method: str) -> int:
    return sum(call == method for call, _ in bench.channel.calls)


async def test_a_call_under_way_is_dropped_when_its_lease_is_lost(bench: Bench) -> None:
    """N4: the guardian notices that the lease cannot be renewed."""
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
    first, ledger, runner = asyncio.create_task(bench.run(job.id)), bench.ledger, bench.runner
    await asyncio.wait_for(sending.wait(), 30)
    bench.office.now += 31
    bench.restart("worker-2")
    (row,) = await bench.run(job.id)
    assert (row.state, calls(bench, "adopt")) == (DeliveryState.COMPLETED, 1)
    with bench.office.database.begin() as connection:
        lost = deliveries.renew(connection, "worker-1", ledger.held_keys(), bench.office.now + 30)
    ledger.lose(lost)
    await asyncio.wait_for(dropped.wait(), 30)
    await asyncio.wait_for(first, 30)
    assert (ledger.held_keys(), runner._free) == ([], 64)


async def test_a_claim_whose_answer_was_lost_is_found_again(bench: Bench) -> None:
    """N4: committed, but the line to the database broke before it said so; there is no other worker."""
    job = bench.office.submit()
    claim, answers = bench.ledger._claim, 0

    def lose_answer(batch: BatchRef, limit: int, known: frozenset[int]) -> list[Claimed]:
        nonlocal answers
        found, answers = claim(batch, limit, known), answers + 1
        if answers > 1:
            return found
        bench.ledger._taking.difference_update(one.key for one in found)  # as an error at the commit does
        raise StoreUnavailable("the line broke")

    bench.ledger._claim = lose_answer  # type: ignore[method-assign]
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.PROCESSING
    bench.office.now += 31
    (row,) = await bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED


async def test_a_database_that_is_away_takes_no_room_from_what_is_under_way(bench: Bench) -> None:
    job = bench.office.submit()
    failed = asyncio.Event()

    async def send(request: DeliveryRequest, watch: Watch) -> Outcome:
        await failed.wait()
        return Completed(pages=3)

    script(bench, send)
    claim, free = bench.ledger.claim, bench.runner._free

    async def fail_once(batch: BatchRef, limit: int) -> list[Standing]:
        if bench.ledger.held_keys() and not failed.is_set():
            failed.set()
            raise StoreUnavailable("the database cannot be used just now")
        return await claim(batch, limit)

    bench.ledger.claim = fail_once  # type: ignore[method-assign]
    (row,) = await bench.run(job.id)
    assert (row.state, bench.runner._free) == (DeliveryState.COMPLETED, free)


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

        def refuse_one(rows: Sequence[Any], now: float) -> tuple[list[str], set[int]]:
            if any(claimed.number == 1 and values["owner"] is None for values, claimed, *_ in rows):
                raise ValueError("this is no value for a column")
            return commit(rows, now)

        bench.ledger._commit = refuse_one  # type: ignore[assignment,method-assign]
        refused, other = await asyncio.wait_for(bench.run(job.id), 60)
        assert (refused.state, other.state) == (DeliveryState.PROCESSING, DeliveryState.COMPLETED)
        assert bench.ledger.held_keys() == []


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
