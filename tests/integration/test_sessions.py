"""What PostgreSQL does with the sessions of a worker that is stopped in the middle of a transaction (N4)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver import compose
from distserver.engine.guardian import Guardian, Rhythm
from distserver.engine.lease import Lease
from distserver.engine.watchlist import this_host
from distserver.errors import StoreUnavailable
from distserver.jobs.upkeep import Upkeep
from distserver.settings import load_settings
from distserver.store import executors, jobs
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.preparation import prepare_home
from tests.support.jobs import OPERATOR, Office

pytestmark = pytest.mark.real

_STOPPED, _OTHER = "branch:17:0a1b2c3d4e5f", "branch:18:5f4e3d2c1b0a"
_LEASE = 8.0
_PATIENCE = 60.0


@pytest.fixture
def databases(postgres_url: str) -> Iterator[dict[str, Database]]:
    made = {name: Database(postgres_url, durable=False, pool=2, name=name) for name in (_STOPPED, _OTHER)}
    yield made
    for database in made.values():
        database.close()


def test_sessions_of_a_dead_worker_are_ended_and_no_others(databases: dict[str, Database]) -> None:
    """N4: locks that it holds in the middle of a transaction are free for the others, and its own error is a later."""
    stopped, other = databases[_STOPPED], databases[_OTHER]
    with pytest.raises(StoreUnavailable), stopped.begin() as held:
        stopped.lock_claims(held)
        with other.begin() as connection:
            assert executors.end_sessions(connection, _STOPPED) == 1
            assert executors.end_sessions(connection, _OTHER) == 0  # but the one that asks
        with other.begin() as connection:
            other.lock_claims(connection)
        held.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("name", [_STOPPED, ""])
def test_a_session_that_idles_in_a_transaction_is_ended_by_the_server(postgres_url: str, name: str) -> None:
    """N4: also when nobody is left to end it: a machine that is gone, a web process that is stopped."""
    database = Database(postgres_url, durable=False, pool=2, name=name)
    try:
        with database.read() as connection:
            assert connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"
    finally:
        database.close()


@contextmanager
def _busy_with(database: Database, job_id: str) -> Iterator[threading.Event]:
    """The job is locked by a session that does not idle: the server has no reason to end it. The event is set when it
    was ended all the same."""
    locked, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with suppress(StoreUnavailable), database.begin() as connection:
            jobs.hold_jobs(connection, [job_id])
            locked.set()
            connection.execute(sa.text(f"SELECT pg_sleep({_PATIENCE})"))
            return
        ended.set()

    thread = threading.Thread(target=hold, name="stopped")
    thread.start()
    assert locked.wait(_PATIENCE)
    yield ended
    thread.join(2 * _PATIENCE)


async def test_who_waits_for_the_locks_of_a_stopped_worker_finds_it_dead(tmp_path: Path, postgres_url: str) -> None:
    """N4: a claim waits for the job's row, and the watch beside it neither loses its own lease nor waits with it."""
    office = Office(tmp_path, postgres_url, size=3)
    job = office.submit()
    stopped = Database(postgres_url, durable=False, pool=2, name=_STOPPED)
    watch = Database(postgres_url, durable=False, pool=2, name=_OTHER, lock_seconds=_LEASE / 8)
    with office.database.begin() as connection:
        executors.insert_executor(connection, Executor(_STOPPED, "another machine", 17, office.now, office.now))
    ledger, lease = office.ledger(_OTHER), Lease(_LEASE)
    office.forget_worker(_OTHER)
    itself = Executor(_OTHER, this_host(), os.getpid(), office.now, office.now)
    upkeep = Upkeep(watch, office.spool, lambda documents: None, 0.0)
    guardian = Guardian(watch, ledger, upkeep, lease, itself, Rhythm(_LEASE / 4, _LEASE, 90.0))
    lost = threading.Event()
    guardian.on_lost = lost.set
    with _busy_with(stopped, job.id) as ended:
        guardian.start()
        try:
            taken, _ = await asyncio.wait_for(ledger.claim(9, 9), _PATIENCE)
        finally:
            guardian.stop()
    assert (len(taken), ended.is_set(), lost.is_set()) == (3, True, False)
    for database in (stopped, watch, office.database):
        database.close()


def test_who_uses_a_job_that_a_stopped_worker_has_locked_hears_later(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: no other worker is there to end its sessions, and sixteen waiting requests would be all that the web process
    has."""
    monkeypatch.setattr(compose, "_WEB_LOCK_SECONDS", 0.2)
    settings, infos = load_settings(tmp_path / "home", {}, {"database": postgres_url, "spool_reserve_mb": 0})
    prepare_home(settings)
    services = compose.build_services(settings, infos)
    office = Office(tmp_path, postgres_url, size=3)
    job = office.submit()
    stopped = Database(postgres_url, durable=False, pool=2, name=_STOPPED)
    try:
        with _busy_with(stopped, job.id):
            with pytest.raises(StoreUnavailable, match="just now"):
                services.jobs.cancel(job.id, OPERATOR)
            with office.database.begin() as connection:
                executors.end_sessions(connection, _STOPPED)
        assert services.jobs.cancel(job.id, OPERATOR).changed == 3
    finally:
        services.close()
        stopped.close()
        office.close()
