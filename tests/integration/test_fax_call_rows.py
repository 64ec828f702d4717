"""The log of calls on each database (D15, N7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import Forbidden
from distserver.jobs.fax_calls import FaxCalls
from distserver.jobs.lifecycle import Event
from distserver.jobs.upkeep import Upkeep
from distserver.model.fax_calls import FaxCallRecord
from distserver.store import fax_calls
from tests.support.jobs import OPERATOR, SENDER, Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=2)
    yield made
    made.close()


def make_call(call: str, pages: int, seconds: int | None = 60) -> FaxCallRecord:
    return FaxCallRecord("tokyo:4559", call, "+81335550100", pages, seconds, "FAR", "9600 bit/s", "", "30JPY")


async def test_deliveries_that_ride_one_call_are_one_line(office: Office) -> None:
    job = office.submit()
    ledger = office.ledger("w")
    (first, second), _ = await ledger.claim(2, 2)
    first.call, second.call = make_call("000000007", 2, 40), make_call("000000007", 3, 70)
    first.due = office.now
    await ledger.settle(first, Event.DEFER)
    await ledger.settle(second, Event.COMPLETE)
    with office.database.begin() as connection:  # another try, and a call that is told anew after a crash
        calls = [(first.claimed, make_call("000000008", 1)), (second.claimed, make_call("000000007", 9, 900))]
        fax_calls.insert(connection, calls, office.now)
    later, earlier = FaxCalls(office.database).list(OPERATOR, 200)
    assert (later.record.call, later.record.pages, later.cost) == ("000000008", 1, "30.00 JPY")
    assert (earlier.record.call, earlier.record.pages, earlier.record.seconds) == ("000000007", 5, 70)
    assert earlier.cost == "35.00 JPY"
    assert earlier.jobs == (job.id,)


async def test_a_call_of_which_the_server_says_little(office: Office) -> None:
    await settle_one(office, FaxCallRecord("tokyo:4559", "7", "+81335550100", 0, identity="\0"))
    (entry,) = FaxCalls(office.database).list(OPERATOR, 200)
    assert (entry.cost, entry.record.seconds, entry.record.identity) == ("", None, " ")


async def test_calls_are_forgotten_with_their_receipts(office: Office) -> None:
    await settle_one(office, make_call("7", 1))
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 3600.0)
    upkeep.forget_jobs(office.now)
    assert len(FaxCalls(office.database).list(OPERATOR, 200)) == 1
    upkeep.forget_jobs(office.now + 1)
    assert FaxCalls(office.database).list(OPERATOR, 200) == []


def test_senders_do_not_see_the_calls_of_others(office: Office) -> None:
    with pytest.raises(Forbidden):
        FaxCalls(office.database).list(SENDER, 200)


async def settle_one(office: Office, record: FaxCallRecord) -> None:
    """A delivery that has ended with this call."""
    office.submit()
    ledger = office.ledger("w")
    (one,), _ = await ledger.claim(1, 1)
    one.call = record
    await ledger.settle(one, Event.COMPLETE)
