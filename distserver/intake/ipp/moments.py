"""How the printers of groups stand, from moment to moment."""

from __future__ import annotations

import time

from distserver.groups.snapshot import Group
from distserver.intake.ipp.description import Moment
from distserver.intake.ipp.printers import Printer
from distserver.model.stops import Stop
from distserver.services import Services
from distserver.store import ipp_jobs

_FRESH_SECONDS = 1.0


class Moments:
    """How printers stand now; their jobs are counted at most once a second for each."""

    def __init__(self, services: Services, started: float) -> None:
        self._services = services
        self._started = started
        self._groups: dict[str, tuple[Group | None, float]] = {}
        self._counted: dict[str, tuple[float, int, int]] = {}

    def of(self, printer: Printer) -> Moment:
        """Since when its group is as it is, and what is under way."""
        key, now = printer.place.key, time.time()
        before = self._groups.get(key)
        if before is None or before[0] != printer.group:
            before = (printer.group, self._started if before is None else now)
            self._groups[key] = before
        counted = self._counted.get(key)
        if counted is None or abs(now - counted[0]) > _FRESH_SECONDS:
            with self._services.database.read() as connection:
                counted = (now, *ipp_jobs.count_live(connection, key))
            self._counted[key] = counted
        stop = Stop("") if printer.group is None else self._services.stops.get(printer.group.file)
        return Moment(
            jobs=counted[1],
            processing=counted[2] > 0,
            configured=before[1],
            paused=stop.paused is not None,
            accepting=stop.accepting,
            changed=stop.changed,
        )
