"""What the screen is told, as JSON: the device's state, tasks, documents (docs/reference/panel.md)."""

from __future__ import annotations

from typing import Any

from mfp_client.memory.display import describe_usage
from mfp_client.panel.desk import Desk
from mfp_client.panel.seat import Seat, warning_of
from mfp_client.works.description import describe_document
from mfp_client.works.memo import read_memo


def describe_state(desk: Desk, seat: Seat | None) -> dict[str, Any]:
    """All that the screen shows whoever stands there; what is private only to who has the seat."""
    settings, server, printer = desk.settings, desk.link.standing, desk.printer.state
    return {
        "serial": desk.changes.serial,
        "device": {
            "name": settings.name,
            "address": settings.address,
            "language": settings.language,
            "contrast": settings.contrast,
            "log_in": settings.log_in,
            "set_up": server.state != "none",
        },
        "server": {"state": server.state, "url": settings.server, "words": server.words, "since": server.since},
        "seat": None if seat is None else describe_seat(desk, seat),
        "printer": {"state": printer.state, "reasons": printer.reasons, "words": printer.words},
        "scanners": [{"uri": uri, "name": uri} for uri in settings.scanners],
        "memory": describe_usage(desk.memory.room.usage()),
        "waiting": desk.works.sender.count_waiting(),
        "task": describe_task(desk, seat),
        "notices": [] if seat is None else describe_notices(desk, seat),
        "unfinished": [] if seat is None else describe_unfinished(desk, seat),
    }


def describe_seat(desk: Desk, seat: Seat) -> dict[str, Any]:
    """Who stands there."""
    arrival = seat.arrival
    return {
        "user": arrival.person.name,
        "operator": arrival.person.operator,
        "role": arrival.role,
        "language": arrival.language or None,
        "offline": arrival.offline,
        "idle_seconds": desk.settings.idle_seconds,
        "warning_seconds": warning_of(desk.settings.idle_seconds),
    }


def describe_task(desk: Desk, seat: Seat | None) -> dict[str, Any] | None:
    """The task at the panel, for who began it."""
    task = desk.works.current
    if task is None or seat is None or task.person.name != seat.person.name:
        return None
    return task.describe(seat.person.asker)


def describe_notices(desk: Desk, seat: Seat) -> list[dict[str, Any]]:
    """What happened to their documents while nobody looked, the newest last."""
    person = seat.person
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "words": one.words,
            "job": one.job,
            "title": one.title,
            "error": one.error or None,
            "failed": one.failed,
            "total": one.total,
        }
        for one in desk.works.notices
        if one.user == person.name or person.operator
    ]


def describe_unfinished(desk: Desk, seat: Seat) -> list[dict[str, Any]]:
    """Documents of theirs that broke off, and what each was `meant` for."""
    asker = seat.person.asker
    return [{**describe_document(one, asker), "meant": read_memo(one.memo)} for one in desk.works.unfinished(asker)]
