"""Who would get a document, before it is sent: as a job would plan it, and what stands in the way (SPEC D4, N4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distserver.errors import BadRequest
from distserver.jobs.acceptance import check_accepting
from distserver.jobs.service import Allow, Expand
from distserver.model.jobs import Actor, PlannedDelivery, Submission
from distserver.model.lanes import Lane
from distserver.store import lanes, stops
from distserver.store.database import Database


@dataclass(frozen=True, slots=True)
class Recipient:
    """A delivery as it would be. `lane`: how its destination is, when that is in trouble; `paused`: all groups that it
    goes on account of are."""

    planned: PlannedDelivery
    lane: Lane | None
    paused: bool


class Recipients:
    """Looks ahead by the same rules by which jobs are planned; nothing is written."""

    def __init__(self, database: Database, expand: Expand, allow: Allow) -> None:
        self._database = database
        self._expand = expand
        self._allow = allow

    def find(self, groups: Sequence[str], destinations: Sequence[str], by: Actor) -> list[Recipient]:
        """Each destination once, in the order of the deliveries that a job would have.

        Raises what a job would be refused for: an unknown name, a group that `by` may not send to or that is closed.
        """
        if not groups and not destinations:
            raise BadRequest("choose at least one group or destination")
        asked = Submission("", (), tuple(dict.fromkeys(groups)), tuple(dict.fromkeys(destinations)))
        chosen = self._allow(asked, by)
        planned = self._expand(asked)
        with self._database.read() as connection:
            standing = stops.find_stops(connection, list(chosen)) if chosen else {}
            troubled = {lane.uri: lane for lane in lanes.list_all_troubled(connection)}
        check_accepting(chosen, standing)
        paused = frozenset(file for file, stop in standing.items() if stop.paused is not None)
        return [_look(one, troubled.get(one.destination.address.uri), paused) for one in planned]


def _look(planned: PlannedDelivery, lane: Lane | None, paused: frozenset[str]) -> Recipient:
    return Recipient(planned, lane, stops.is_held(planned.via, paused))
