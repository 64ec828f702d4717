"""Counts the durable writes of all processes of a server in the order they happen, and kills the one that makes the
N-th: right before it, or right after. `crashing_hook` puts it into the processes; nothing in the product knows of it.

A durable write is a commit that changed a row, and every rename, link, unlink and fsync of a file in the home. What
only time drives does not count: signs of life of workers, the marks of when a token was last used, and the tidying
after those who listen for events of printers, which begins with their leases.

CRASH_FOLDER holds `armed` (nothing counts before it is there) and `writes`, a line for each write. CRASH_AT is N,
CRASH_SIDE `before` or `after`, CRASH_HOME the folder whose files count. CRASH_ROLES are those whose writes count, all
but the printers' unless it says otherwise. What `armed` says (`N SIDE`) comes before the variables, so that one server
can die more than once.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_OPEN = Path("/proc/self/fd")
_TIMED = frozenset(("ds_executor", "ds_token"))
_TIDYING = "update ds_ipp_subscription"
_WRITES = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


class Counter:
    """The count that all processes share, and what is to happen at which number. `role` says who writes."""

    def __init__(self, folder: Path, role: str, at: int, side: str) -> None:
        self._armed = folder / "armed"
        self._lines = folder / "writes"
        self._role = role
        self._at = at
        self._side = side

    def around(self, what: str, write: Callable[[], Any]) -> Any:
        """Make this write as the next one, unless it is the one to die at."""
        try:
            words = self._armed.read_text("utf-8").split()
        except FileNotFoundError:
            return write()
        at, side = (int(words[0]), words[1]) if words else (self._at, self._side)
        mine = self._take(what) == at
        if mine and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return write()
        finally:  # a file that is not there to be removed is one write too
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)

    def _take(self, what: str) -> int:
        """Put it down under the next number, which is answered."""
        with self._lines.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            number = sum(1 for _ in file) + 1
            file.write(f"{number} {self._role} {what}\n")
            file.flush()
        return number


def watch_writes(role: str) -> None:
    """From now on in this process, and in those that are forked from it."""
    if role not in os.environ.get("CRASH_ROLES", "web worker render").split():
        return
    side = os.environ.get("CRASH_SIDE", "before")
    counter = Counter(Path(os.environ["CRASH_FOLDER"]), role, int(os.environ.get("CRASH_AT", "0")), side)
    _watch_files(counter, os.environ["CRASH_HOME"])
    if role in ("web", "worker", "ipp"):
        _watch_commits(counter)


def _watch_files(counter: Counter, home: str) -> None:
    for name in ("rename", "replace", "link", "unlink", "remove", "fsync", "fdatasync"):
        _wrap_file_call(counter, home, name)


def _wrap_file_call(counter: Counter, home: str, name: str) -> None:
    call = getattr(os, name)

    def counted(what: Any, *arguments: Any, **more: Any) -> Any:
        path = _locate(arguments[0] if name in ("rename", "replace", "link") else what, more)
        if not path.startswith(f"{home}/"):
            return call(what, *arguments, **more)
        words = f"{name} {os.path.relpath(path, home)}"
        return counter.around(words, lambda: call(what, *arguments, **more))

    setattr(os, name, counted)


def _locate(what: Any, more: dict[str, Any]) -> str:
    """The path of a file, of an open one, or of a name in an open folder."""
    if isinstance(what, int):
        return str(_OPEN.joinpath(str(what)).readlink())
    path, folder = os.fsdecode(what), more.get("dir_fd")
    return path if folder is None else str(_OPEN.joinpath(str(folder)).readlink() / path)


def _watch_commits(counter: Counter) -> None:
    """Commits of SQLAlchemy's connections; each of our transactions belongs to one thread."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.default import DefaultDialect

    mine = threading.local()
    commit, rollback = DefaultDialect.do_commit, DefaultDialect.do_rollback

    @event.listens_for(Engine, "after_cursor_execute")
    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found = _WRITES.match(statement)
        if found and (cursor.rowcount != 0 or "RETURNING" in statement):
            verb, table = found.groups()
            written(mine)[f"{verb.split()[0].lower()} {table}"] = None

    def counted_commit(self: DefaultDialect, connection: Any) -> None:
        tables, mine.tables = written(mine), {}
        timed = next(iter(tables), "") == _TIDYING or not {name.partition(" ")[2] for name in tables} - _TIMED
        if not timed:
            counter.around(f"commit {', '.join(tables)}", lambda: commit(self, connection))
        else:
            commit(self, connection)

    def counted_rollback(self: DefaultDialect, connection: Any) -> None:
        mine.tables = {}
        rollback(self, connection)

    DefaultDialect.do_commit = counted_commit  # type: ignore[method-assign]
    DefaultDialect.do_rollback = counted_rollback  # type: ignore[method-assign]


def written(mine: threading.local) -> dict[str, None]:
    """What the thread's transaction has written so far, in order."""
    if not hasattr(mine, "tables"):
        mine.tables = {}
    tables: dict[str, None] = mine.tables
    return tables
