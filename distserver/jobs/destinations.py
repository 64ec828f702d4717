"""What operators see of destinations, and what they may do with those in trouble (SPEC N4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from distserver.errors import BadRequest, Forbidden, NotFound
from distserver.jobs.lanes import reopen
from distserver.jobs.service import SEES_ALL
from distserver.model.address import AddressError, parse_address
from distserver.model.jobs import Actor
from distserver.model.lanes import Lane
from distserver.model.notices import Notice
from distserver.store import audit, executors, lanes, notices
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.figures import Live, read_live


@dataclass(frozen=True, slots=True)
class Condition:
    """How the installation is at the time `at`: workers, what waits, destinations in trouble, what was noticed."""

    at: float
    workers: Sequence[Executor]
    live: Live
    troubled: Sequence[Lane]
    notices: Sequence[Notice]


class Destinations:
    """For operators and administrators; all others are refused."""

    def __init__(self, database: Database, wake: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock

    def list_troubled(self, by: Actor) -> Sequence[Lane]:
        """Those that are suspended, then those that failed last time, the longest in trouble first."""
        _check(by)
        with self._database.read() as connection:
            return lanes.list_troubled(connection)

    def find_trouble(self, uri: str, by: Actor) -> Lane | None:
        """How it stands when it is in trouble; None when it is well."""
        _check(by)
        with self._database.read() as connection:
            found = lanes.find_lane(connection, uri)
        return None if found is None or found.well else found

    def find_condition(self, by: Actor, *, newest: int = 50) -> Condition:
        """All at a glance; of the notices the `newest`."""
        _check(by)
        with self._database.read() as connection:
            return Condition(
                self._clock(),
                executors.list_executors(connection),
                read_live(connection),
                lanes.list_troubled(connection),
                notices.list_notices(connection, newest),
            )

    def reopen(self, address: str, by: Actor) -> Lane:
        """Try the destination now, whatever its pause. A suspended one is asked how it is before anything is sent, and
        only its good answer ends the suspension.

        Raises `NotFound` when it is in no trouble, `BadRequest` when that is no address.
        """
        _check(by)
        try:
            uri = parse_address(address).uri
        except AddressError as error:
            raise BadRequest(str(error)) from error
        now = self._clock()
        with self._database.begin() as connection:
            before = lanes.find_lane(connection, uri)
            if before is None or before.well:
                raise NotFound(f"{address} is in no trouble: there is nothing to try again")
            before = lanes.lock_lanes(connection, [uri])[uri]
            after = replace(before, closed_until=now) if before.suspended is not None else reopen(before, now)
            lanes.write_lane(connection, after)
            lanes.tell_waiting(connection, after, now)
            audit.record(connection, now, by.name, "destination-reopen", uri, before.trouble)
        self._wake()
        return after


def _check(by: Actor) -> None:
    if by.role not in SEES_ALL:
        raise Forbidden("this is for operators and administrators")
