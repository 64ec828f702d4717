"""Pausing groups and closing them to new jobs (RFC 8011 §4.2.7 and §4.2.8, RFC 3998 §3.1; docs/reference/stops.md).

A paused group takes jobs and holds their deliveries until it goes on. Only what goes on account of paused groups alone
is held: a destination that the job reaches by another group too, or that it names singly, gets its copy. What a device
has in hand is seen to its end. A closed group takes no job at any door; those it has go on.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from distserver.errors import Forbidden
from distserver.jobs.service import SEES_ALL
from distserver.model.jobs import Actor
from distserver.model.stops import Stop, StopAction
from distserver.store import audit, stops
from distserver.store.database import Database

log = logging.getLogger(__name__)

_FRESH_SECONDS = 1.0


class Stops:
    """Of all groups, by their files; for operators and administrators. Safe to use from any thread.

    What is asked here is remembered for a moment: what another process has changed shows within a second. The place
    where jobs are made looks for itself.
    """

    def __init__(self, database: Database, wake: Callable[[], None], clock: Callable[[], float]) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._seen: tuple[float, Mapping[str, Stop]] = (-math.inf, {})

    def change(self, file: str, action: StopAction, by: Actor) -> tuple[Stop, int]:
        """Do it: how the group stands then, and how many deliveries are held or go on by it. Nothing changes when it
        is so already. Raises `Forbidden`."""
        if by.role not in SEES_ALL:
            raise Forbidden(f"only operators may {action} a group")
        now, moved = self._clock(), 0
        with self._database.begin() as connection:
            stops.lock_stops(connection, shared=False)
            before = stops.find_stops(connection, [file]).get(file, Stop(file))
            after = _act(before, action, now)
            if after == before:
                return before, 0
            after = replace(after, by=by.name, changed=now)
            stops.write_stop(connection, after)
            if action is StopAction.PAUSE:
                moved = stops.hold_all(connection, file, now)
            elif action is StopAction.RESUME and before.paused is not None:
                moved = stops.let_go(connection, file, before.paused, now)
            audit.record(connection, now, by.name, f"group-{action}", file, f"{moved} deliveries" if moved else "")
        self._seen = (-math.inf, {})
        log.info("group-stop", {"group": file, "does": action.value, "by": by.name, "deliveries": moved})
        self._wake()
        return after, moved

    def get(self, file: str) -> Stop:
        """How a group stands now."""
        return self.list().get(file, Stop(file))

    def list(self) -> Mapping[str, Stop]:
        """All of which something was ever said."""
        now, (at, seen) = time.monotonic(), self._seen
        if now - at >= _FRESH_SECONDS:
            with self._database.read() as connection:
                seen = stops.find_stops(connection)
            self._seen = (now, seen)
        return seen


def _act(stop: Stop, action: StopAction, now: float) -> Stop:
    match action:
        case StopAction.PAUSE:
            return stop if stop.paused is not None else replace(stop, paused=now)
        case StopAction.RESUME:
            return replace(stop, paused=None)
        case StopAction.DISABLE:
            return stop if stop.disabled is not None else replace(stop, disabled=now)
        case StopAction.ENABLE:
            return replace(stop, disabled=None)


def say_done(name: str, action: StopAction, moved: int) -> str:
    """What came of it, in a sentence."""
    count = f"{moved} {'delivery' if moved == 1 else 'deliveries'}"
    match action:
        case StopAction.PAUSE:
            return f"{name} is paused: it takes jobs and holds them; {count} held"
        case StopAction.RESUME:
            return f"{name} goes on; {count} released"
        case StopAction.DISABLE:
            return f"{name} takes no new jobs; those it has go on"
        case StopAction.ENABLE:
            return f"{name} takes jobs"
