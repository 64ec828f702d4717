"""The one look at what has changed, for all subscriptions of a process; printers are looked at by one process alone.

Jobs change in workers and at other doors: all of that is in the store. What printers can do and how they are is seen
here; where several doors serve one database, one of them looks, so that none contradicts another that is a moment
behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from distserver.errors import NotFound
from distserver.intake.ipp.addresses import Place
from distserver.intake.ipp.notification.audience import SYSTEM
from distserver.intake.ipp.notification.events import Event
from distserver.intake.ipp.notification.narrator import Narrator, Seen
from distserver.intake.ipp.notification.scene import Sight
from distserver.intake.ipp.notification.subscriptions import Rules
from distserver.store import happenings, subscriptions, watched
from distserver.store.database import Database
from distserver.store.subscriptions import Subscription
from distserver.store.telling import TellingLease

_PRINTERS_AT_ONCE = 100
_SELDOM_SECONDS = 5.0
_MOST_ROUNDS = 20


class Watch:
    """Blocks: for threads. One `look` at a time."""

    def __init__(
        self,
        database: Database,
        narrator: Narrator,
        rules: Rules,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._narrator = narrator
        self._rules = rules
        self._monotonic = monotonic
        self._lease = TellingLease(database)
        self._seldom = -_SELDOM_SECONDS
        self._next_printer = 0

    def look(self, waited: frozenset[int]) -> Mapping[int, int]:
        """See `waiting.Look`."""
        with self._database.read() as connection:
            live = subscriptions.list_live(connection)
        seldom = self._monotonic() - self._seldom >= _SELDOM_SECONDS
        if seldom:
            self._seldom = self._monotonic()
            self._tidy(live)
        if live:
            self._tell(live)
        if not waited:
            return {}
        with self._database.read() as connection:
            return subscriptions.sequences(connection, waited)

    def glance(self, place: str) -> None:
        """Tell at once what an operation has changed at that printer and of jobs: the next one may change it back."""
        with self._database.read() as connection:
            live = subscriptions.list_live(connection)
        if live:
            heard = any(one.printer in (place, SYSTEM) and _hears_of_printers(one) for one in live)
            self._tell_seen(live, Seen(self._see_these((place,)) if heard else {}))

    def close(self) -> None:
        """Another process may look at the printers."""
        self._lease.give_up()

    def _tell(self, live: Sequence[Subscription]) -> None:
        self._tell_seen(live, self._see(live) if self._lease.hold() else Seen({}))

    def _tell_seen(self, live: Sequence[Subscription], seen: Seen) -> None:
        for _ in range(_MOST_ROUNDS):
            with self._database.read() as connection:
                if not self._narrator.stirs(connection, live, seen):
                    return
            with self._database.begin() as connection:
                self._narrator.tell(connection, seen)

    def _see(self, live: Sequence[Subscription]) -> Seen:
        """The printers that anybody wants to hear of, some of them at each look where they are many."""
        places = {one.printer for one in live if _hears_of_printers(one)}
        if SYSTEM not in places:
            return Seen(self._see_printers(sorted(places)))
        everywhere = [one.place.key for one in self._narrator.scene.printers.list()]
        return Seen(self._see_printers(sorted({*everywhere, *places} - {SYSTEM})), everywhere)

    def _see_printers(self, places: Sequence[str]) -> dict[str, Sight]:
        start = self._next_printer if self._next_printer < len(places) else 0
        chosen = places[start : start + _PRINTERS_AT_ONCE]
        self._next_printer = start + len(chosen)
        return self._see_these(chosen)

    def _see_these(self, places: Sequence[str]) -> dict[str, Sight]:
        scene, found = self._narrator.scene, dict[str, Sight]()
        for key in places:
            try:
                found[key] = scene.see_printer(scene.printers.find(Place.of_key(key)))
            except NotFound:  # its subscriptions wait for its return, until their leases run out
                continue
        return found

    def _tidy(self, live: Sequence[Subscription]) -> None:
        """What is over goes: leases, old events, and what is known of printers for the sake of nobody any more."""
        now = self._rules.clock()
        old = now - self._rules.life
        wanted = {one.printer for one in live}
        with self._database.read() as connection:
            stale = () if SYSTEM in wanted else watched.list_told(connection) - wanted
            over = subscriptions.any_over(connection, now, old) or happenings.any_older(connection, old)
            resumed = bool(live) and bool(watched.list_resumed(connection))
            ended = not live and watched.any_ended(connection)
        if not (stale or over or resumed or ended):
            return
        with self._database.begin() as connection:
            watched.lock_telling(connection)
            subscriptions.end_leases(connection, now)
            subscriptions.forget_ended(connection, old)
            happenings.forget_happenings(connection, old)
            watched.forget_told(connection, stale)
            self._narrator.catch_up(connection, settle=ended)


def _hears_of_printers(one: Subscription) -> bool:
    return any(not Event(event).of_job for event in one.events)
