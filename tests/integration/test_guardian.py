"""What keeps deliveries moving when a process has died or a clock has jumped (N4), and what wakes workers (D4)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.engine.guardian import Guardian, Rhythm
from distserver.engine.lease import Lease
from distserver.engine.watchlist import this_host
from distserver.jobs.ledger import Ledger
from distserver.jobs.lifecycle import Event
from distserver.jobs.upkeep import Upkeep
from distserver.model.lanes import LaneNews
from distserver.model.states import DeliveryState, OutcomeKind, Queue
from distserver.store import executors
from distserver.store.clock import DatabaseClock
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.wake import Bell, Listener, fifo_path
from tests.support.jobs import SENDER, Office

_PATIENCE = 60.0


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=3)
    yield made
    made.close()


def make_guardian(office: Office, ledger: Ledger, name: str, lease: Lease | None = None) -> Guardian:
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 0.0)
    itself = Executor(name, this_host(), os.getpid(), 1.0, 1.0)
    office.forget_worker(itself.id)
    return Guardian(office.database, ledger, upkeep, lease or Lease(30.0), itself, Rhythm(60.0, 30.0, 90.0))


def enter(office: Office, name: str, pid: int) -> None:
    """A worker of that name in the list of those alive."""
    office.forget_worker(name)
    with office.database.begin() as connection:
        executors.insert_executor(connection, Executor(name, this_host(), pid, 1.0, 1.0))


@pytest.fixture
def ended_pid() -> int:
    """The id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(_PATIENCE)
    return child.pid


@pytest.mark.parametrize(("end", "weight"), [("crashed", 1.0), ("ended", 0.25), ("", 0.25)])
async def test_a_new_worker_takes_over_from_the_dead_one(
    office: Office, ended_pid: int, monkeypatch: pytest.MonkeyPatch, end: str, weight: float
) -> None:
    """N4: at once, and with a mark on what it carried: heavier where it is known that it crashed."""
    monkeypatch.setenv("DISTSERVER_LAST_WORKER", f"{ended_pid}:{end}" if end else "")
    job = office.submit()
    enter(office, "dead", ended_pid)
    assert len((await office.ledger("dead").claim(2, 2))[0]) == 2
    ledger = office.ledger("living")
    guardian = make_guardian(office, ledger, "living")
    moved: list[int] = []
    guardian.on_moved = lambda: moved.append(1)
    guardian.start()
    try:
        taken, _ = await ledger.claim(9, 9)
        expected = {1, 3} if weight >= 1 else {1, 2, 3}  # suspects go one at a time
        assert {one.claimed.number for one in taken} == expected
        assert {one.claimed.crashes for one in taken} == {0.0, weight}
        assert moved == [1]
    finally:
        guardian.stop()
    assert office.row(job.id, 3).queue == Queue.READY


async def test_suspects_go_one_at_a_time_so_that_a_crash_tells_whose_it_is(office: Office) -> None:
    office.submit()
    dead = office.ledger("dead")
    assert len((await dead.claim(9, 9))[0]) == 3
    office.bury("dead", 1.0)
    living = office.ledger("living")
    for number in (1, 2, 3):
        (one,), _ = await living.claim(9, 9)
        assert one.claimed.number == number
        assert (await living.claim(9, 9))[0] == []
        await living.settle(one, Event.COMPLETE)


async def test_a_living_worker_is_left_alone(office: Office) -> None:
    office.submit()
    enter(office, "other", os.getpid())
    await office.ledger("other").claim(9, 9)
    ledger = office.ledger("me")
    guardian = make_guardian(office, ledger, "me")
    guardian.start()
    try:
        assert (await ledger.claim(9, 9))[0] == []
    finally:
        guardian.stop()


async def test_who_was_taken_for_dead_may_send_nothing_more(office: Office) -> None:
    """N4: it finds out at its next sign of life."""
    lease, lost = Lease(30.0), threading.Event()
    guardian = make_guardian(office, office.ledger("me"), "me", lease)
    guardian.on_lost = lost.set
    guardian.start()
    try:
        assert lease.holds()
        with office.database.begin() as connection:
            assert executors.mark_reaped(connection, "me")
        guardian._watch()
        assert (lost.is_set(), lease.holds()) == (True, False)
    finally:
        guardian.stop()


def test_signs_of_life_do_not_wait_for_what_takes_long(office: Office) -> None:
    """N4: a worker that erases large files for longer than its lease lasts would be taken for dead."""
    erasing, end = threading.Event(), threading.Event()

    class SlowUpkeep(Upkeep):
        def erase_documents(self, now: float) -> int:
            erasing.set()
            end.wait(_PATIENCE)
            return 0

    upkeep = SlowUpkeep(office.database, office.spool, lambda documents: None, 0.0)
    itself = Executor("me", this_host(), os.getpid(), 1.0, 1.0)
    rhythm = Rhythm(beat=0.1, lease=30.0, ended_job_days=90.0)
    guardian = Guardian(office.database, Ledger(office.database, "me", time.time), upkeep, Lease(30.0), itself, rhythm)
    guardian.start()
    try:
        assert erasing.wait(_PATIENCE)
        began, until = time.time(), time.monotonic() + _PATIENCE / 2
        while _beat_of(office, "me") <= began:
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        end.set()
        guardian.stop()


def _beat_of(office: Office, name: str) -> float:
    with office.database.read() as connection:
        return next(one.beat for one in executors.list_executors(connection) if one.id == name)


