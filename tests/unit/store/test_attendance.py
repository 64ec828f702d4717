"""PCs that ask for their letters: the more there are, the later each asks again (SPEC D14)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.jobs.attendance import QUESTIONS_PER_SECOND, AttendanceList
from distserver.store import letters
from distserver.store.database import Database
from distserver.store.migrate import migrate


class Clock:
    """Stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'a.db'}", durable=False, pool=4)
    migrate(made)
    yield made
    made.close()


def test_a_thousand_together_ask_forty_times_a_second(database: Database) -> None:
    listed = AttendanceList(database, lambda: None, Clock())
    pauses = [listed.arrive(f"pc:{number}") for number in range(1000)]
    listed.close()
    assert pauses[0] == 2.0
    assert 1000 / pauses[-1] <= QUESTIONS_PER_SECOND * 1.01
    assert max(pauses) <= 60.0


def test_few_may_wait_and_the_others_are_answered_at_once(database: Database) -> None:
    listed = AttendanceList(database, lambda: None, Clock(), places=0)
    listed.arrive("pc:one")
    assert listed.wait("pc:one", 25.0) is False
    listed.close()


def test_workers_hear_of_who_was_away_and_only_then(database: Database) -> None:
    clock, rings = Clock(), list[float]()
    listed = AttendanceList(database, lambda: rings.append(clock.now), clock)
    listed.arrive("pc:one")
    clock.now += 10
    listed.arrive("pc:one")
    assert rings == [1000.0]
    clock.now += 600
    listed.arrive("pc:one")
    assert rings == [1000.0, 1610.0]
    listed.close()


def test_another_web_server_knows_who_is_there(database: Database) -> None:
    """A web server that has just started rings for nobody who was there a moment ago."""
    clock, rings = Clock(), list[float]()
    first = AttendanceList(database, lambda: None, clock)
    first.arrive("pc:one")
    first.close()
    second = AttendanceList(database, lambda: rings.append(clock.now), clock)
    clock.now += 5
    second.arrive("pc:one")
    second.close()
    assert rings == []
    with database.read() as connection:
        found = letters.find_attendance(connection, "pc:one")
    assert found is not None
    assert found.seen == 1005.0
