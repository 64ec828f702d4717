"""How many deliveries are at one place at once (D15, N4), whatever number of jobs and workers there are."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.jobs.ledger import Ledger, LedgerRules
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.jobs.upkeep import Upkeep
from distserver.model.states import DeliveryState, OutcomeKind, Reason
from distserver.store.choice import Limits
from distserver.store.tables import delivery
from tests.support.jobs import OPERATOR, SENDER, Office

ONE, TWO = "ipp://192.0.2.1/ipp/print", "ipp://192.0.2.1/ipp/second"
NEAR, FAR = "ipp://192.0.2.9/ipp/print", "ipp://198.51.100.1/ipp/print"
THREE_AT_ONCE = "ipp://203.0.113.5/ipp/print"
PLACES = (ONE, TWO, NEAR, FAR, THREE_AT_ONCE, "discard:one")


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, lines={THREE_AT_ONCE: (("at-once", "3"),)})
    yield made
    made.close()


def send(office: Office, *places: str, times: int = 1) -> None:
    document = office.document()
    for _ in range(times):
        office.submit(groups=(), destinations=places, documents=(document,))


def places(standings: list[Standing]) -> Counter[str]:
    return Counter(one.claimed.destination.address.uri for one in standings)


async def test_a_line_says_how_many_go_to_a_destination_at_once(office: Office) -> None:
    send(office, ONE, THREE_AT_ONCE, times=5)
    one, other = office.ledger("one"), office.ledger("other")
    taken = (await one.claim(2, 2))[0] + (await other.claim(50, 50))[0] + (await one.claim(50, 50))[0]
    assert places(taken) == {ONE: 1, THREE_AT_ONCE: 3}
    ended = next(one for one in taken if one.claimed.destination.address.uri == THREE_AT_ONCE)
    await (one if ended.owner == "one" else other).settle(ended, Event.COMPLETE)
    again = (await one.claim(50, 50))[0] + (await other.claim(50, 50))[0]
    assert places(again) == {THREE_AT_ONCE: 1}


@pytest.mark.parametrize(
    ("limits", "first", "then"),
    [
        (Limits(), {ONE: 1, TWO: 1, NEAR: 1, FAR: 1}, {}),
        (Limits(host=1), {ONE: 1, NEAR: 1, FAR: 1}, {TWO: 1}),
        (Limits(subnet=2), {ONE: 1, TWO: 1, FAR: 1}, {NEAR: 1}),
        (Limits(host=1, subnet=1), {ONE: 1, FAR: 1}, {TWO: 1}),
    ],
)
async def test_hosts_and_subnets_have_limits_of_their_own(
    office: Office, limits: Limits, first: dict[str, int], then: dict[str, int]
) -> None:
    """D15: queues of one print server, branches behind one thin line; over all workers."""
    send(office, ONE, TWO, NEAR, FAR)
    one = office.ledger("one", LedgerRules(limits))
    other = office.ledger("other", LedgerRules(limits))
    taken = (await one.claim(1, 1))[0] + (await other.claim(9, 9))[0] + (await one.claim(9, 9))[0]
    assert places(taken) == first
    for standing in taken:
        if standing.claimed.destination.address.uri == ONE:
            await one.settle(standing, Event.COMPLETE)
    assert places((await one.claim(9, 9))[0]) == then


async def test_what_waits_for_a_place_says_so(office: Office) -> None:
    """N6: with the reason, and no time that nobody knows."""
    send(office, ONE, times=2)
    await office.ledger("w").claim(9, 9)
    waiting = [job for job in office.query.list(OPERATOR) if job.counts.pending]
    (row,) = office.query.deliveries(waiting[0].id, SENDER)
    assert (row.state, row.reason) == (DeliveryState.PENDING, Reason.WAITS_FOR_DESTINATION)


async def test_what_waits_behind_many_of_its_place_is_found_by_the_sweeper_when_a_worker_died(office: Office) -> None:
    """N4: the one who freed the place died before it could say so."""
    send(office, ONE, times=2)
    dying = office.ledger("dying")
    (standing,) = (await dying.claim(9, 9))[0]
    await dying.settle(standing, Event.COMPLETE)
    living = office.ledger("living")
    assert (await living.claim(9, 9))[0] == []
    assert sweep(office) == 1
    assert places((await living.claim(9, 9))[0]) == {ONE: 1}


async def test_a_host_that_is_free_is_found_by_the_sweeper_whatever_its_subnet_does(office: Office) -> None:
    """N4: the same, where only hosts have a limit: another machine beside it that is at work stands in nobody's way."""
    rules = LedgerRules(Limits(host=1))
    beside, dying = office.ledger("beside", rules), office.ledger("dying", rules)
    send(office, NEAR)
    await beside.claim(9, 9)
    send(office, ONE)
    (standing,) = (await dying.claim(9, 9))[0]
    send(office, TWO)
    assert (await dying.claim(9, 9))[0] == []
    assert sweep(office, Limits(host=1)) == 0
    await dying.settle(standing, Event.COMPLETE)
    assert sweep(office, Limits(host=1)) == 1
    assert places((await beside.claim(9, 9))[0]) == {TWO: 1}


