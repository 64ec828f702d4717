"""Who serves a home: one server at a time, by a lock on HOME/.serving that the system frees with its process.

The file says in JSON which process that is and where it answers: {"pid": 4711, "url": "http://127.0.0.1:8631"}.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distserver.errors import SetupError
from distserver.store.folder import explain_fault

_TRIES, _PAUSE_SECONDS = 10, 0.1  # one who only looks holds the lock for a moment


class HomeServed(SetupError):
    """Another server has the home."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The server of a home, as it tells itself; `pid` 0 and an empty `url` where it has not said so yet."""

    pid: int
    url: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The home is this process's, and that of those who inherit `descriptor`."""

    descriptor: int

    def tell(self, url: str) -> None:
        """Let others know who has the home and where it is served. Raises `SetupError`."""
        text = json.dumps({"pid": os.getpid(), "url": url}) + "\n"
        try:
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, text.encode(), 0)
        except OSError as error:
            raise SetupError(explain_fault(error, Path(".serving"))) from error


@contextmanager
def claim_home(home: Path) -> Iterator[Claim]:
    """Have the home to oneself while the block runs. Raises `HomeServed`, and `SetupError` when it cannot be used."""
    path = _file(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SetupError(explain_fault(error, home)) from error
    try:
        if not _lock(descriptor):
            raise HomeServed(_explain(home, _read(path)))
        claim = Claim(descriptor)
        claim.tell("")
        yield claim
    finally:
        os.close(descriptor)


def find_holder(home: Path) -> Holder | None:
    """Who serves this home just now; None when nobody does or that cannot be told."""
    try:
        descriptor = os.open(_file(home), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(_file(home))
    finally:
        os.close(descriptor)
    return None


def _file(home: Path) -> Path:
    return home / ".serving"


def _lock(descriptor: int) -> bool:
    for left in reversed(range(_TRIES)):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if left:
            time.sleep(_PAUSE_SECONDS)
    return False


def _read(path: Path) -> Holder:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(table["pid"]), str(table["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "")


def _explain(home: Path, holder: Holder) -> str:
    who = f" by process {holder.pid}" if holder.pid else ""
    where = f" at {holder.url}" if holder.url else ""
    return f"{home} is served already{who}{where}: end it, or choose another folder with --home"
