"""Destinations that are suspended: whom to ask how they are, and the end of a suspension (SPEC N4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distserver.jobs.lanes import BounceRules, describe_turn, reopen
from distserver.model.address import Destination
from distserver.model.lanes import Lane
from distserver.store import lanes, notices, rows
from distserver.store.database import Database


@dataclass(frozen=True, slots=True)
class Probe:
    """A suspended destination that is to be asked, as its last delivery knew it."""

    destination: Destination
    pinned: str | None


class Suspensions:
    """Suspended destinations of one database. Blocks: for threads."""

    def __init__(self, database: Database, rules: BounceRules) -> None:
        self._database = database
        self._rules = rules

    def take_probes(self, now: float, limit: int) -> Sequence[Probe]:
        """Up to `limit` whose time has come; no other worker gets them for a while."""
        with self._database.read() as connection:
            if not lanes.probes_due(connection, now):
                return []
        found: list[Probe] = []
        with self._database.begin() as connection:
            while len(found) < limit and (taken := lanes.take_probe(connection, now, now + self._rules.probe)):
                uri, pinned, last = taken
                if last is None:  # nobody knows any more how it was reached
                    lanes.write_lane(connection, Lane(uri))
                else:
                    found.append(Probe(rows.destination_from_row(last), pinned))
        return found

    def end(self, uri: str, name: str, now: float) -> None:
        """It is well again: one delivery goes there now, and the others when that one has arrived."""
        with self._database.begin() as connection:
            before = lanes.lock_lanes(connection, [uri])[uri]
            if before.suspended is None:
                return
            after = reopen(before, now)
            lanes.write_lane(connection, after)
            lanes.tell_waiting(connection, after, now)
            notices.insert_notices(connection, describe_turn(before, after, name, now))
