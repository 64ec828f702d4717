"""Who goes first (D4): senders take turns, urgent goes before, later and held ones line up when they may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.jobs.ledger import Ledger
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.model.jobs import Actor, JobView
from distserver.model.states import DeliveryState, OutcomeKind, Priority
from tests.support.jobs import OPERATOR, SENDER, Office

TARO = Actor("taro", "sender")


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


def submit(office: Office, by: Actor, name: str, count: int, **fields: object) -> JobView:
    """A job to destinations that no other job has."""
    return office.submit(by=by, groups=(), destinations=tuple(f"discard:{name}{n}" for n in range(count)), **fields)


async def serve(ledger: Ledger, turns: int) -> list[Standing]:
    """One after the other is carried, as when there is room for one; in order."""
    served: list[Standing] = []
    while len(served) < turns:
        await ledger.bring_back()
        taken, _ = await ledger.claim(1, 1)
        if not taken:
            break
        for one in taken:
            served.append(one)
            await ledger.settle(one, Event.COMPLETE)
    return served


def senders(served: list[Standing]) -> Counter[str]:
    return Counter(one.claimed.sender for one in served)


async def test_ten_pages_do_not_wait_for_ten_thousand(office: Office) -> None:
    """D4: the ten go out in turn with the others, wherever the long job has come."""
    submit(office, TARO, "many", 10_000)
    ledger = office.ledger("w")
    first, _ = await ledger.claim(300, 300)
    for one in first[:100]:
        await ledger.settle(one, Event.COMPLETE)
    submit(office, SENDER, "few", 10)
    served = await serve(ledger, 22)
    assert senders(served)[SENDER.name] == 10


async def test_a_second_long_job_takes_turns_with_the_first_and_not_its_place(office: Office) -> None:
    """D4: also when an early delivery of the first has just come back from a try long ago."""
    submit(office, TARO, "first", 600)
    ledger = office.ledger("w")
    (early, *others), _ = await ledger.claim(300, 300)
    early.due, early.tried = office.now + 5, OutcomeKind.OURS
    await ledger.settle(early, Event.DEFER)
    for one in others[:280]:
        await ledger.settle(one, Event.COMPLETE)
    office.now += 6
    await ledger.bring_back()
    submit(office, SENDER, "second", 600)
    among = senders(await serve(ledger, 60))
    assert abs(among[TARO.name] - among[SENDER.name]) <= 2


async def test_a_senders_second_job_waits_for_their_first(office: Office) -> None:
    """D4: many small jobs are no way round the turns."""
    for number in range(5):
        submit(office, TARO, f"part{number}-", 20)
    submit(office, SENDER, "few", 10)
    among = senders(await serve(office.ledger("w"), 20))
    assert among[SENDER.name] >= 9


async def test_what_is_held_lines_up_when_it_is_released(office: Office) -> None:
    """D4: who held a job has no place in front of those who did not."""
    held = submit(office, TARO, "held", 200, hold=True)
    submit(office, SENDER, "long", 200)
    ledger = office.ledger("w")
    before = senders(await serve(ledger, 50))
    assert before == {SENDER.name: 50}
    office.service.release(held.id, OPERATOR)
    among = senders(await serve(ledger, 60))
    assert abs(among[TARO.name] - among[SENDER.name]) <= 2


async def test_what_is_for_later_lines_up_when_its_time_comes(office: Office) -> None:
    submit(office, TARO, "later", 200, not_before=office.now + 100)
    submit(office, SENDER, "long", 200)
    ledger = office.ledger("w")
    assert senders(await serve(ledger, 50)) == {SENDER.name: 50}
    office.now += 101
    among = senders(await serve(ledger, 60))
    assert abs(among[TARO.name] - among[SENDER.name]) <= 2


async def test_what_is_released_before_its_time_has_come_lines_up_only_then(office: Office) -> None:
    """D4: a job for later is no way round the turns, whoever holds and releases it meanwhile."""
    later = submit(office, TARO, "later", 200, not_before=office.now + 100)
    office.service.release(later.id, TARO)
    submit(office, SENDER, "long", 200)
    ledger = office.ledger("w")
    assert senders(await serve(ledger, 100)) == {SENDER.name: 100}
    office.now += 101
    among = senders(await serve(ledger, 60))
    assert abs(among[TARO.name] - among[SENDER.name]) <= 2


@pytest.mark.parametrize("first", [Priority.URGENT, Priority.NORMAL])
async def test_a_higher_priority_goes_before_all_of_a_lower(office: Office, first: Priority) -> None:
    lower = {Priority.URGENT: Priority.NORMAL, Priority.NORMAL: Priority.BULK}[first]
    submit(office, TARO, "low", 50, priority=lower)
    submit(office, SENDER, "high", 20, priority=first)
    ledger = office.ledger("w")
    assert senders(await serve(ledger, 20)) == {SENDER.name: 20}
    assert senders(await serve(ledger, 5)) == {TARO.name: 5}


async def test_urgent_has_room_when_the_room_for_others_is_full(office: Office) -> None:
    """D4: it never waits for what is under way."""
    submit(office, TARO, "many", 30)
    ledger = office.ledger("w")
    assert len((await ledger.claim(10, 14))[0]) == 10
    urgent = submit(office, SENDER, "urgent", 30, priority=Priority.URGENT)
    taken, _ = await ledger.claim(0, 4)
    assert [one.claimed.job_id for one in taken] == [urgent.id] * 4
    assert (await ledger.claim(-4, 0))[0] == []
    rows = office.query.deliveries(urgent.id, OPERATOR)
    assert Counter(row.state for row in rows) == {DeliveryState.PROCESSING: 4, DeliveryState.PENDING: 26}


async def test_at_one_destination_the_oldest_goes_first_whoevers_turn_it_is(office: Office) -> None:
    """D15: papers come out in the order in which they were sent."""
    early = [submit(office, TARO, f"other{number}-", 5) for number in range(4)]
    assert early
    old = office.submit(by=TARO, groups=(), destinations=("discard:shared",))
    young = office.submit(by=SENDER, groups=(), destinations=("discard:shared",))
    assert office.row(young.id, 1).turn < office.row(old.id, 1).turn
    served = await serve(office.ledger("w"), 22)
    at = [one.claimed.job_id for one in served if one.claimed.destination.address.uri == "discard:shared"]
    assert at == [old.id, young.id]
