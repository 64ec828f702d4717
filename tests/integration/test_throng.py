"""Users and workers at the same time (N4, N7): nobody is turned away because somebody else is at work."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.errors import Conflict
from distserver.jobs.ledger import Ledger, LedgerRules
from distserver.jobs.lifecycle import Event
from distserver.jobs.standing import Standing
from distserver.jobs.upkeep import Upkeep
from distserver.model.lanes import LaneNews
from distserver.model.states import OutcomeKind, Priority
from distserver.store.choice import Limits
from tests.support.jobs import OPERATOR, Office

PLACES = [f"ipp://192.0.2.{number}/ipp/print" for number in range(1, 13)]


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


async def test_what_users_ask_for_is_done_however_busy_the_workers_are(office: Office) -> None:
    """Whoever locks several things takes them in one order: none waits for another who waits for it."""
    document = office.document()

    def submit(chance: random.Random, priority: Priority) -> str:
        chosen = tuple(chance.sample(PLACES, 8))
        return office.submit(documents=(document,), groups=(), destinations=chosen, priority=priority).id

    jobs = [submit(random.Random(number), Priority.NORMAL) for number in range(6)]
    ended = threading.Event()
    done: list[str] = []

    def use(seed: int) -> None:
        chance = random.Random(seed)
        acts = [office.service.hold, office.service.release, office.service.cancel, office.service.retry]
        for _ in range(40):
            job_id = chance.choice(jobs)
            try:
                if chance.random() < 0.2:
                    jobs.append(submit(chance, Priority.URGENT))
                else:
                    chance.choice(acts)(job_id, OPERATOR)
            except Conflict:
                continue
            done.append(job_id)

    async def work(ledger: Ledger, chance: random.Random) -> None:
        while not ended.is_set():
            await ledger.bring_back()
            taken, _ = await ledger.claim(chance.choice((1, 4, 20)), 20)
            await asyncio.gather(*(end(ledger, one, chance) for one in taken))
            await asyncio.sleep(0.002)

    async def end(ledger: Ledger, standing: Standing, chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * 0.02)
        if chance.random() < 0.5:
            standing.due, standing.tried = office.now, OutcomeKind.BUSY
            standing.news = LaneNews(OutcomeKind.BUSY, "busy", "", 0.001)
            await ledger.settle(standing, Event.DEFER)
        else:
            standing.news = LaneNews()
            ledger.remember(chance.choice(PLACES), {"capabilities": "{}", "capabilities_at": office.now})
            await ledger.settle(standing, Event.COMPLETE)

    def sweep() -> None:
        upkeep = Upkeep(office.database, office.spool, lambda documents: None, 1e9)
        while not ended.wait(0.05):
            office.now += 1
            upkeep.bring_back_stranded(limits)

    limits = Limits(host=1, subnet=8)
    ledgers = [office.ledger(f"worker-{number}", LedgerRules(limits)) for number in (1, 2)]
    sweeper = asyncio.create_task(asyncio.to_thread(sweep))
    workers = [asyncio.create_task(work(ledger, random.Random(n))) for n, ledger in enumerate(ledgers)]
    try:
        async with asyncio.timeout(240):
            await asyncio.gather(*(asyncio.to_thread(use, seed) for seed in range(3)))
    finally:
        ended.set()
        await asyncio.gather(*workers, sweeper)
    assert len(done) > 20
    assert count_deadlocks(office) == 0


def count_deadlocks(office: Office) -> int:
    """Of this database, as PostgreSQL counts them: it ends one of the two, whose work is done again at best."""
    if office.database.sqlite:
        return 0
    with office.database.read() as connection:
        query = "SELECT pg_stat_force_next_flush(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(connection.execute(sa.text(query)).one().deadlocks)