async def test_an_orderly_end_gives_everything_back_without_a_mark(office: Office) -> None:
    job = office.submit()
    ledger = office.ledger("me")
    guardian = make_guardian(office, ledger, "me")
    guardian.start()
    await ledger.claim(9, 9)
    guardian.stop()
    row = office.row(job.id, 1)
    assert (row.owner, row.queue, row.crashes) == (None, Queue.READY, 0)


async def test_when_the_clock_jumps_what_waits_waits_as_long_as_it_would_have(office: Office) -> None:
    """N4: neither all is due at once, nor for months nothing; a time that somebody chose stays that time."""
    tried, scheduled = office.submit(), office.submit(not_before=office.now + 5000)
    ledger = office.ledger("w")
    one, two, three = (await ledger.claim(9, 9))[0]
    one.due, one.tried = office.now + 60, OutcomeKind.UNREACHABLE
    one.news = LaneNews(OutcomeKind.UNREACHABLE, "off", "", 60.0)
    await ledger.settle(one, Event.DEFER)
    two.accepted, two.due = True, office.now + 3
    await ledger.settle(two, Event.ACCEPT)
    deadline = office.service.get(tried.id, SENDER).deadline
    assert deadline is not None
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 0.0)
    upkeep.shift_times(1_000_000.0)
    assert office.row(tried.id, 1).due == office.now + 60 + 1_000_000
    assert office.row(tried.id, 2).due == office.now + 3 + 1_000_000
    assert office.row(scheduled.id, 1).due == office.now + 5000
    lane = office.lane("discard:branch1")
    assert lane is not None
    assert lane.closed_until == office.now + 60 + 1_000_000
    assert office.service.get(tried.id, SENDER).deadline == deadline + 1_000_000
    assert upkeep.expire_deadlines(office.now + 1_000_000) == 0
    assert three.state is DeliveryState.PROCESSING


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0], ids=["forward", "back"])
async def test_when_the_clock_jumps_what_is_under_way_has_as_long_as_it_had(office: Office, jump: float) -> None:
    """N4: a worker goes by the new time when its deadlines cannot seem to have passed by it."""
    job = office.submit()
    ledger = office.ledger("me")
    (held, *_) = (await ledger.claim(1, 1))[0]
    before = held.claimed.deadline
    assert before is not None
    guardian, seen = make_guardian(office, ledger, "me"), list[float | None]()
    guardian.follow_time = lambda: seen.append(held.claimed.deadline)
    guardian._follow_clock(time.time())
    guardian._follow_clock(time.time() + jump)
    after = pytest.approx(before + (jump if office.database.sqlite else 0.0), abs=10)
    assert held.claimed.deadline == after
    assert office.service.get(job.id, SENDER).deadline == after
    assert seen[1] == (before if jump < 0 else after)


async def test_a_clock_that_is_set_back_lets_no_deadline_pass(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: the deadlines that were moved back are not measured by the time before."""
    clock, right = DatabaseClock(office.database), time.time
    office.now = right()
    job = office.submit()
    guardian = make_guardian(office, Ledger(office.database, "me", clock), "me")
    guardian.follow_time = clock.follow
    guardian.start()
    try:
        monkeypatch.setattr("time.time", lambda: right() - 86_400)
        guardian._last.clear()
        guardian._watch()
        guardian._keep_house()
    finally:
        guardian.stop()
    assert office.service.get(job.id, SENDER).counts.pending == 3


def test_the_clock_of_a_worker_does_not_jump_by_itself(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: on SQLite it takes the machine's time when it is told to."""
    clock, right = DatabaseClock(office.database), time.time
    clock.follow()
    clock.ask()
    monkeypatch.setattr("time.time", lambda: right() + 86_400)
    assert abs(clock() - right()) < 600
    clock.follow()
    assert (clock() - right() > 80_000) is office.database.sqlite


def test_what_is_no_fifo_is_put_out_of_the_way_of_the_bell(tmp_path: Path) -> None:
    """A file of that name would be at its end at once, for ever; a link would have its target written into."""
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}", durable=True, pool=1)
    path, other = fifo_path(database), tmp_path / "other"
    other.write_bytes(b"kept")
    path.symlink_to(other)
    Bell(database).ring()
    assert other.read_bytes() == b"kept"
    heard = threading.Event()
    listener = Listener(database, heard.set)
    listener.start()
    ring_until(database, heard)
    listener.stop()
    Bell(database).ring()
    assert path.is_fifo()
    assert other.read_bytes() == b"kept"
    database.close()


def test_the_bell_wakes_those_who_listen(office: Office) -> None:
    """D4: a new job starts at once, by a byte in a FIFO or by NOTIFY."""
    heard = threading.Event()
    listener = Listener(office.database, heard.set)
    listener.start()
    ring_until(office.database, heard)  # it may not have begun to listen at the first
    for _ in range(3):
        heard.clear()
        Bell(office.database).ring()
        assert heard.wait(_PATIENCE)
    listener.stop()
    Bell(office.database).ring()


def test_a_bell_that_nobody_hears_harms_nobody(office: Office) -> None:
    bell = Bell(office.database)
    for _ in range(3):
        bell.ring()
    if office.database.sqlite:
        assert not fifo_path(office.database).exists()


def test_a_bell_that_cannot_ring_harms_nobody(tmp_path: Path) -> None:
    """Whoever rings has done its work already."""
    Bell(Database("postgresql+psycopg://nobody@/none?host=" + str(tmp_path), durable=True, pool=1)).ring()


def ring_until(database: Database, heard: threading.Event) -> None:
    until = time.monotonic() + _PATIENCE
    while not heard.wait(0.2):
        assert time.monotonic() < until
        Bell(database).ring()
