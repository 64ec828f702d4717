"""The group index: made from the directory itself, and following it within a second (SPEC D2, D3, D16).

A change is noticed by inotify (watchfiles), or at the latest by a look at all files' times and sizes (network file
systems have no inotify). A changed file is read when nobody writes it any more; until then the last good reading
stands. Cost of an edit: one file read, whatever the number of groups.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from distserver.groups.filewhole import NotRegular, Reading, Signature, Writers, read_once
from distserver.groups.lines import MAX_BYTES
from distserver.groups.problems import LineError
from distserver.groups.recfile import parse_recfile
from distserver.groups.scan import Listing, list_directory
from distserver.groups.snapshot import Group, Snapshot
from distserver.groups.watch import DirectoryWatch

_log = logging.getLogger("distserver.groups")

_TELL_EACH = 100

Listener = Callable[[Snapshot, frozenset[str]], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `settle`: how long a file must stay the same before it is read, when nobody can tell whether it is being
    written; `patience`: the longest wait for a writer that never closes; `scan`: the shortest time between two looks
    at the whole directory."""

    settle: float = 0.15
    patience: float = 5.0
    scan: float = 0.5
    calm: float = 2.0


@dataclass(slots=True)
class _Entry:
    """What was read last (`group`, `signature`) and what is on disk but not read yet (`seen` since `since`)."""

    group: Group | None = None
    signature: Signature | None = None
    seen: Signature | None = None
    since: float = 0.0
    waiting: float | None = None


