"""The inbox on this PC's disk: a row for each document, and its file (SPEC D14, N4).

    HOME/inbox/inbox.db              what is here, and how it stands
    HOME/inbox/documents/ID.pdf      a document that is whole, its digest checked
    HOME/inbox/arriving/ID.part      one on its way, as far as it came
    HOME/inbox/pages/ID.png          its first page, which comes first

A document is `held` when its file is whole and on the disk; it is `here` once the server has said that it is this PC's.
Only then it is shown or printed: what was withdrawn in the meantime is dropped, and comes again under another name.
"""

from __future__ import annotations

import errno
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distwire.api.inbox import Letter
from distwire.local.own_file import sync_folder

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS letter (
    id TEXT PRIMARY KEY, number INTEGER, title TEXT NOT NULL, sender TEXT NOT NULL, pages INTEGER NOT NULL,
    copies INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, sent REAL NOT NULL, state TEXT NOT NULL,
    arrived REAL, announced REAL, read REAL, printed REAL, printer TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS quiet (until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS act (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, act TEXT NOT NULL, printer TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A document here or on its way. Times are seconds since the epoch. `number` counts those that are here."""

    id: str
    number: int | None
    title: str
    sender: str
    pages: int
    copies: int
    size: int
    sha256: str
    sent: float
    state: str
    arrived: float | None
    announced: float | None
    read: float | None
    printed: float | None
    printer: str


class UnsafeName(ValueError):
    """A server's name for a letter that cannot be a file's."""


class Inbox:
    """Of one home; for any number of threads. What a call has written is on the disk when it returns; every call
    raises OSError where the disk does not take it."""

    def __init__(self, home: Path) -> None:
        self.root = home / "inbox"
        for folder in (self.root, self.root / "documents", self.root / "arriving", self.root / "pages"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(self.root / "inbox.db", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        with _told_as_disk_errors():
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(_SCHEMA)
        self.serial = 0
        self.on_act: Callable[[], None] = lambda: None
        """Called when the server is to hear of something."""

    def close(self) -> None:
        """Use it no more."""
        with self._lock:
            self._database.close()

    def document_path(self, letter: str) -> Path:
        """Where the whole document is, or would be. Raises `UnsafeName`."""
        return self.root / "documents" / f"{_check(letter)}.pdf"

    def part_path(self, letter: str) -> Path:
        """Where as much of it is as has come."""
        return self.root / "arriving" / f"{_check(letter)}.part"

    def page_path(self, letter: str) -> Path:
        """Where its first page is, or would be."""
        return self.root / "pages" / f"{_check(letter)}.png"

    def begin(self, letter: Letter) -> Document:
        """A letter that the server offers. What is known of it stays, unless it is another document by now."""
        known = self.find(letter.id)
        if known is not None and known.sha256 != letter.sha256 and known.state != "here":
            self.drop(letter.id)
        self._write(
            "INSERT OR IGNORE INTO letter (id, title, sender, pages, copies, size, sha256, sent, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'arriving')",
            _check(letter.id),
            letter.title,
            letter.sender,
            letter.pages,
            letter.copies,
            letter.size,
            letter.sha256,
            letter.sent.timestamp(),
        )
        found = self.find(letter.id)
        assert found is not None
        return found

    def hold(self, letter: str) -> None:
        """Its part is whole: move it to its place for good."""
        part, place = self.part_path(letter), self.document_path(letter)
        part.replace(place)
        sync_folder(place.parent)
        self._write("UPDATE letter SET state = 'held' WHERE id = ? AND state = 'arriving'", letter)

    def own(self, letter: str, now: float) -> None:
        """The server has said that it is this PC's; it gets the next number."""
        self._write(
            "UPDATE letter SET state = 'here', arrived = ?, number = (SELECT coalesce(max(number), 0) + 1 FROM letter) "
            "WHERE id = ? AND state = 'held'",
            now,
            letter,
        )

    def drop(self, letter: str) -> None:
        """It is not this PC's, or is wanted no more: nothing of it stays."""
        self._write("DELETE FROM letter WHERE id = ?", letter)
        for path in (self.document_path(letter), self.part_path(letter), self.page_path(letter)):
            path.unlink(missing_ok=True)

    def find(self, letter: str) -> Document | None:
        """A document by its id."""
        rows = self._read("SELECT * FROM letter WHERE id = ?", letter)
        return rows[0] if rows else None

    def list_held(self) -> list[Document]:
        """Those of which the server is still to hear, in the order in which they were sent."""
        return self._read("SELECT * FROM letter WHERE state = 'held' ORDER BY sent, id")

    def list_arriving(self) -> list[Document]:
        """Those on their way."""
        return self._read("SELECT * FROM letter WHERE state = 'arriving' ORDER BY sent, id")

    def count_unread(self) -> int:
        """Those that nobody has seen."""
        with self._used() as database:
            row = database.execute("SELECT count(*) FROM letter WHERE state = 'here' AND read IS NULL").fetchone()
        return int(row[0])

    def list_here(self, search: str = "", limit: int = 200) -> list[Document]:
        """Those that are here, the newest first; of those whose title or sender has all words of `search`."""
        query, values = "SELECT * FROM letter WHERE state = 'here'", list[object]()
        for word in search.split():
            like = "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
            query += " AND (title LIKE ? ESCAPE '\\' OR sender LIKE ? ESCAPE '\\')"
            values += [like, like]
        return self._read(f"{query} ORDER BY number DESC LIMIT ?", *values, limit)

    def list_unannounced(self) -> list[Document]:
        """Those of which nobody was told yet, the oldest first."""
        return self._read("SELECT * FROM letter WHERE state = 'here' AND announced IS NULL ORDER BY number")

    def list_unprinted(self) -> list[Document]:
        """Those that were not printed, the oldest first."""
        query = "SELECT * FROM letter WHERE state = 'here' AND printed IS NULL ORDER BY number"
        return self._read(query)

    def note_announced(self, letters: Sequence[str], now: float) -> None:
        """People were told of these."""
        query = "UPDATE letter SET announced = ? WHERE id = ? AND announced IS NULL"
        with self._used() as database:
            database.executemany(query, [(now, letter) for letter in letters])
        self.serial += 1

    def note_all_announced(self, last: int, now: float) -> None:
        """People were told of all up to this number."""
        query = "UPDATE letter SET announced = ? WHERE state = 'here' AND announced IS NULL AND number <= ?"
        self._write(query, now, last)

    def note_read(self, letter: str, now: float) -> None:
        """Somebody saw it; the server is to hear of it once."""
        with self._used() as database:
            changed = database.execute(
                "UPDATE letter SET read = ? WHERE id = ? AND state = 'here' AND read IS NULL", (now, letter)
            ).rowcount
            if changed:
                database.execute("INSERT INTO act (id, act, printer) VALUES (?, 'read', '')", (letter,))
        self.serial += 1
        self.on_act()

    def note_printed(self, letter: str, printer: str, now: float) -> None:
        """A printer has taken it; the server is to hear of it."""
        with self._used() as database:
            values = (now, printer, letter)
            query = "UPDATE letter SET printed = ?, printer = ? WHERE id = ?"
            database.execute(query, values)
            database.execute("INSERT INTO act (id, act, printer) VALUES (?, 'printed', ?)", (letter, printer))
        self.serial += 1
        self.on_act()

    def find_quiet(self) -> float:
        """Until when people want to be left alone; 0: they do not."""
        with self._used() as database:
            row = database.execute("SELECT max(until) FROM quiet").fetchone()
        return float(row[0] or 0.0)

    def note_quiet(self, until: float) -> None:
        """People want to be left alone until then."""
        with self._used() as database:
            database.execute("DELETE FROM quiet")
            database.execute("INSERT INTO quiet VALUES (?)", (until,))
        self.serial += 1

    def list_acts(self) -> list[tuple[int, str, str, str]]:
        """What the server is still to hear: number, letter, act, printer."""
        with self._used() as database:
            return [tuple(row) for row in database.execute("SELECT * FROM act ORDER BY number")]

    def forget_act(self, number: int) -> None:
        """The server has heard it."""
        self._write("DELETE FROM act WHERE number = ?", number)

    def forget_old(self, read_before: float) -> int:
        """Take out what was read before then; how many there were."""
        old = self._read("SELECT * FROM letter WHERE state = 'here' AND read < ?", read_before)
        for one in old:
            self.drop(one.id)
        return len(old)

    def _read(self, query: str, *values: object) -> list[Document]:
        with self._used() as database, closing(database.execute(query, values)) as cursor:
            return [_document(row) for row in cursor]

    def _write(self, query: str, *values: object) -> None:
        with self._used() as database:
            database.execute(query, values)
        self.serial += 1

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The database, for one thread at a time, and all of what is done with it or nothing."""
        with _told_as_disk_errors(), self._lock, self._database as database:
            yield database


@contextmanager
def _told_as_disk_errors() -> Iterator[None]:
    """What SQLite cannot do is what the disk does not let it."""
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error), "inbox.db") from error


def _check(letter: str) -> str:
    if not _NAME.fullmatch(letter) or letter.startswith("."):
        raise UnsafeName("the server's name for a document cannot be used: is that the server?")
    return letter


def _document(row: Any) -> Document:
    return Document(**{key: row[key] for key in row.keys()})  # noqa: SIM118 - a row is no mapping


def read_clock() -> float:
    """Seconds since the epoch."""
    return time.time()
