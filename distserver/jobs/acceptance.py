"""New jobs are written to the disk together with those that come in at the same moment (SPEC D4, N1).

A disk syncs some hundred times a second whatever it syncs, and a transaction costs more than what stands in it. So
whoever finds nobody writing writes for all who wait: alone, a job is written at once; in a crowd, each transaction has
as many as came in during the one before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from distserver.errors import LaterError, NotAccepting, StoreUnavailable, UserError
from distserver.jobs.quotas import Quotas
from distserver.model.counting import JOBS_ACCEPTED, Tally
from distserver.model.jobs import GUEST, Actor, JobView
from distserver.model.states import Priority, Queue, Reason
from distserver.model.stops import Stop
from distserver.store import audit, counters, jobs, lanes, rows, stops
from distserver.store.database import Database

_MOST = 64
_OF_ONE = (UserError, IntegrityError, DataError, ValueError, OverflowError)
"""Errors that some job of a batch has brought with it; the last two are a driver's, for values that no column takes."""

Also = Callable[[sa.Connection, str], None]
"""Writes what belongs to a new job into the transaction that makes it; given the job's id. It may be called again, in
another transaction, when the first one came to nothing. Raises `UserError` when the job cannot be."""


@dataclass(slots=True)
class Entry:
    """A job of `by` for these groups (names by file), `view` as it is to be seen. `error` is why it was not written,
    `written` says that it was."""

    new: jobs.NewJob
    by: Actor
    groups: Mapping[str, str]
    view: JobView
    also: Also
    error: Exception | None = None
    written: bool = False

    @property
    def settled(self) -> bool:
        return self.written or self.error is not None


class _Refused(Exception):
    """This entry cannot be written, for that reason; the others may be."""

    def __init__(self, entry: Entry, error: Exception) -> None:
        super().__init__(str(error))
        self.entry = entry
        self.error = error


class Acceptance:
    """Of one process. `wake` tells the workers, after each transaction."""

    def __init__(self, database: Database, quotas: Quotas, wake: Callable[[], None]) -> None:
        self._database = database
        self._quotas = quotas
        self._wake = wake
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Return when it is on the disk. Raises what it, and no other one, came to."""
        with self._lock:
            self._waiting.append(entry)
        while not entry.settled:
            with self._turn:
                if not entry.settled:  # nobody wrote it meanwhile
                    self._write_batch(self._take())
        if entry.error is not None:
            raise entry.error

    def _take(self) -> list[Entry]:
        with self._lock:
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        return batch

    def _write_batch(self, batch: Sequence[Entry]) -> None:
        """Write them; what one of them comes to is its own affair."""
        try:
            while batch:
                batch = self._try_to_write(batch)
        except LaterError as error:
            for one in batch:
                one.error = one.error or error
        finally:
            for one in batch:
                if not one.settled:  # what was raised goes up in one thread only
                    one.error = StoreUnavailable("the job could not be written: send it again")

    def _try_to_write(self, batch: Sequence[Entry]) -> Sequence[Entry]:
        """In one transaction; which are still to be written. Who refuses one cannot have the others written one by one:
        they go on together, without it."""
        try:
            with self._database.begin() as connection:
                _mind_stops(connection, batch)
                for one in sorted(batch, key=_subject):  # in one order: two that charge the same do not deadlock
                    with _refusing(one):
                        self._quotas.charge(connection, one.by, one.new.use, one.new.created)
                _insert(connection, batch)
        except _Refused as refused:
            refused.entry.error = refused.error
            return [one for one in batch if one is not refused.entry]
        except _OF_ONE as error:
            if len(batch) > 1:  # nobody knows whose it is
                for one in batch:
                    self._write_batch([one])
            else:
                batch[0].error = error
        else:
            for one in batch:
                one.written = True
            self._wake()
        return ()


@contextmanager
def _refusing(entry: Entry) -> Iterator[None]:
    """What goes wrong here is this entry's."""
    try:
        yield
    except _OF_ONE as error:
        raise _Refused(entry, error) from error


def _subject(entry: Entry) -> tuple[bool, str]:
    guest = entry.by.role == GUEST
    return guest, entry.by.peer if guest else entry.by.name


def _mind_stops(connection: sa.Connection, batch: Sequence[Entry]) -> None:
    """Raises `NotAccepting` when one of the groups takes no jobs; what is for paused ones waits."""
    stops.lock_stops(connection, shared=True)
    files = {file for one in batch for file in one.groups}
    standing = stops.find_stops(connection, files) if files else {}
    for one in batch:
        if not one.new.submission.promised:
            with _refusing(one):
                check_accepting(one.groups, standing)
        paused = frozenset(file for file in one.groups if file in standing and standing[file].paused is not None)
        if paused != one.new.paused:  # also when it was paused at a first try, and is no more
            one.new = replace(one.new, paused=paused)
            others = tuple(reason for reason in one.view.reasons if reason != Reason.GROUP_PAUSED)
            one.view = replace(one.view, reasons=others)
        if any(one.new.queue_of(planned) is Queue.PAUSED for planned in one.new.planned):
            one.view = replace(one.view, reasons=rows.add_paused(one.view.reasons, first=not one.view.held))


def check_accepting(groups: Mapping[str, str], standing: Mapping[str, Stop]) -> None:
    """Raises `NotAccepting` when one of these groups (names by file) takes no jobs."""
    for file, name in groups.items():
        if file in standing and not standing[file].accepting:
            raise NotAccepting(f"'{name}' takes no jobs just now: an operator has closed it")


def _insert(connection: sa.Connection, batch: Sequence[Entry]) -> None:
    jobs.insert_jobs(connection, [(one.new, jobs.Standing(one.view.state, one.view.reasons)) for one in batch])
    audit.record_all(
        connection,
        [audit.AuditEntry(one.new.created, one.new.sender, "job-submit", one.new.id, _describe(one)) for one in batch],
    )
    lanes.reopen(connection, _list_urgent(batch))
    tally = Tally()
    for one in batch:
        tally.count(JOBS_ACCEPTED, one.view.priority)
        with _refusing(one):
            one.also(connection, one.new.id)
    counters.add(connection, tally)


def _describe(entry: Entry) -> str:
    return f"{entry.view.title} ({entry.by.note})" if entry.by.note else entry.view.title


def _list_urgent(batch: Sequence[Entry]) -> list[str]:
    """Where urgent jobs go, which do not wait for a pause to end; of all of them at once, for who locks destinations
    does so in one order."""
    urgent = (one.new for one in batch if one.view.priority is Priority.URGENT and one.new.queue is Queue.READY)
    return [planned.destination.address.uri for new in urgent for planned in new.planned]
