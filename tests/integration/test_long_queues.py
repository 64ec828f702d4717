"""However much waits for one destination, what is done for one delivery stays the same (N4, N7).

What SQLite does is counted in its own instructions, not in time.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event

from distserver.errors import Conflict
from distserver.jobs.lifecycle import Event
from distserver.jobs.upkeep import Upkeep
from distserver.store.choice import Limits
from tests.support.jobs import OPERATOR, Office

_FEW, _MANY = 40, 800
_FLAT = 1.6
_ONE, _TWO_AT_ONCE = "discard:one", "discard:two"
_STEP = 10


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", lines={_TWO_AT_ONCE: (("at-once", "2"),)})
    yield made
    made.close()


class Steps:
    """Counts what SQLite carries out, on all connections that are opened from now on."""

    def __init__(self, office: Office) -> None:
        self._count = itertools.count()
        office.database.engine.dispose()
        event.listen(office.database.engine, "connect", self._watch)

    def _watch(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.set_progress_handler(self._tick, _STEP)

    def _tick(self) -> int:
        next(self._count)
        return 0

    async def of(self, what: Callable[[], Awaitable[object]], times: int = 8) -> float:
        """On the average; the first time, with all that is prepared once, is not counted."""
        await what()
        before = next(self._count)
        for _ in range(times):
            await what()
        return (next(self._count) - before) / times


@pytest.mark.parametrize("at_once", [1, 3])
async def test_many_destinations_are_asked_about_together(tmp_path: Path, database_url: str, at_once: int) -> None:
    """A statement for each of them would be a way to the database for each."""
    few, many = ([f"discard:{size}-{number}" for number in range(size)] for size in (3, 40))
    lines = {place: (("at-once", str(at_once)),) for place in (*few, *many)}
    office, asked = Office(tmp_path, database_url, lines=lines), list[str]()
    ledger, counts = office.ledger("worker"), []
    event.listen(office.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    for places in (few, many):
        for _ in range(5):
            office.submit(groups=(), destinations=places)
        for one in (await ledger.claim(200, 200))[0]:
            await ledger.settle(one, Event.COMPLETE)
        asked.clear()
        taken = (await ledger.claim(200, 200))[0]
        assert len(taken) == min(at_once, 5 - at_once) * len(places)
        counts.append(len(asked))
        for job in office.query.list(OPERATOR):
            with suppress(Conflict):
                office.service.cancel(job.id, OPERATOR)
        for one in taken:
            await ledger.settle(one, Event.COMPLETE)
    office.close()
    assert counts[1] <= counts[0] + 2, counts


@pytest.mark.parametrize("place", [_ONE, _TWO_AT_ONCE])
async def test_a_long_queue_costs_no_more_than_a_short_one(office: Office, place: str) -> None:
    steps, ledger, document = Steps(office), office.ledger("worker"), office.document()

    async def send() -> None:
        office.submit(groups=(), destinations=(place,), documents=(document,))

    async def deliver() -> None:
        await ledger.settle(held.pop(0), Event.COMPLETE)
        taken, _ = await ledger.claim(9, 9)
        assert taken
        held.extend(taken)

    async def bring_back() -> None:
        Upkeep(office.database, office.spool, lambda documents: None, 0.0).bring_back_stranded(Limits())

    for _ in range(_FEW):
        await send()
    held = (await ledger.claim(9, 9))[0]
    short = [await steps.of(one) for one in (send, deliver, bring_back)]
    for _ in range(_MANY):
        await send()
    while (await ledger.claim(9, 9))[1]:  # what cannot go is put aside once
        pass
    long = [await steps.of(one) for one in (send, deliver)]
    assert all(after <= before * _FLAT for before, after in zip(short, long, strict=False)), (short, long)
    assert await steps.of(bring_back) <= short[2] + _MANY * 10 / _STEP  # an index is gone through, once
