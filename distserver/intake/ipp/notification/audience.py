"""Who hears of what: the live subscriptions, and the numbering of what each of them is told (RFC 3995 §5.3.3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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

_MOST_AT_ONCE = 5000

SYSTEM = ""
_EVERYWHERE = (SYSTEM, *(Place(kind, EVERYONE).key for kind in Kind))
"""Where jobs of all printers are listed, and heard of."""


def sees_job(owner: str, role: str, sender: str | None) -> bool:
    """Who may see a job may hear of it."""
    return sender is None or role in SEES_ALL or owner == sender


class Audience:
    """For one transaction; `live` are all subscriptions that have not ended."""

    def __init__(self, live: Sequence[Subscription], now: float) -> None:
        self._now = now
        self._live = _Index(live)
        self._curious = _Index(one for one in live if Event.JOB_PROGRESS in one.events)
        self._sequences: dict[int, int] = {}
        self._progressed = {one.id: one.progressed for one in live}
        self._rows: list[dict[str, Any]] = []
        self.empty = not live

    @property
    def full(self) -> bool:
        """So much is to be written that the rest has to wait: others write to the store too."""
        return len(self._rows) >= _MOST_AT_ONCE

    def list_hearers(self, event: Event, printer: str, job: int | None, sender: str | None) -> Sequence[Subscription]:
        """Who is to be told."""
        index = self._curious if event is Event.JOB_PROGRESS else self._live
        found = index.of_printer_event(printer) if job is None else index.of_job_event(printer, job, sender)
        return [one for one in found if subscribed_by(event, one.events) and not self._is_too_soon(one, event)]

    def wants_progress(self, printer: str, job: int, sender: str) -> bool:
        """Somebody wants to hear how far a job is."""
        return next(self._curious.of_job_event(printer, job, sender), None) is not None

    def tell(self, connection: sa.Connection, happening: Happening, hearers: Sequence[Subscription]) -> None:
        """Write it down for all of these."""
        event = Event(happening.event)
        key = happenings.insert_happening(connection, happening)
        for one in hearers:
            sequence = self._sequences.get(one.id, one.sequence) + 1
            self._sequences[one.id] = sequence
            if event is Event.JOB_PROGRESS:
                self._progressed[one.id] = self._now
            subscribed = subscribed_by(event, one.events)
            row = {"subscription": one.id, "sequence": sequence, "event": key, "subscribed": subscribed}
            self._rows.append(row)

    def close(self, connection: sa.Connection) -> None:
        """Write who has heard what; what is too much for one of them is forgotten."""
        newest = list(self._sequences.items())
        happenings.insert_notifications(connection, self._rows)
        subscriptions.note_heard(connection, [(id_, last, self._progressed[id_]) for id_, last in newest])
        happenings.drop_oldest(connection, newest, MOST_KEPT)

    def _is_too_soon(self, one: Subscription, event: Event) -> bool:
        """Words of progress have a least time between them (RFC 3995 §5.3.9)."""
        return event is Event.JOB_PROGRESS and 0 <= self._now - self._progressed[one.id] < one.interval


class _Index:
    """Subscriptions by what they are about."""

    def __init__(self, some: Iterable[Subscription]) -> None:
        self._of_job: dict[int, list[Subscription]] = defaultdict(list)
        self._of_printer: dict[str, list[Subscription]] = defaultdict(list)
        for one in some:
            if one.job is not None:
                self._of_job[one.job].append(one)
            self._of_printer[one.printer].append(one)

    def of_job_event(self, printer: str, job: int, sender: str | None) -> Iterator[Subscription]:
        yield from self._of_job.get(job, ())
        for place in dict.fromkeys((printer, *_EVERYWHERE)):
            for one in self._of_printer.get(place, ()):
                if one.job is None and sees_job(one.owner, one.role, sender):
                    yield one

    def of_printer_event(self, printer: str) -> Iterator[Subscription]:
        for place in (printer, SYSTEM):
            yield from self._of_printer.get(place, ())