def sweep(office: Office, limits: Limits = Limits()) -> int:  # noqa: B008 - frozen
    """What the sweeper of a worker brings back."""
    return Upkeep(office.database, office.spool, lambda documents: None, 0.0).bring_back_stranded(limits)


class Witness:
    """Looks at the rows from a thread of its own, and counts who is where: one statement sees one moment."""

    def __init__(self, office: Office, limits: Limits) -> None:
        self._office = office
        self._limits = limits
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.looks = 0
        self.offences: list[object] = []

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        query = sa.select(delivery.c.destination, delivery.c.host, delivery.c.subnet)
        while not self._ended.is_set():
            with self._office.database.read() as connection:
                rows = connection.execute(query.where(delivery.c.state == DeliveryState.PROCESSING)).all()
            self.looks += 1
            for uri, count in Counter(row.destination for row in rows).items():
                self._judge(uri, count, 3 if uri == THREE_AT_ONCE else 1)
            for host, count in Counter(row.host for row in rows if row.host).items():
                self._judge(host, count, self._limits.host)
            for subnet, count in Counter(row.subnet for row in rows if row.subnet).items():
                self._judge(subnet, count, self._limits.subnet)

    def _judge(self, place: str, count: int, most: int) -> None:
        if most and count > most:
            self.offences.append((place, count, most))


@pytest.mark.parametrize("limits", [Limits(), Limits(host=2, subnet=2)], ids=["unlimited", "limited"])
async def test_two_workers_that_claim_at_the_same_time_never_exceed_a_limit(office: Office, limits: Limits) -> None:
    """D15, N4: across jobs and workers, in a storm of claims and outcomes; at the end all is out."""
    send(office, *PLACES, times=8)
    chance = random.Random(7)

    async def work(ledger: Ledger) -> int:
        """Several claims and outcomes of one worker at a time; how many it carried."""
        carried, idle = 0, 0
        while idle < 40:
            await ledger.bring_back()
            taken, _ = await ledger.claim(chance.choice((1, 2, 9)), 9)
            idle = 0 if taken else idle + 1
            carried += len(taken)
            await asyncio.gather(*(end(ledger, one) for one in taken))
            await asyncio.sleep(0.005 if idle else 0)
        return carried

    async def end(ledger: Ledger, standing: Standing) -> None:
        await asyncio.sleep(chance.random() * 0.01)
        if standing.claimed.attempt == 1 and chance.random() < 0.2:
            standing.due, standing.tried = office.now, OutcomeKind.OURS
            await ledger.settle(standing, Event.DEFER)
        else:
            await ledger.settle(standing, Event.COMPLETE)

    with Witness(office, limits) as witness:
        ledgers = [office.ledger(f"worker-{n}", LedgerRules(limits)) for n in (1, 2)]
        async with asyncio.timeout(240):
            while any(job.ended is None for job in office.query.list(OPERATOR)):
                await asyncio.gather(*(work(ledger) for ledger in ledgers for _ in range(2)))
                sweep(office)  # a place that one worker freed while the other was looking at it
    assert witness.offences == []
    assert witness.looks > 5
    assert {job.counts.completed for job in office.query.list(OPERATOR)} == {len(PLACES)}
