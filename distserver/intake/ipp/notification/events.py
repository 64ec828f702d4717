"""Keywords of events, and which subscription hears of which (RFC 3995 §5.3.3, PWG 5100.22 §7.1)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Event(StrEnum):
    """What can happen."""

    JOB_CREATED = "job-created"
    JOB_COMPLETED = "job-completed"
    JOB_STOPPED = "job-stopped"
    JOB_STATE_CHANGED = "job-state-changed"
    JOB_CONFIG_CHANGED = "job-config-changed"
    JOB_PROGRESS = "job-progress"
    PRINTER_STOPPED = "printer-stopped"
    PRINTER_STATE_CHANGED = "printer-state-changed"
    PRINTER_MEDIA_CHANGED = "printer-media-changed"
    PRINTER_CONFIG_CHANGED = "printer-config-changed"
    PRINTER_CREATED = "printer-created"
    PRINTER_DELETED = "printer-deleted"

    @property
    def of_job(self) -> bool:
        return self.startswith("job-")


NONE = "none"
"""Means no event: a printer names it, nobody can subscribe to it."""

_WIDER = {
    Event.JOB_CREATED: Event.JOB_STATE_CHANGED,
    Event.JOB_COMPLETED: Event.JOB_STATE_CHANGED,
    Event.JOB_STOPPED: Event.JOB_STATE_CHANGED,
    Event.PRINTER_STOPPED: Event.PRINTER_STATE_CHANGED,
    Event.PRINTER_MEDIA_CHANGED: Event.PRINTER_CONFIG_CHANGED,
}
"""Sub-values and the event that takes them in."""

OF_SYSTEM = tuple(Event)
OF_PRINTER = tuple(event for event in Event if event not in (Event.PRINTER_CREATED, Event.PRINTER_DELETED))
DEFAULT = (Event.JOB_COMPLETED,)
DEFAULT_OF_SYSTEM = (Event.PRINTER_CREATED, Event.PRINTER_DELETED)


def subscribed_by(event: Event, wanted: Collection[str]) -> str | None:
    """The keyword by which somebody who wants these hears of an event; None when they do not. Who wants an event and
    also the one that takes it in hears of it once."""
    if event in wanted:
        return event
    wider = _WIDER.get(event)
    return wider if wider in wanted else None
