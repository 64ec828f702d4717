"""Waking workers: a new job starts at once, not at the next look (SPEC D4).

A hint, no more: what it says is on the disk already, and a worker that misses it looks by itself every second.
On SQLite it is a byte in a FIFO beside the file (web and worker share the machine), on PostgreSQL a NOTIFY.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from distserver.errors import LaterError, StoreUnavailable
from distserver.store.database import Database

log = logging.getLogger(__name__)

_CHANNEL = "distserver"
_PAUSE_SECONDS = 2.0


class Bell:
    """Rings for the workers of one database; safe in every process and thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fifo = fifo_path(database) if database.sqlite else None

    def ring(self) -> None:
        """Wake them. Never raises: whoever rings has done its work already."""
        try:
            if self._fifo is not None:
                _write_byte(self._fifo)
            else:
                with self._database.begin() as connection:
                    connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, "")))
        except (OSError, LaterError) as error:
            log.debug("bell-unheard", {"error": str(error)})


class Listener:
    """Hears the bell in a thread of its own and calls `wake` there."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; the thread ends with the process at the latest."""
        self._ended.set()

    def _run(self) -> None:
        listen = self._listen_fifo if self._database.sqlite else self._listen_postgresql
        while not self._ended.is_set():
            try:
                listen()
            except (OSError, LaterError) as error:
                log.warning("bell-broken", {"error": str(error)})
                time.sleep(_PAUSE_SECONDS)

    def _listen_fifo(self) -> None:
        descriptor = _open_fifo(fifo_path(self._database))
        try:
            while not self._ended.is_set():
                os.read(descriptor, 4096)
                if not self._ended.is_set():
                    self._wake()
        finally:
            os.close(descriptor)

    def _listen_postgresql(self) -> None:
        import psycopg  # where the database is a file, nobody waits for this

        try:
            with psycopg.connect(self._database.driver_url, autocommit=True) as connection:
                connection.execute(f"LISTEN {_CHANNEL}")
                self._wake()
                while not self._ended.is_set():
                    for _ in connection.notifies(timeout=5.0):
                        self._wake()
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error


def fifo_path(database: Database) -> Path:
    """The FIFO of a database that is a file."""
    return Path(sa.make_url(database.url).database or "").with_name("wake")


def _open_fifo(path: Path) -> int:
    """For writing too: then it never comes to an end. Whatever else bears its name (a backup that was brought back
    may) is put out of the way: it would be at its end at once, and again and again."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISFIFO(path.lstat().st_mode):
            path.unlink()
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)


def _write_byte(path: Path) -> None:
    # ENXIO: nobody listens; EAGAIN: who listens stands still
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.write(descriptor, b"!")
    finally:
        os.close(descriptor)