class GroupIndex:
    """The groups of one directory, as they stand now; safe to use from any thread.

    `snapshot()` never waits. `start()` follows the directory from a thread of its own until `stop()`; without it,
    `refresh()` brings the index up to date. `reads` counts the files read since the beginning. `country` (ISO 3166) is
    where telephone numbers without a country code belong.
    """

    def __init__(self, directory: Path, pace: Pace | None = None, country: str = "") -> None:
        self.directory = directory
        self._country = country
        self.reads = 0
        self._pace = pace or Pace()
        self._entries: dict[str, _Entry] = {}
        self._problems: dict[str, LineError] = {}
        self._identity: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._snapshot = Snapshot()
        self._loaded = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def snapshot(self) -> Snapshot:
        """The groups as last read; the first call reads the directory."""
        if not self._loaded:
            self.catch_up()
        return self._snapshot

    def catch_up(self) -> Snapshot:
        """`refresh()`, and wait a moment for the files that are being written just now."""
        self.refresh()
        deadline = time.monotonic() + 10 * self._pace.settle
        while self._is_waiting() and time.monotonic() < deadline:
            time.sleep(self._pace.settle / 3)
            self.refresh()
        return self._snapshot

    def refresh(self) -> Snapshot:
        """Look at all files now and read the changed ones; one that is being written keeps its last good state."""
        with self._lock:
            self._loaded = True
            changed = self._take_in(list_directory(self.directory))
        self._tell(changed)
        return self._snapshot

    def find_line(self, file: str, uri: str) -> int | None:
        """The number of the first line of a group file for this canonical address; None when there is none by now."""
        try:
            data = (self.directory / file).read_bytes()
        except OSError:
            return None
        lines = enumerate(parse_recfile(data, file).lines, 1)
        return next((number for number, line in lines if line.member and line.member.address.uri == uri), None)

    def add_listener(self, listener: Listener) -> None:
        """Have `listener(snapshot, changed file names)` called after each change, from the thread that noticed it."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Read the directory, and follow it from now on."""
        if self._thread is not None:
            return
        self._stopping.clear()
        self.catch_up()
        self._thread = threading.Thread(target=self._follow, name="group-index", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End following; the last snapshot stays."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self._wake.set()
            thread.join()

    def __enter__(self) -> GroupIndex:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _follow(self) -> None:
        watch = DirectoryWatch(self.directory, self._wake)
        watch.start()
        try:
            took = 0.0
            while not self._stopping.is_set():
                # A look costs at most a twentieth of the time, however many files there are.
                pause = self._pace.settle / 3 if self._is_waiting() else max(self._pace.scan, 20 * took)
                self._wake.wait(pause)
                self._wake.clear()
                if self._stopping.is_set():
                    break
                began = time.monotonic()
                try:
                    self.refresh()
                except Exception:  # noqa: BLE001 - outermost loop: a listener's fault must not end the following
                    _log.exception("groups-follow-failed", {"directory": self.directory})
                took = time.monotonic() - began
                watch.keep_on(self._identity)
        finally:
            watch.stop()

    def _is_waiting(self) -> bool:
        with self._lock:
            return any(entry.waiting is not None for entry in self._entries.values())

    def _take_in(self, listing: Listing) -> frozenset[str]:
        """Read what changed; returns the names whose state in the snapshot changed."""
        now = time.monotonic()
        changed = {name for name in listing.files if self._read_if_due(name, listing.files[name], now)}
        changed |= {name for name in self._entries.keys() - listing.files.keys() if self._forget_if_due(name, now)}
        problems_changed = listing.problems != self._problems
        self._problems = listing.problems
        self._identity = listing.directory
        if changed or problems_changed:
            groups = [entry.group for entry in self._entries.values() if entry.group is not None]
            self._snapshot = Snapshot.of(groups, listing.problems.values(), self._country)
        return frozenset(changed | ({""} if problems_changed else set()))

    def _read_if_due(self, name: str, signature: Signature, now: float) -> bool:
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = _Entry()
        elif entry.signature == signature:
            entry.waiting = None
            return False
        if entry.seen != signature:
            entry.seen, entry.since = signature, now
        if entry.waiting is None:
            entry.waiting = now
        try:
            reading = self._read_whole(name, entry, now)
        except FileNotFoundError:
            return False
        except NotRegular:
            return self._settle_entry(entry, signature, _unreadable(name, "it is no regular file"))
        except OSError as error:
            return self._settle_entry(entry, signature, _unreadable(name, error.strerror or "unknown reason"))
        if reading is None:
            return False
        self.reads += 1
        return self._settle_entry(entry, reading.signature, Group.of(parse_recfile(reading.data, name)))

    def _read_whole(self, name: str, entry: _Entry, now: float) -> Reading | None:
        """The file as its writer meant it, or None while that cannot be told yet."""
        path = self.directory / name
        if entry.seen is not None and self._is_old(entry.seen):
            return read_once(path, MAX_BYTES, lease=False)
        unchanged = now - entry.since
        reading = read_once(path, MAX_BYTES)
        if reading is None and unchanged >= self._pace.patience:
            return read_once(path, MAX_BYTES, lease=False)
        if reading is None:
            return None
        if reading.writers is Writers.NONE and reading.data.endswith((b"\n", b"\r")):
            return reading
        # An empty file where members were is most often an editor between emptying and writing.
        emptied = not reading.data and entry.group is not None and bool(entry.group.members)
        return reading if unchanged >= self._pace.settle * (5 if emptied else 1) else None

    def _is_old(self, signature: Signature) -> bool:
        return 0 < signature.mtime_ns / 1e9 < time.time() - self._pace.calm

    def _settle_entry(self, entry: _Entry, signature: Signature, group: Group) -> bool:
        """True always: that a file was saved matters to listeners even when it says the same as before."""
        entry.signature, entry.waiting, entry.group = signature, None, group
        return True

    def _forget_if_due(self, name: str, now: float) -> bool:
        """Editors take a file away for a moment while they save; it is gone when it stays away."""
        entry = self._entries[name]
        if entry.waiting is None or entry.seen is not None:
            entry.seen, entry.waiting = None, now
            entry.signature = None
            return False
        if now - entry.waiting < self._pace.settle:
            return False
        del self._entries[name]
        return True

    def _tell(self, changed: frozenset[str]) -> None:
        if not changed:
            return
        snapshot = self._snapshot
        if len(changed) > _TELL_EACH:
            _log.info("groups-read", {"files": len(changed), "groups": len(snapshot.groups)})
        else:
            _tell_files(snapshot, sorted(changed - {""}))
        problems = [problem for group in snapshot.groups if group.file in changed for problem in group.problems]
        for problem in (*(snapshot.problems if "" in changed else ()), *problems):
            _log.warning("group-problem", {"file": problem.file, "line": problem.line, "reason": problem.reason})
        for listener in self._listeners:
            listener(snapshot, changed)


def _tell_files(snapshot: Snapshot, names: Iterable[str]) -> None:
    for name in names:
        group = snapshot.by_file.get(name)
        if group is None:
            _log.info("group-removed", {"file": name})
        else:
            _log.info("group-read", {"file": name, "members": len(group.members), "errors": len(group.errors)})


def _unreadable(name: str, why: str) -> Group:
    return Group(name, name.removesuffix(".rec"), (), (LineError(name, 0, f"the file cannot be read: {why}"),))
