"""Subscriptions as clients make, renew, read and cancel them: who may, how many, for how long (RFC 3995 §11)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from distserver.errors import Conflict, NotFound, NotSignedIn
from distserver.intake.ipp.addresses import Place
from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.notification.audience import SYSTEM, sees_job
from distserver.intake.ipp.notification.events import Event
from distserver.intake.ipp.notification.narrator import NOTHING, Narrator, Seen
from distserver.intake.ipp.notification.wish import Wish
from distserver.jobs.service import SEES_ALL
from distserver.store import happenings, subscriptions, watched
from distserver.store.database import Database
from distserver.store.happenings import Notification
from distserver.store.subscriptions import Subscription
from distwire.ipp.attributes import Group
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal

MOST_READ = 500
"""Events in one answer: who has missed more asks again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`per_owner` and `per_printer` are how many somebody and a printer may have; `life` is for how many seconds an
    event is kept. `clock` is in seconds since the epoch."""

    per_owner: int
    per_printer: int
    life: float
    clock: Callable[[], float]

    def explain(self, groups: Sequence[Group]) -> str:
        """Why some of the subscriptions that were asked for are not there, for a person."""
        statuses = {group.integer("notify-status-code") for group in groups}
        if Status.TOO_MANY_SUBSCRIPTIONS in statuses:
            most = f"a user may have {self.per_owner} subscriptions and a printer {self.per_printer}"
            return f"not all subscriptions were made: {most}; cancel some"
        return "not all subscriptions were made: notify-status-code and the attributes beside it say why"


@dataclass(frozen=True, slots=True)
class Object:
    """What is subscribed to: a printer by its path, a job of it, or the system (no path). `uri` is how the client names
    it."""

    printer: str
    job: int | None
    uri: str


class Subscriptions:
    """All of them, for one process."""

    def __init__(self, database: Database, narrator: Narrator, rules: Rules) -> None:
        self.rules = rules
        self._database = database
        self._narrator = narrator

    def create(self, wishes: Sequence[Wish | None], what: Object, by: Visitor) -> list[int | None]:
        """Ids of the new ones; None where there was no wish, or no room. Raises `Conflict` when the job has ended.

        All that has happened before is told to others first: a new one hears of what happens from now on.
        """
        seen = self._see(what, wishes)
        with self._database.begin() as connection:
            self._narrator.tell(connection, seen)
            if what.job is not None and watched.is_over(connection, what.job):
                raise Conflict(f"job {what.job} has ended: nothing more will happen to it")
            return self.insert(connection, wishes, what, by)

    def insert(
        self, connection: sa.Connection, wishes: Sequence[Wish | None], what: Object, by: Visitor
    ) -> list[int | None]:
        """`create` within a transaction that makes the job at the same time."""
        mine, its = subscriptions.count_subscriptions(connection, owner=by.actor.name, printer=what.printer)
        room = min(self.rules.per_owner - mine, self.rules.per_printer - its)
        found: list[int | None] = []
        for wish in wishes:
            made = wish is not None and room > 0
            room -= made
            found.append(self._insert(connection, wish, what, by) if wish is not None and made else None)
        return found

    def get(self, id_: int, by: Visitor) -> Subscription:
        """Raises `NotFound`, and `Refusal` or `NotSignedIn` when it is somebody else's."""
        with self._database.read() as connection:
            return self._mine(connection, id_, by)

    def list(self, what: Object, by: Visitor, *, mine: bool, limit: int) -> list[Subscription]:
        """Those of a job, or of a printer or the system itself: all for operators, their own for others."""
        owner = by.actor.name if mine or by.actor.role not in SEES_ALL else None
        with self._database.read() as connection:
            found = subscriptions.list_subscriptions(connection, what.printer, job=what.job, owner=owner, limit=limit)
        return [one for one in found if self._lets_in(by, one)]

    def renew(self, id_: int, seconds: int, by: Visitor) -> None:
        """Raises `Refusal` for a job's, which has no lease."""
        with self._database.begin() as connection:
            found = self._mine(connection, id_, by)
            if found.lease is None:
                raise Refusal(Status.NOT_POSSIBLE, f"subscription {id_} is a job's: it lasts as long as the job")
            expires = self.rules.clock() + seconds
            subscriptions.change_subscription(connection, id_, lease=seconds, expires=expires)

    def cancel(self, id_: int, by: Visitor) -> None:
        with self._database.begin() as connection:
            watched.lock_telling(connection)  # else somebody might just be telling it
            self._mine(connection, id_, by)
            subscriptions.delete_subscription(connection, id_)

    def read(
        self, wanted: Sequence[tuple[int, int]], by: Visitor
    ) -> tuple[Sequence[Subscription], Sequence[Notification]]:
        """Which of them are there, and what they have heard from these numbers on. Raises `NotFound` when none is."""
        since = self.rules.clock() - self.rules.life
        with self._database.read() as connection:
            found = subscriptions.find_subscriptions(connection, {id_ for id_, _ in wanted})
            if not found:
                raise NotFound("none of these subscriptions is there: they were canceled, or their leases have run out")
            for one in found:
                self._check_owner(one, by)
            there = {one.id for one in found}
            heard: list[Notification] = []
            for id_, first in wanted:
                if id_ in there:
                    heard.extend(happenings.list_notifications(connection, id_, first, since, MOST_READ - len(heard)))
        actor = by.actor
        return found, [one for one in heard if sees_job(actor.name, actor.role, one.happening.sender)]

    def _see(self, what: Object, wishes: Sequence[Wish | None]) -> Seen:
        """What has to be known before, so that changes of it can be told."""
        events = {event for wish in wishes if wish is not None for event in wish.events}
        if all(Event(event).of_job for event in events):
            return NOTHING
        scene = self._narrator.scene
        if what.printer == SYSTEM:
            return Seen({}, [one.place.key for one in scene.printers.list()])
        printer = scene.printers.find(Place.of_key(what.printer))
        return Seen({what.printer: scene.see_printer(printer)})

    def _insert(self, connection: sa.Connection, wish: Wish, what: Object, by: Visitor) -> int:
        now = self.rules.clock()
        values = {
            "printer": what.printer,
            "job": what.job,
            "owner": by.actor.name,
            "role": by.actor.role,
            "uri": what.uri,
            "events": " ".join(wish.events),
            "attributes": " ".join(wish.attributes),
            "user_data": wish.user_data,
            "language": "en",
            "lease": wish.lease,
            "interval": wish.interval,
            "created": now,
            "expires": None if wish.lease is None else now + wish.lease,
        }
        return subscriptions.insert_subscription(connection, values)

    def _mine(self, connection: sa.Connection, id_: int, by: Visitor) -> Subscription:
        found = [one for one in subscriptions.find_subscriptions(connection, (id_,)) if one.ended is None]
        if not found:
            raise NotFound(f"there is no subscription {id_}: it was canceled, or its lease has run out")
        self._check_owner(found[0], by)
        return found[0]

    def _check_owner(self, found: Subscription, by: Visitor) -> None:
        """Its owner, and operators (RFC 3995 §11.2, RFC 3996 §5); guests where its printer lets them in: anybody could
        give the name of another."""
        if by.actor.role in SEES_ALL or (by.actor.name == found.owner and self._lets_in(by, found)):
            return
        if not by.known:
            raise NotSignedIn(f"subscription {found.id} is not for guests from here: sign in as its owner")
        raise Refusal(Status.NOT_AUTHORIZED, f"subscription {found.id} is somebody else's")

    def _lets_in(self, by: Visitor, found: Subscription) -> bool:
        return by.known or self._narrator.scene.printers.lets_in(found.printer, by.peer)


def pair_up(ids: Collection[int], numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Each id, once, with the number from which on its events are wanted: 1 where none is given (RFC 3996 §5.1.2)."""
    paired: dict[int, int] = {}
    for at, id_ in enumerate(ids):
        paired.setdefault(id_, max(1, numbers[at]) if at < len(numbers) else 1)
    return list(paired.items())
