"""The attribute table: an SQLite file that several processes use at once, each change durable before it is told."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mfp_client.memory.ballast import Ballast
from mfp_client.memory.errors import MemoryFull, Unusable
from mfp_client.memory.schema import SCHEMA, UPGRADES, VERSION

T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]
_BUSY_SECONDS, _LOOK_SECONDS = 30.0, 0.02
_FULL = "full"
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)


class Table:
    """One connection, for any number of threads of this process, one at a time."""

    def __init__(self, path: Path, ballast: Ballast) -> None:
        """Open it, and make it where it is not there. Raises `Unusable`, `MemoryFull`."""
        self._ballast = ballast
        self._lock = threading.RLock()
        if path.is_symlink():
            raise Unusable(f"{path} is a link: the table must be a file of the image memory's own")
        path.touch(mode=0o600)  # titles and names of owners are nobody else's business
        self._connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        try:
            self._retry(self._set_up)
        except BaseException:
            self._connection.close()
            raise

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction, durable when the block has ended. Raises `MemoryFull`, `Unusable`."""
        with self._lock, _mapped():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def change_surely(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Carry `work` out in a transaction also on a full disk, by the room that is kept for it: what makes room, or
        must not be forgotten. Raises as `change`."""

        def carry_out() -> T:
            with self.change() as connection:
                return work(connection)

        return self._retry(carry_out)

    def rows(self, query: str, values: Values = ()) -> list[sqlite3.Row]:
        """What a query finds. Raises `Unusable`."""
        with self._lock, _mapped():
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row that a query finds. Raises `Unusable`."""
        with self._lock, _mapped():
            found: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
        return found

    def forget_leavings(self) -> None:
        """Take what was erased out of the log too, unless somebody reads just now."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA busy_timeout = 0").fetchall()
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {round(_BUSY_SECONDS * 1000)}").fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _retry(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except MemoryFull:
            if not self._ballast.give_up():
                raise
            return work()

    def _set_up(self) -> None:
        with _mapped():
            self._begin_log()
            for pragma in ("synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._connection.execute("PRAGMA temp_store = MEMORY")
        version = self.rows("PRAGMA user_version")[0][0]
        if version == 0:
            self._make()
        elif version in UPGRADES:
            self._upgrade()
        elif version != VERSION:
            raise Unusable(f"the image memory was made by another version ({version}) of this program")

    def _begin_log(self) -> None:
        """The first change to WAL is refused at once while others make the table; SQLite does not wait there."""
        end = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def _make(self) -> None:
        with self.change() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                return  # another process was faster
            for statement in _statements():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _upgrade(self) -> None:
        """One change from the version that is there to this one, whichever process is first."""
        with self.change() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for statement in (one for step in range(version, VERSION) for one in UPGRADES[step]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements() -> Iterator[str]:
    """One by one: `executescript` would end the transaction."""
    gathered = ""
    for line in SCHEMA.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    """Errors of SQLite that the world is to blame for."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        if _FULL in str(error) or getattr(error, "sqlite_errorcode", None) in _NO_ROOM:
            raise MemoryFull("the disk of the image memory is full: erase documents, or free room on it") from error
        raise Unusable(f"the table of the image memory cannot be used just now: {error}") from error
