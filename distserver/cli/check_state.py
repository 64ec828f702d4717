"""Checks of what stands in the database: does somebody work, does anything stand still, is anything missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from distserver.cli.finding import Finding, Verdict
from distserver.cli.output import count, say_span
from distserver.errors import DistserverError, SetupError
from distserver.model.lanes import Lane
from distserver.settings import Settings
from distserver.store import deliveries, executors, lanes
from distserver.store.claim import find_holder
from distserver.store.claims import next_time
from distserver.store.clock import read_time
from distserver.store.database import Database
from distserver.store.figures import read_live
from distserver.store.jobs import missing_documents, unneeded_digests
from distserver.store.migrate import find_version
from distserver.store.spool import Spool

_LATE = 120.0
_SKEW_NOTED, _SKEW_WRONG = 2.0, 15.0
_HOUR = 3600.0
_SHOWN = 5

Look = Callable[[sa.Connection, Settings, float], Iterator[Finding]]


def check_state(database: Database, settings: Settings) -> Iterator[Finding]:
    """All checks of a database that can be used; the version of its tables first: with another one, no more is said."""
    present, wanted = find_version(database)
    if present != wanted:
        message = f"its tables are of version {present or 'none'}, this program wants {wanted}"
        yield Finding("tables", Verdict.NOTE, message, "the next start of the server brings them up to date")
        return
    yield Finding("tables", Verdict.OK, f"version {present}")
    with database.read() as connection:
        now = time.time() if database.sqlite else read_time(connection)  # its times are the database server's
        for look in (_check_workers, _check_clock, _check_waiting, _check_destinations):
            yield from look(connection, settings, now)
        if not settings.documents_url:
            yield from _check_documents(connection, settings, now)


def _check_workers(connection: sa.Connection, settings: Settings, now: float) -> Iterator[Finding]:
    known = executors.list_executors(connection)
    silent = [one for one in known if now - one.beat > settings.lease_seconds]
    for one in silent:
        place = one.host.partition("/")[0]
        message = f"process {one.pid} on {place} said {say_span(now - one.beat)} ago for the last time that it is alive"
        yield Finding("workers", Verdict.NOTE, message, "its log says why; another worker takes over what it had")
    alive = len(known) - len(silent)
    if alive:
        yield Finding("workers", Verdict.OK, f"{count(alive, 'worker')} alive")
        return
    served = find_holder(settings.home) is not None
    waits = read_live(connection).standing.total()
    mend = "see HOME/logs/worker.log and serve.log" if served else "`distserver serve` starts one"
    message = "none is alive: nothing is delivered"
    message += f", and accepted deliveries wait: {waits}" if waits else ""
    yield Finding("workers", Verdict.WRONG if served or waits else Verdict.NOTE, message, mend)


def _check_clock(connection: sa.Connection, _settings: Settings, now: float) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        return
    skew = now - time.time()
    if abs(skew) < _SKEW_NOTED:
        yield Finding("clock", Verdict.OK, "as the database server's")
        return
    verdict = Verdict.WRONG if abs(skew) > _SKEW_WRONG else Verdict.NOTE
    message = f"this machine's differs from the database server's by {abs(skew):.0f} s"
    yield Finding("clock", verdict, message, "let both follow the time of the network (chrony, systemd-timesyncd)")


def _check_waiting(connection: sa.Connection, _settings: Settings, now: float) -> Iterator[Finding]:
    """Nothing that may go, or whose time has come, stands still."""
    mend = "a worker must run and keep up: `distserver serve`, or more of `distserver worker`"
    late = []
    oldest = min(read_live(connection).oldest.values(), default=now)
    if now - oldest > _LATE:
        late.append(f"the oldest delivery that may go has been waiting for {say_span(now - oldest)}")
    due = next_time(connection)
    if due is not None and now - due > _LATE:
        late.append(f"a delivery whose time came {say_span(now - due)} ago still waits")
    expired = deliveries.expired(connection, now - _LATE)
    if expired:
        late.append(f"{count(len(expired), 'job')} past the deadline not given up, the first: {expired[0]}")
    for message in late:
        yield Finding("waiting", Verdict.WRONG, message, mend)
    if not late:
        yield Finding("waiting", Verdict.OK, "nothing that may go stands still")


def _check_destinations(connection: sa.Connection, _settings: Settings, now: float) -> Iterator[Finding]:
    found = lanes.list_troubled(connection)
    told = [lane for lane in found if lane.suspended is not None or now - (lane.since or now) > _HOUR]
    for lane in told[:_SHOWN]:
        yield _describe(lane, now)
    if len(told) > _SHOWN:
        more = f"{len(told) - _SHOWN} more are suspended or have been in trouble for an hour"
        yield Finding("destinations", Verdict.NOTE, more, "`distserver destination list --troubled` lists all")
    if not told:
        yield Finding("destinations", Verdict.OK, "none is suspended, or in trouble for long")


def _describe(lane: Lane, now: float) -> Finding:
    standing = "suspended" if lane.suspended is not None else "in trouble"
    since = lane.suspended if lane.suspended is not None else lane.since
    words = f"{lane.trouble}: {lane.message}" if lane.message else lane.trouble
    message = f"{lane.uri} {standing} for {say_span(now - (since or now))}: {words}"
    mend = f"see to the device; then `distserver destination reopen {lane.uri}`, or wait: it is tried again by itself"
    return Finding("destinations", Verdict.NOTE, message, mend)


def _check_documents(connection: sa.Connection, settings: Settings, now: float) -> Iterator[Finding]:
    """What jobs still need lies in the spool, and nothing else does."""
    if not (settings.home / "spool").is_dir():
        return
    spool = Spool(settings.home / "spool", reserve_mb=settings.spool_reserve_mb)
    missing = missing_documents(connection, spool.has_document)
    for job_id, name in missing[:_SHOWN]:
        mend = "put it back from a copy of the home folder, or cancel the job and send it again"
        yield Finding("spool", Verdict.WRONG, f"the document '{name}' of job {job_id} is missing", mend)
    old = {digest for digest, at in spool.stored_documents() if at < now - 2 * _HOUR}
    left = unneeded_digests(connection, old) if old else []
    if left:
        mend = "a running worker removes them within five minutes"
        yield Finding("spool", Verdict.NOTE, f"{count(len(left), 'document')} that no job needs", mend)
    if not missing and not left:
        yield Finding("spool", Verdict.OK, "holds what the jobs need")


def check_store(settings: Settings, url: str) -> Iterator[Finding]:
    """Open the database and check what stands there; why it cannot be used, when it cannot."""
    from distserver.store.probe import check_writable

    kind = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    try:
        database = Database(url, durable=False, pool=2)
    except SetupError as error:
        yield Finding("database", Verdict.WRONG, str(error), "see `distserver config` for the setting `database`")
        return
    try:
        present, _ = find_version(database)
        if present is not None:
            check_writable(database)
        yield Finding("database", Verdict.OK, kind)
        yield from check_state(database, settings)
    except SetupError as error:
        yield Finding("tables", Verdict.WRONG, str(error), "run the newer version, or restore a copy of the database")
    except DistserverError as error:
        mend = "see `distserver config` for the setting `database`; is the server started, and the user known to it?"
        yield Finding("database", Verdict.WRONG, str(error), mend)
    finally:
        database.close()
