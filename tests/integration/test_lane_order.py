"""Who takes several destinations takes them in one order, so that none waits for another who waits for it (N4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.jobs.lifecycle import Event
from distserver.model.lanes import LaneNews
from distserver.model.states import OutcomeKind
from distserver.store import lanes
from distserver.store.tables import destination
from tests.support.jobs import Office
from tests.support.patience import wait_until

FIRST, SECOND, THIRD = (f"ipp://192.0.2.{number}/ipp/print" for number in (1, 2, 3))
_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def office(tmp_path: Path, postgres_url: str) -> Iterator[Office]:
    """SQLite has one writer at a time."""
    made = Office(tmp_path, postgres_url, destinations=(SECOND,))
    with made.database.begin() as connection:
        lanes.lock_lanes(connection, [FIRST, SECOND, THIRD])  # from now on they have rows
    yield made
    made.close()


def _is_waited(office: Office) -> bool:
    with office.database.read() as connection:
        return bool(connection.execute(_WAITING).scalar())


def _check_free(connection: sa.Connection, uri: str) -> None:
    """Raises an error where somebody holds it."""
    connection.execute(sa.select(destination.c.uri).where(destination.c.uri == uri).with_for_update(nowait=True))


async def test_what_is_judged_and_what_is_learned_are_taken_together(office: Office) -> None:
    """A worker judges the second destination and has learned of the first: it holds none while it waits for the
    first."""
    office.submit()
    ledger = office.ledger("worker-1")
    (taken,), _ = await ledger.claim(1, 1)
    taken.due, taken.tried = office.now, OutcomeKind.BUSY
    taken.news = LaneNews(OutcomeKind.BUSY, "busy", "", 5.0)
    with office.database.begin() as connection:
        lanes.lock_lanes(connection, [FIRST])
        ledger.remember(FIRST, {"capabilities": "{}", "capabilities_at": office.now})
        settling = asyncio.create_task(ledger.settle(taken, Event.DEFER))
        await asyncio.to_thread(wait_until, lambda: _is_waited(office))
        _check_free(connection, SECOND)
    await settling
    first, second = office.lane(FIRST), office.lane(SECOND)
    assert first is not None
    assert first.capabilities == "{}"
    assert second is not None
    assert second.closed_until == office.now + 5.0


async def test_what_is_learned_is_taken_in_one_order_whatever_it_is(office: Office) -> None:
    """The same columns are written in one statement: those of the first and of the third destination."""
    ledger = office.ledger("worker-1")
    with office.database.begin() as connection:
        lanes.lock_lanes(connection, [SECOND])
        for uri, column in ((FIRST, "refuses"), (SECOND, "capabilities"), (THIRD, "refuses")):
            ledger.remember(uri, {column: "{}"})
        await asyncio.to_thread(wait_until, lambda: _is_waited(office))
        _check_free(connection, THIRD)

    def is_written() -> bool:
        second = office.lane(SECOND)
        return second is not None and second.capabilities == "{}"

    await asyncio.to_thread(wait_until, is_written)
