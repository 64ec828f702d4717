"""What time it is, for all processes of one database (SPEC N4).

A machine whose clock is wrong, or jumps, must neither give up others' jobs nor try them early. With PostgreSQL it is
the server's time, asked for now and then and carried on by a clock that does not jump. With SQLite there is one
machine, and it is its clock; where that jumps, what waits is moved along (`jobs.upkeep`), and a worker takes the new
time (`follow`) when that is done, so that nothing seems late before.
"""

from __future__ import annotations

import logging
import threading
import time

import sqlalchemy as sa

from distserver.errors import LaterError
from distserver.store.database import Database

log = logging.getLogger(__name__)

_ASK_SECONDS = 10.0
_WORTH_TELLING = 5.0


class DatabaseClock:
    """Seconds since the epoch, UTC. Calling it costs nothing; `ask` costs a question and belongs into a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._asked = -_ASK_SECONDS
        self._ahead: float | None = None

    def __call__(self) -> float:
        """The time now."""
        return time.time() if self._ahead is None else steady_time() + self._ahead

    def now(self) -> float:
        """The time, asked for anew if that was long ago. For threads: it may wait for the database."""
        if steady_time() - self._asked > _ASK_SECONDS:
            self.ask()
        return self()

    def follow(self) -> None:
        """Take the machine's time, and carry it on by a clock that does not jump; not with PostgreSQL."""
        if self._database.sqlite:
            self._ahead = time.time() - steady_time()

    def ask(self) -> None:
        """Ask the database for the time; no error when it cannot be asked: the clock goes on."""
        if self._database.sqlite or not self._lock.acquire(blocking=False):
            return
        try:
            before = steady_time()
            with self._database.read() as connection:
                told = read_time(connection)
            after = steady_time()
        except LaterError as error:
            log.debug("time-unknown", {"error": str(error)})
        else:
            self._take(told - (before + after) / 2)
            self._asked = after
        finally:
            self._lock.release()

    def _take(self, ahead: float) -> None:
        off = time.time() - steady_time() - ahead
        if self._ahead is None and abs(off) > _WORTH_TELLING:
            log.warning("clock-differs", {"seconds": round(off)})
        self._ahead = ahead


def read_time(connection: sa.Connection) -> float:
    """The time of PostgreSQL's server now, in seconds since the epoch."""
    return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def steady_time() -> float:
    """Seconds of a clock that nobody sets and that goes on while a process is stopped or the machine asleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
