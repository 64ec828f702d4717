"""What a worker may take, and what becomes of it (N4): claims, outcomes, takeover on a real store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from distserver.errors import StoreUnavailable
from distserver.jobs.ledger import Ledger
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.model.states import DeliveryState, Evidence, JobState, Priority, Queue, Reason
from distserver.store import deliveries
from distserver.store.tables import delivery
from tests.support.jobs import SENDER, Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=3)
    yield made
    made.close()


def numbers(standings: list[Standing]) -> list[int]:
    return [standing.claimed.number for standing in standings]


def jobs_of(standings: list[Standing]) -> list[str]:
    return [standing.claimed.job_id for standing in standings]


async def take(ledger: Ledger, room: int = 9, urgent: int | None = None) -> list[Standing]:
    """What a worker with so much room gets, when all that has come due is up."""
    await ledger.bring_back()
    return (await ledger.claim(room, room if urgent is None else urgent))[0]


async def test_a_claimed_delivery_is_nobody_elses(office: Office) -> None:
    job = office.submit()
    one, other = office.ledger("one"), office.ledger("other")
    assert numbers(await take(one, 2)) == [1, 2]
    assert numbers(await take(other)) == [3]
    assert await take(one) == []
    assert office.query.get(job.id, SENDER).state is JobState.PROCESSING


async def test_what_was_canceled_is_over_at_its_destination_alone(office: Office) -> None:
    """What a killed worker left of it on a printer may be removed: nothing else that bears its name."""
    job, other = office.submit(), office.submit()
    uri, elsewhere = (str(office.row(job.id, number).destination) for number in (1, 2))
    ledger = office.ledger("one")
    names = [f"{job.id}-1", f"{job.id}-1.3", f"{job.id}-2", f"{other.id}-1", "somebody's", f"{job.id}-1x", ""]
    assert await ledger.find_over(uri, names) == {}
    office.service.cancel(job.id, SENDER)
    assert await ledger.find_over(uri, names) == {f"{job.id}-1": SENDER.name, f"{job.id}-1.3": SENDER.name}
    assert await ledger.find_over(elsewhere, names) == {f"{job.id}-2": SENDER.name}
    with office.database.begin() as connection:
        connection.execute(delivery.update().values(state="completed"))
    assert await ledger.find_over(uri, names) == {}, "its document may be there"


async def test_one_at_a_time_to_a_destination_and_oldest_first(office: Office) -> None:
    """D15, N4: across jobs, within a priority the older goes first."""
    first, second = office.submit(), office.submit()
    ledger = office.ledger("w")
    held = await take(ledger)
    assert jobs_of(held) == [first.id] * 3
    assert await take(ledger) == []
    waiting = office.query.deliveries(second.id, SENDER)
    assert {row.reason for row in waiting} == {Reason.WAITS_FOR_DESTINATION}
    await ledger.settle(held[0], Event.COMPLETE)
    (next_one,) = await take(ledger)
    assert (next_one.claimed.job_id, next_one.claimed.number) == (second.id, 1)


async def test_urgent_goes_before_what_waits(office: Office) -> None:
    normal, urgent = office.submit(), office.submit(priority=Priority.URGENT)
    ledger = office.ledger("w")
    held = await take(ledger)
    assert jobs_of(held) == [urgent.id] * 3
    for standing in held:
        await ledger.settle(standing, Event.COMPLETE)
    assert jobs_of(await take(ledger)) == [normal.id] * 3


async def test_what_waits_for_later_does_not_stand_in_the_way(office: Office) -> None:
    office.submit(not_before=office.now + 1000)
    office.submit(hold=True)
    job = office.submit()
    assert jobs_of(await take(office.ledger("w"))) == [job.id] * 3


async def test_a_dead_workers_deliveries_are_taken_over_as_uncertain(office: Office) -> None:
    """N4: what may have reached the device is known to be uncertain."""
    job = office.submit()
    dead, living = office.ledger("dead"), office.ledger("living")
    sent, unsent = await take(dead, 2)
    sent.uncertain = True
    assert await dead.write(sent)
    assert numbers(await take(living)) == [3]
    assert office.bury("dead", 0.25) == 2
    taken = await take(living)
    assert [(s.claimed.number, s.claimed.uncertain, s.claimed.crashes) for s in taken] == [
        (1, True, 0.25),
        (2, False, 0.25),
    ]
    assert taken[0].claimed.id == sent.claimed.id
    # The dead one wakes up after all: what it writes is too late, and does no harm.
    assert not await dead.write(unsent)
    await dead.settle(sent, Event.FAIL)
    assert office.query.delivery(job.id, 1, SENDER)[0].state is DeliveryState.PROCESSING
    await living.settle(taken[0], Event.COMPLETE)
    assert office.query.delivery(job.id, 1, SENDER)[0].state is DeliveryState.COMPLETED
    assert unsent.claimed.number == 2


async def test_what_a_living_worker_holds_stays_its_own(office: Office) -> None:
    """However long it takes: only who is seen to be dead is taken over from."""
    office.submit()
    ledger = office.ledger("w")
    assert len(await take(ledger)) == 3
    office.now += 86_400
    assert await take(office.ledger("other")) == []


async def test_what_the_device_has_is_looked_after_and_not_counted_as_a_try(office: Office) -> None:
    office.submit()
    ledger = office.ledger("w")
    (standing, *_) = await take(ledger)
    standing.accepted, standing.remote_id, standing.due = True, "77", office.now + 5
    standing.evidence = Evidence.ACCEPTED
    await ledger.settle(standing, Event.ACCEPT)
    assert await take(office.ledger("other")) == []
    office.now += 6
    (again,) = await take(office.ledger("other"))
    assert (again.claimed.accepted, again.claimed.remote_id, again.claimed.attempt) == (True, "77", 1)


async def test_a_deferred_delivery_comes_back_when_it_is_due(office: Office) -> None:
    job = office.submit()
    ledger = office.ledger("w")
    (standing, *_) = await take(ledger, 1)
    standing.due, standing.fresh_name, standing.reason = office.now + 60, True, "server-error-busy"
    await ledger.settle(standing, Event.DEFER)
    delivery, attempts = office.query.delivery(job.id, 1, SENDER)
    assert (delivery.state, delivery.reason, delivery.next_try) == (
        DeliveryState.PENDING_RETRY,
        "server-error-busy",
        office.now + 60,
    )
    assert [attempt.outcome for attempt in attempts] == ["defer"]
    assert numbers(await take(ledger, 9)) == [2, 3]
    assert await ledger.bring_back() == office.now + 60
    office.now += 61
    again = await take(ledger)
    assert again[0].claimed.id == f"{job.id}-1.1"
    assert again[0].claimed.attempt == 2


async def test_canceled_while_under_way_is_not_tried_again(office: Office) -> None:
    job = office.submit()
    ledger = office.ledger("w")
    (standing, *_) = await take(ledger)
    office.service.cancel(job.id, SENDER)
    with office.database.read() as connection:
        assert standing.claimed.key in deliveries.cancel_requests(connection, "w")
    standing.due, standing.message = office.now + 60, "refused"
    await ledger.settle(standing, Event.DEFER)
    found = office.query.delivery(job.id, 1, SENDER)[0]
    assert (found.state, found.message) == (DeliveryState.CANCELED, "")


async def test_the_job_ends_with_its_last_delivery(office: Office) -> None:
    job = office.submit()
    ledger = office.ledger("w")
    for number, standing in enumerate(await take(ledger)):
        assert not office.query.get(job.id, SENDER).state.ended
        await ledger.settle(standing, Event.FAIL if number == 1 else Event.COMPLETE)
    found = office.query.get(job.id, SENDER)
    assert (found.state, found.reasons) == (JobState.COMPLETED, ("completed-with-errors",))
    assert ledger.held_keys() == set()


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
    ledger = big.ledger("w")
    held = await take(ledger, 100)
    assert len(held) == 100
    commits = 0
    await asyncio.gather(*(ledger.settle(standing, Event.COMPLETE) for standing in held))
    assert commits <= 3
    assert big.query.get(job.id, SENDER).state is JobState.COMPLETED
    big.close()


async def test_a_place_is_free_when_the_outcome_is_on_the_disk_and_not_with_a_note_before(office: Office) -> None:
    """N4: a place that is told free too early is looked at too early, and what waits for it is left to the sweeper."""
    job = office.submit()
    ledger = office.ledger("w")
    (standing, *_) = await take(ledger, 1)
    loop, writing, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    commit = ledger._commit

    def wait_and_commit(*what: Any) -> tuple[list[str], set[int]]:
        loop.call_soon_threadsafe(writing.set)
        go_on.wait(30)
        return commit(*what)

    ledger._commit = wait_and_commit  # type: ignore[method-assign]
    seen: list[DeliveryState] = []
    ledger.on_end = lambda: seen.append(office.query.delivery(job.id, 1, SENDER)[0].state)
    ledger.note(standing)
    await asyncio.wait_for(writing.wait(), 30)
    settling = asyncio.create_task(ledger.settle(standing, Event.COMPLETE))
    await asyncio.sleep(0)
    assert standing.let_go
    go_on.set()
    await asyncio.wait_for(settling, 30)
    assert (seen, ledger.held_keys()) == ([DeliveryState.COMPLETED], set())


async def test_a_job_that_is_released_while_the_database_is_away_is_not_held(office: Office) -> None:
    """N4: what a commit found that failed is no longer so when it is tried again."""
    job = office.submit()
    ledger = office.ledger("w")
    (standing, *_) = await take(ledger, 1)
    office.service.hold(job.id, SENDER)
    begin = office.database.begin

    @contextmanager
    def fail_once() -> Iterator[sa.Connection]:
        try:
            with begin() as connection:
                yield connection
                raise StoreUnavailable("the database went away at the commit")
        finally:
            office.database.begin = begin  # type: ignore[method-assign]
            office.service.release(job.id, SENDER)

    office.database.begin = fail_once  # type: ignore[method-assign]
    standing.due = office.now + 60
    await ledger.settle(standing, Event.DEFER)
    row = office.row(job.id, 1)
    assert (row.state, row.queue) == (DeliveryState.PENDING_RETRY, Queue.TIMED)


async def test_what_users_do_and_what_workers_write_do_not_wait_for_each_other(office: Office) -> None:
    """N4, N7: whoever changes a job and its deliveries takes the job first."""
    job = office.submit()
    ledger = office.ledger("w")
    ended = asyncio.Event()

    def operate() -> None:
        while not ended.is_set():
            office.service.hold(job.id, SENDER)
            office.service.release(job.id, SENDER)

    users = [asyncio.create_task(asyncio.to_thread(operate)) for _ in range(2)]
    try:
        for _ in range(150):
            office.now += 1
            for standing in await take(ledger):
                standing.due = 0.0
                await ledger.settle(standing, Event.DEFER)
    finally:
        ended.set()
    await asyncio.gather(*users)
