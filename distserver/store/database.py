"""The connection to the database: SQLite in one file by default, PostgreSQL by its URL (SPEC N7).

All facts about jobs and deliveries stand in it, and nowhere else: what is to be done is what its rows say.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from distserver.errors import LaterError, NoSpace, SetupError, StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
_PATIENCE_SECONDS = 60.0
_TOO_SILENT = "25P03"  # idle-in-transaction session timeout
_LONGEST_SILENCE_MS = 10_000
"""A worker that is stopped (or its machine gone) in the middle of a transaction must not hold its locks against all
others (SPEC N4): after so long PostgreSQL ends it. It does not notice where the worker has sent only half of several
statements that go together: such a one is ended by who takes the worker for dead (`executors.end_sessions`)."""
_SILENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}

_BUSY_SECONDS, _ASK_SECONDS = 30.0, 0.001
_DRIVERS = ("sqlite", "postgresql+psycopg")


class Database:
    """A pool of connections and what differs between the two kinds of database.

    `durable` is for processes that accept jobs: on SQLite each commit is flushed to the disk before it is answered
    (`synchronous=FULL`); a worker may lose its last marks at a power cut: that costs a question to a device, not a job.
    `name` is a worker's, under which PostgreSQL lists its sessions (`session_name`). `lock_seconds` is for who must not
    wait for others' locks for long (PostgreSQL; 0: as long as it takes): then it is `StoreUnavailable`.

    Raises `SetupError` when the URL is none, or is of another kind of database.
    """

    def __init__(self, url: str, *, durable: bool, pool: int = 20, name: str = "", lock_seconds: float = 0.0) -> None:
        self.url = url
        parts = _read_url(url)
        self.sqlite = parts.drivername == "sqlite"
        if self.sqlite:
            _prepare_file(Path(parts.database or ""))
            self.engine = sa.create_engine(url, hide_parameters=True, pool_size=pool, max_overflow=0, pool_timeout=60)
            _set_up_sqlite(self.engine, durable=durable)
        else:
            self.engine = sa.create_engine(
                notice_silence(url),
                hide_parameters=True,
                pool_size=pool,
                max_overflow=5,
                pool_pre_ping=True,
                pool_timeout=60,
            )
            _set_up_postgresql(self.engine, name, lock_seconds)

    @property
    def driver_url(self) -> str:
        """The URL in the form that psycopg takes."""
        return notice_silence(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction; database errors leave as `StoreUnavailable` or `NoSpace`."""
        try:
            with self.engine.begin() as connection:
                if self.sqlite:  # at once, not at the first change: what is read before it must still be so then
                    _begin_immediate(connection)
                yield connection
        except PoolTimeout as error:
            raise StoreUnavailable("the database is too busy just now: all connections are in use") from error
        except DBAPIError as error:
            if not _is_away(error):
                raise
            raise _mapped(error) from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for reading."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except PoolTimeout as error:
            raise StoreUnavailable("the database is too busy just now: all connections are in use") from error
        except DBAPIError as error:
            if not _is_away(error):
                raise
            raise _mapped(error) from error

    def patiently(self, call: Callable[..., T], *args: Any, patience: float = _PATIENCE_SECONDS) -> T:
        """Run `call` again while the database is away (a restart, a full disk), for `patience` seconds: a worker rides
        it out. Raises the last `LaterError` after that."""
        wait, until = 0.05, time.monotonic() + patience
        while True:
            try:
                return call(*args)
            except LaterError as error:
                if time.monotonic() > until:
                    raise
                if wait > 1.0:
                    log.warning("store-unavailable", {"error": str(error)})
            time.sleep(wait)
            wait = min(wait * 2, 3.0)

    def lock_claims(self, connection: sa.Connection) -> None:
        """One claim at a time: without it two workers on PostgreSQL could send to one destination at once."""
        if not self.sqlite:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(77310)"))

    def close(self) -> None:
        self.engine.dispose()


def _read_url(url: str) -> sa.URL:
    """The URL, which may hold a password: no message repeats it."""
    try:
        parts = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise SetupError("the setting `database` is no URL: it is written postgresql://USER@HOST/NAME") from None
    if parts.drivername not in _DRIVERS:
        mend = "postgresql://USER@HOST/NAME, or nothing for SQLite"
        raise SetupError(f"the setting `database` names a kind that is not served, '{parts.drivername}': write {mend}")
    return parts


def _prepare_file(path: Path) -> None:
    """Make the file, for its owner alone: it knows titles of documents, secrets of devices, hashes of passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _begin_immediate(connection: sa.Connection) -> None:
    """Wait for the one writer of SQLite by asking often: SQLite itself sleeps for up to 100 ms between its tries, and
    beside a process that writes all the time it hardly ever wakes when nobody does."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    until = time.monotonic() + _BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except DBAPIError as error:
                if "locked" not in str(error.orig) or time.monotonic() > until:
                    raise
            else:
                return
            time.sleep(_ASK_SECONDS)
    finally:
        raw.execute(f"PRAGMA busy_timeout={round(_BUSY_SECONDS * 1000)}")


def _set_up_sqlite(engine: sa.Engine, *, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={round(_BUSY_SECONDS * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        cursor.close()


def notice_silence(url: str) -> sa.URL:
    """The address with what libpq needs to end a connection whose other side has gone without a word (a machine without
    power, a line that is cut), unless it says so itself: else whoever waits for an answer waits for two hours."""
    given = sa.make_url(url)
    return given.update_query_dict({name: said for name, said in _SILENCE.items() if name not in given.query})


def session_name(name: str) -> str:
    """What PostgreSQL's list of sessions calls those of a worker: by this, others end them when it is dead."""
    return f"distserver {name.rpartition(':')[2]}"[:60]


def _set_up_postgresql(engine: sa.Engine, name: str, lock_seconds: float) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = {_LONGEST_SILENCE_MS}")
        connection.execute(f"SET lock_timeout = {round(lock_seconds * 1000)}")
        if name:
            connection.execute("SELECT set_config('application_name', %s, false)", (session_name(name),))
        connection.commit()


def _is_away(error: DBAPIError) -> bool:
    """Whether it is the database's state that hindered the call, not what was asked."""
    later = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return later or getattr(error.orig, "sqlstate", None) == _TOO_SILENT


def _mapped(error: DBAPIError) -> StoreUnavailable | NoSpace:
    text = str(error.orig).lower()
    if "disk is full" in text or "no space left" in text or "could not extend" in text:
        return NoSpace("the disk of the database is full: free some space, then send again")
    return StoreUnavailable(f"the database cannot be used just now: {str(error.orig).strip().splitlines()[0]}")
