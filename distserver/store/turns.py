"""Turns: the order of deliveries among senders (SPEC D4).

Deliveries of one rank go in the order of their turns. A sender's deliveries have turns one behind the other; a sender
who has none waiting begins at the turn that is being served. So ten pages of one sender do not wait for the ten
thousand of another: the two take turns (start-time fair queueing).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from distserver.model.states import DeliveryState, Priority, Queue
from distserver.store.queues import stands_in, under_way
from distserver.store.rows import RANKS
from distserver.store.tables import delivery, job

_FARTHEST = sa.select(sa.func.max(job.c.last_turn)).where(
    job.c.ended.is_(None), job.c.priority == sa.bindparam("priority")
)
_FARTHEST_OF_ONE = _FARTHEST.where(job.c.sender == sa.bindparam("sender"))
_OF_RANK = delivery.c.rank == sa.bindparam("rank")
_WAITS = sa.select(sa.func.min(delivery.c.turn) - 1).where(stands_in(Queue.READY), _OF_RANK)
_GOES = sa.select(sa.func.max(delivery.c.turn)).where(under_way(), _OF_RANK)


class Newcomer(NamedTuple):
    """A new job of so many copies that are up at once; of none, it needs no turn."""

    sender: str
    rank: int
    priority: str
    copies: int


def find_turns(connection: sa.Connection, newcomers: Sequence[Newcomer]) -> list[int]:
    """For each, the turn before that of its first delivery, as if they came one after the other; 0 for no turn."""
    own: dict[tuple[str, int], int] = {}
    found = []
    for one in newcomers:
        turn = 0
        if one.copies:
            turn = own.get((one.sender, one.rank), -1)
            if turn < 0:
                turn = next_turn(connection, one.sender, one.rank, one.priority)
            own[one.sender, one.rank] = turn + one.copies
        found.append(turn)
    return found


def next_turn(connection: sa.Connection, sender: str, rank: int, priority: str) -> int:
    """The turn before the first one of deliveries that this sender now adds at that rank."""
    served = _turn_served(connection, rank)
    if served is None:
        return int(connection.execute(_FARTHEST, {"priority": priority}).scalar() or 0)
    own = connection.execute(_FARTHEST_OF_ONE, {"priority": priority, "sender": sender}).scalar() or 0
    return max(served, int(own))


def _turn_served(connection: sa.Connection, rank: int) -> int | None:
    """How far the turns have come: what is under way is the farthest, unless all that waits is farther still.

    What waits alone would not tell: there is also what comes back from a try long ago, with a turn long past.
    """
    known = [connection.execute(query, {"rank": rank}).scalar() for query in (_WAITS, _GOES)]
    return max((int(turn) for turn in known if turn is not None), default=None)


def line_up(connection: sa.Connection, job_id: str, now: float, which: sa.ColumnElement[bool] | None = None) -> None:
    """Line up deliveries of a job that were not up for it until now (held, or for later), as if just sent in; only
    `which`, if given.

    Those whose time has not come do so when it comes. The caller holds the job.
    """
    c = delivery.c
    mine = sa.and_(c.job_id == job_id, c.ended.is_(None), sa.or_(c.state != DeliveryState.PENDING, c.due <= now))
    mine = mine if which is None else sa.and_(mine, which)
    last = connection.execute(sa.select(sa.func.max(c.number)).where(mine)).scalar()
    if last is None:
        return
    row = connection.execute(sa.select(job.c.sender, job.c.priority).where(job.c.id == job_id)).one()
    start = next_turn(connection, row.sender, RANKS[Priority(row.priority)], row.priority)
    connection.execute(delivery.update().where(mine).values(turn=start + c.number))
    connection.execute(job.update().where(job.c.id == job_id).values(last_turn=start + last, updated=now))
