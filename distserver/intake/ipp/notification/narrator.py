"""Telling subscribers what has changed since they were told last, in one transaction (RFC 3995 §9).

What they know of each job and printer stands beside their subscriptions in the database. So a change that happens while
nobody looks is told afterwards, none is told twice, and whoever looks (there may be several) tells the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from distserver.errors import NotFound
from distserver.intake.ipp.addresses import Place
from distserver.intake.ipp.notification import facts
from distserver.intake.ipp.notification.audience import SYSTEM, Audience
from distserver.intake.ipp.notification.events import Event
from distserver.intake.ipp.notification.scene import Scene, Sight, words_of_job
from distserver.jobs.incoming import complete
from distserver.store import ipp_jobs, subscriptions, watched
from distserver.store.database import Database
from distserver.store.happenings import Happening
from distserver.store.subscriptions import Subscription
from distserver.store.watched import WatchedJob

_JOBS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of printers: some of them by their paths, and, where anybody wants to know, which there are."""

    printers: Mapping[str, Sight]
    all: Collection[str] | None = None

    def facts(self) -> dict[str, str]:
        """By path; the system's is the empty one."""
        found = {place: sight.facts for place, sight in self.printers.items()}
        return found if self.all is None else {**found, SYSTEM: facts.facts_of_system(self.all)}


NOTHING = Seen({})


class Narrator:
    """`clock` is in seconds since the epoch."""

    def __init__(self, database: Database, scene: Scene, clock: Callable[[], float]) -> None:
        self.scene = scene
        self._database = database
        self._clock = clock

    def stirs(self, connection: sa.Connection, live: Sequence[Subscription], seen: Seen) -> bool:
        """Whether there is anything to tell; changes nothing."""
        audience = Audience(live, self._clock())
        if self._changed_jobs(connection, audience, watched.list_watched(connection)):
            return True
        now = seen.facts()
        return watched.read_told(connection, now) != now

    def tell(self, connection: sa.Connection, seen: Seen = NOTHING) -> None:
        """Tell it, or as much of it as is good at once. What was not seen before is known from now on."""
        watched.lock_telling(connection)
        now = self._clock()
        jobs = watched.list_watched(connection)  # before those who listen: who has come with a job is seen with it
        live = subscriptions.list_live(connection)
        if not live:  # nobody has looked for long
            self.catch_up(connection, settle=True)
            known = {one.number for one in jobs}
            jobs = [one for one in watched.list_watched(connection) if one.number in known]
        audience = Audience(live, now)
        self._tell_jobs(connection, audience, jobs, now)
        self._tell_printers(connection, audience, seen, now)
        audience.close(connection)

    def catch_up(self, connection: sa.Connection, *, settle: bool) -> None:
        """Look at jobs again that go on after their end; with `settle`, at those no more that have ended."""
        if settle:
            watched.settle_ended(connection)
        watched.note_told_jobs(connection, dict.fromkeys(watched.list_resumed(connection), facts.RESUMED))

    def _changed_jobs(
        self, connection: sa.Connection, audience: Audience, jobs: Sequence[WatchedJob]
    ) -> list[tuple[WatchedJob, str, bool]]:
        """Those of which others facts are known, with the facts, and whether anybody wants to hear of progress."""
        wanted = {one.number for one in jobs if audience.wants_progress(one.printer, one.number, one.sender)}
        pages = watched.count_pages(connection, {one.job_id for one in jobs if one.number in wanted and one.job_id})
        changed: list[tuple[WatchedJob, str, bool]] = []
        for one in jobs:
            now = facts.facts_of_job(one, f"{one.over} {pages.get(one.job_id or '', 0)}")
            if one.number not in wanted:
                now = facts.keep_progress(one.told, now)
            if one.ended or now != one.told:
                changed.append((one, now, one.number in wanted))
        return changed if audience.empty else changed[:_JOBS_AT_ONCE]

    def _tell_jobs(self, connection: sa.Connection, audience: Audience, jobs: Sequence[WatchedJob], now: float) -> None:
        changed = self._changed_jobs(connection, audience, jobs)
        for at, (job, known, progress) in enumerate(changed):
            if audience.full:
                changed = changed[:at]
                break
            for event in facts.events_of_job(job, known, progress):
                self._tell_job(connection, audience, job, event, now)
        watched.note_told_jobs(
            connection, {job.number: facts.OVER if job.ended else known for job, known, _ in changed}
        )
        subscriptions.end_of_jobs(connection, [job.number for job, _, _ in changed if job.ended], now)

    def _tell_job(
        self, connection: sa.Connection, audience: Audience, job: WatchedJob, event: Event, now: float
    ) -> None:
        hearers = audience.list_hearers(event, job.printer, job.number, job.sender)
        row = ipp_jobs.find_ipp_job(connection, job.number) if hearers else None
        if row is None:
            return
        found = complete(connection, row)
        pages = watched.count_pages(connection, {job.job_id}) if job.job_id else {}
        content = self.scene.describe_job(found, sum(pages.values()))
        happening = Happening(now, event, job.printer, job.number, job.sender, words_of_job(found), content)
        audience.tell(connection, happening, hearers)

    def _tell_printers(self, connection: sa.Connection, audience: Audience, seen: Seen, now: float) -> None:
        current = seen.facts()
        told = watched.read_told(connection, current)
        changed = {place: known for place, known in current.items() if told.get(place) != known}
        for place, known in changed.items():
            if place in told and place != SYSTEM:
                for event in facts.events_of_printer(told[place], known):
                    sight = seen.printers[place]
                    self._tell_printer(
                        connection, audience, Happening(now, event, place, None, None, sight.words, sight.content)
                    )
        if SYSTEM in changed and SYSTEM in told and seen.all is not None:
            self._tell_system(connection, audience, (set(facts.printers_told(told[SYSTEM])), set(seen.all)), now)
        watched.note_told(connection, changed)

    def _tell_system(
        self, connection: sa.Connection, audience: Audience, change: tuple[set[str], set[str]], now: float
    ) -> None:
        """Printers that have come and gone: before, and now."""
        before, after = change
        for key in sorted(before - after):
            place = Place.of_key(key)
            words, content = f"Printer {place.name} is gone.", self.scene.describe_gone(place)
            self._tell_printer(
                connection, audience, Happening(now, Event.PRINTER_DELETED, key, None, None, words, content)
            )
        for key in sorted(after - before):
            place = Place.of_key(key)
            try:
                sight = self.scene.see_printer(self.scene.printers.find(place))
            except NotFound:  # gone again: the next look tells
                continue
            happening = Happening(
                now, Event.PRINTER_CREATED, key, None, None, f"New printer {sight.words}", sight.content
            )
            self._tell_printer(connection, audience, happening)

    def _tell_printer(self, connection: sa.Connection, audience: Audience, happening: Happening) -> None:
        hearers = audience.list_hearers(Event(happening.event), happening.printer, None, None)
        if hearers:
            audience.tell(connection, happening, hearers)
