"""What a worker may take, and what becomes of it (N4): claims, leases, outcomes on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.jobs.ledger import Ledger, Standing
from distserver.jobs.lifecycle import Event
from distserver.model.jobs import BatchRef, JobView
from distserver.model.states import DeliveryState, Evidence, JobState, Priority
from distserver.store import deliveries
from tests.support.jobs import SENDER, Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=3)
    yield made
    made.close()


def worker(office: Office, name: str) -> Ledger:
    return Ledger(office.database, name, lease_seconds=30.0, clock=lambda: office.now)


def batch(job: JobView, number: int = 0) -> BatchRef:
    return BatchRef(job.id, number, Priority.NORMAL)


def numbers(standings: list[Standing]) -> list[int]:
    return [standing.claimed.number for standing in standings]


async def test_a_claimed_delivery_is_nobody_elses(office: Office) -> None:
    job = office.submit()
    one, other = worker(office, "one"), worker(office, "other")
    assert numbers(await one.claim(batch(job), 2)) == [1, 2]
    assert numbers(await other.claim(batch(job), 9)) == [3]
    assert await one.claim(batch(job), 9) == []
    assert office.query.get(job.id, SENDER).state is JobState.PROCESSING


async def test_one_at_a_time_to_a_destination_and_oldest_first(office: Office) -> None:
    """D15, N4: across jobs, within a priority the older goes first."""
    first, second = office.submit(), office.submit()
    ledger = worker(office, "w")
    assert await ledger.claim(batch(second), 9) == []
    held = await ledger.claim(batch(first), 1)
    assert await ledger.claim(batch(second), 9) == []
    await ledger.settle(held[0], Event.COMPLETE)
    assert numbers(await ledger.claim(batch(second), 9)) == [1]


async def test_urgent_goes_before_what_waits(office: Office) -> None:
    normal, urgent = office.submit(), office.submit(priority=Priority.URGENT)
    ledger = worker(office, "w")
    assert numbers(await ledger.claim(batch(urgent), 9)) == [1, 2, 3]
    assert await ledger.claim(batch(normal), 9) == []


async def test_what_waits_for_later_does_not_stand_in_the_way(office: Office) -> None:
    office.submit(not_before=office.now + 1000)
    office.submit(hold=True)
    assert numbers(await worker(office, "w").claim(batch(office.submit()), 9)) == [1, 2, 3]


async def test_a_dead_workers_deliveries_are_taken_over_as_uncertain(office: Office) -> None:
    """N4: what may have reached the device is known to be uncertain."""
    job = office.submit()
    dead, living = worker(office, "dead"), worker(office, "living")
    sent, unsent = await dead.claim(batch(job), 2)
    sent.uncertain = True
    await dead.write(sent)
    assert numbers(await living.claim(batch(job), 9)) == [3]
    office.now += 31
    taken = await living.claim(batch(job), 9)
    assert [(s.claimed.number, s.claimed.uncertain, s.claimed.crashes) for s in taken] == [
        (1, True, 1),
        (2, False, 1),
    ]
    assert taken[0].claimed.id == sent.claimed.id
    # The dead one wakes up after all: what it writes is too late, and does no harm.
    await dead.settle(sent, Event.FAIL)
    assert office.query.delivery(job.id, 1, SENDER)[0].state is DeliveryState.PROCESSING
    await living.settle(taken[0], Event.COMPLETE)
    assert office.query.delivery(job.id, 1, SENDER)[0].state is DeliveryState.COMPLETED
    assert unsent.claimed.number == 2


async def test_a_live_lease_is_renewed(office: Office) -> None:
    job = office.submit()
    ledger = worker(office, "w")
    await ledger.claim(batch(job), 9)
    office.now += 29
    with office.database.begin() as connection:
        deliveries.renew(connection, "w", ledger.held_keys(), office.now + 30)
    office.now += 29
    assert await worker(office, "other").claim(batch(job), 9) == []


async def test_what_the_device_has_is_looked_after_and_not_counted_as_a_try(office: Office) -> None:
    job = office.submit()
    ledger = worker(office, "w")
    (standing, *_) = await ledger.claim(batch(job), 9)
    standing.accepted, standing.remote_id, standing.due = True, "77", office.now + 5
    standing.evidence = Evidence.ACCEPTED
    await ledger.settle(standing, Event.ACCEPT)
    assert await worker(office, "other").claim(batch(job), 9) == []
    office.now += 6
    (again,) = await worker(office, "other").claim(batch(job), 9)
    assert (again.claimed.accepted, again.claimed.remote_id, again.claimed.attempt) == (True, "77", 1)


async def test_a_deferred_delivery_comes_back_when_it_is_due(office: Office) -> None:
    job = office.submit()
    ledger = worker(office, "w")
    (standing, *_) = await ledger.claim(batch(job), 1)
    standing.due, standing.fresh_name, standing.reason = office.now + 60, True, "server-error-busy"
    await ledger.settle(standing, Event.DEFER)
    delivery, attempts = office.query.delivery(job.id, 1, SENDER)
    assert (delivery.state, delivery.reason, delivery.next_try) == (
        DeliveryState.PENDING_RETRY,
        "server-error-busy",
        office.now + 60,
    )
    assert [attempt.outcome for attempt in attempts] == ["defer"]
    with office.database.read() as connection:
        assert deliveries.batch_left(connection, batch(job)) == (3, office.now)
    office.now += 61
    again = await ledger.claim(batch(job), 9)
    assert again[0].claimed.id == f"{job.id}-1.1"
    assert again[0].claimed.attempt == 2


async def test_canceled_while_under_way_is_not_tried_again(office: Office) -> None:
    job = office.submit()
    ledger = worker(office, "w")
    (standing, *_) = await ledger.claim(batch(job), 9)
    office.service.cancel(job.id, SENDER)
    with office.database.read() as connection:
        assert standing.claimed.key in deliveries.cancel_requests(connection, "w")
    standing.due = office.now + 60
    await ledger.settle(standing, Event.DEFER)
    assert office.query.delivery(job.id, 1, SENDER)[0].state is DeliveryState.CANCELED


async def test_the_job_ends_with_its_last_delivery(office: Office) -> None:
    job = office.submit()
    ledger = worker(office, "w")
    for number, standing in enumerate(await ledger.claim(batch(job), 9)):
        assert not office.query.get(job.id, SENDER).state.ended
        await ledger.settle(standing, Event.FAIL if number == 1 else Event.COMPLETE)
    found = office.query.get(job.id, SENDER)
    assert (found.state, found.reasons) == (JobState.COMPLETED, ("completed-with-errors",))
    assert ledger.held_keys() == []


async def test_outcomes_of_many_are_written_together(office: Office) -> None:
    """Group commit: a hundred outcomes are a few transactions."""
    big = Office(office.root / "big", office.url, size=100)
    job = big.submit()
    commits = 0
    original = big.database.begin

    def counted() -> object:
        nonlocal commits
        commits += 1
        return original()

    big.database.begin = counted  # type: ignore[assignment,method-assign]
    ledger = worker(big, "w")
    held = [s for number in range(25) for s in await ledger.claim(BatchRef(job.id, number, Priority.NORMAL), 9)]
    assert len(held) == 100
    commits = 0
    await asyncio.gather(*(ledger.settle(standing, Event.COMPLETE) for standing in held))
    assert commits <= 3
    assert big.query.get(job.id, SENDER).state is JobState.COMPLETED
    big.close()


async def test_what_users_do_and_what_workers_write_do_not_wait_for_each_other(office: Office) -> None:
    """N4, N7: whoever changes a job and its deliveries takes the job first."""
    job = office.submit()
    ledger = worker(office, "w")
    ended = asyncio.Event()

    def operate() -> None:
        while not ended.is_set():
            office.service.hold(job.id, SENDER)
            office.service.release(job.id, SENDER)

    users = [asyncio.create_task(asyncio.to_thread(operate)) for _ in range(2)]
    try:
        for _ in range(150):
            office.now += 1
            for standing in await ledger.claim(batch(job), 9):
                standing.due = 0.0
                await ledger.settle(standing, Event.DEFER)
    finally:
        ended.set()
    await asyncio.gather(*users)
