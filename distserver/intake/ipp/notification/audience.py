"""Who hears of what: the live subscriptions, and the numbering of what each of them is told (RFC 3995 §5.3.3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from distserver.intake.ipp.addresses import EVERYONE, Kind, Place
from distserver.intake.ipp.notification.events import Event, subscribed_by
from distserver.jobs.service import SEES_ALL
from distserver.store import happenings, subscriptions
from distserver.store.happenings import Happening
from distserver.store.subscriptions import Subscription

MOST_KEPT = 1000
"""Events of one subscription that are kept, whatever their age: the sequence numbers tell of the gap."""

SYSTEM = ""
_EVERYWHERE = (SYSTEM, *(Place(kind, EVERYONE).key for kind in Kind))
"""Where jobs of all printers are listed, and heard of."""


def sees_job(owner: str, role: str, sender: str | None) -> bool:
    """Who may see a job may hear of it."""
    return sender is None or role in SEES_ALL or owner == sender


class Audience:
    """For one transaction; `live` are all subscriptions that have not ended."""

    def __init__(self, live: Iterable[Subscription], now: float) -> None:
        self._now = now
        self._of_job: dict[int, list[Subscription]] = defaultdict(list)
        self._of_printer: dict[str, list[Subscription]] = defaultdict(list)
        for one in live:
            if one.job is not None:
                self._of_job[one.job].append(one)
            self._of_printer[one.printer].append(one)
        self._newest: dict[int, Subscription] = {}
        self._rows: list[dict[str, Any]] = []

    @property
    def empty(self) -> bool:
        """Nobody is there."""
        return not self._of_printer

    def list_hearers(self, event: Event, printer: str, job: int | None, sender: str | None) -> Sequence[Subscription]:
        """Who is to be told."""
        found = self._of_job_event(printer, job, sender) if job is not None else self._of_printer_event(printer)
        return [one for one in found if subscribed_by(event, one.events) and not self._is_too_soon(one, event)]

    def wants_progress(self, printer: str, job: int, sender: str) -> bool:
        """Somebody wants to hear how far a job is."""
        return any(Event.JOB_PROGRESS in one.events for one in self._of_job_event(printer, job, sender))

    def tell(self, connection: sa.Connection, happening: Happening, hearers: Sequence[Subscription]) -> None:
        """Write it down for all of these."""
        event = Event(happening.event)
        key = happenings.insert_happening(connection, happening)
        for one in hearers:
            latest = self._newest.get(one.id, one)
            progressed = self._now if event is Event.JOB_PROGRESS else latest.progressed
            self._newest[one.id] = replace(latest, sequence=latest.sequence + 1, progressed=progressed)
            subscribed = subscribed_by(event, one.events)
            row = {"subscription": one.id, "sequence": latest.sequence + 1, "event": key, "subscribed": subscribed}
            self._rows.append(row)

    def close(self, connection: sa.Connection) -> None:
        """Write who has heard what; what is too much for one of them is forgotten."""
        changed = list(self._newest.values())
        happenings.insert_notifications(connection, self._rows)
        subscriptions.note_sequences(connection, changed)
        happenings.drop_oldest(connection, [(one.id, one.sequence) for one in changed], MOST_KEPT)

    def _of_job_event(self, printer: str, job: int, sender: str | None) -> Iterator[Subscription]:
        yield from self._of_job.get(job, ())
        for place in dict.fromkeys((printer, *_EVERYWHERE)):
            for one in self._of_printer.get(place, ()):
                if one.job is None and sees_job(one.owner, one.role, sender):
                    yield one

    def _of_printer_event(self, printer: str) -> Iterator[Subscription]:
        for place in (printer, SYSTEM):
            yield from self._of_printer.get(place, ())

    def _is_too_soon(self, one: Subscription, event: Event) -> bool:
        """Words of progress have a least time between them (RFC 3995 §5.3.9)."""
        progressed = self._newest.get(one.id, one).progressed
        return event is Event.JOB_PROGRESS and 0 <= self._now - progressed < one.interval
