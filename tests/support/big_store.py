"""A store as a house has it after years: ended jobs by the hundred thousand, made in bulk straight into its tables."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from distserver.model.documents import PrintOptions
from distserver.model.states import DeliveryState, Evidence, JobState, Priority, Queue, Reason, Resend
from distserver.store import ids, rows
from distserver.store.database import Database
from distserver.store.tables import attempt, audit, delivery, destination, job, job_document

EACH = 3
_PIECE = 5000
_DAYS = 80.0
_FAILED_EVERY = 40


def write_groups(folder: Path, count: int) -> None:
    """As many groups, each with as many destinations as it takes for one of its own: `count` destinations in all."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        lines = [f"# group {number}", f"# g{number}.rec", f"{address_of(number)}; Branch {number}", ""]
        (folder / f"g{number}.rec").write_text("\n".join(lines), encoding="utf-8")


def address_of(number: int) -> str:
    """Destinations are on addresses that answer nobody."""
    return f"ipp://10.{number >> 16}.{number >> 8 & 255}.{number & 255}/ipp/print"


def fill(database: Database, jobs: int, destinations: int) -> str:
    """Jobs that have ended over the last months, with deliveries, attempts and lines of the audit log; what is
    remembered of destinations. The id of one of them."""
    now = time.time()
    span = _DAYS * 86400
    made = [_Job(number, now - span + span * number / jobs) for number in range(jobs)]
    _insert(database, destination, ({"uri": address_of(n), "capabilities_at": now - 9e5} for n in range(destinations)))
    _insert(database, job, (one.row(EACH) for one in made))
    _insert(database, job_document, (one.document() for one in made))
    _insert(database, delivery, (row for one in made for row in one.deliveries(EACH, destinations)))
    with database.begin() as connection:
        keys = sa.select(
            delivery.c.key,
            sa.literal(1),
            delivery.c.started,
            delivery.c.ended,
            sa.literal("complete"),
            delivery.c.reason,
        )
        columns = ["delivery_key", "number", "started", "ended", "outcome", "reason"]
        connection.execute(attempt.insert().from_select(columns, keys))
    _insert(database, audit, (one.audited() for one in made))
    return made[jobs // 2].id


def add_large_job(database: Database, deliveries: int) -> str:
    """One ended job with that many deliveries; its id."""
    one = _Job(1 << 40, time.time() - 3600)
    _insert(database, job, [one.row(deliveries)])
    _insert(database, job_document, [one.document()])
    _insert(database, delivery, one.deliveries(deliveries, deliveries))
    return one.id


class _Job:
    def __init__(self, number: int, at: float) -> None:
        self.number = number
        self.at = at
        self.id = ids.job_id(at, number)
        self.failed = number % _FAILED_EVERY == 0

    def row(self, count: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": f"Circular {self.number}",
            "sender": f"sender{self.number % 50}",
            "state": JobState.COMPLETED,
            "reasons": "job-completed-successfully",
            "priority": Priority.NORMAL,
            "options": rows.options_to_json(PrintOptions()),
            "chosen": json.dumps(["everybody"]),
            "erased": True,
            "n_completed": count - self.failed,
            "n_aborted": int(self.failed),
            "created": self.at,
            "updated": self.at + 5,
            "deadline": self.at + 86400,
            "ended": self.at + 5,
        }

    def document(self) -> dict[str, Any]:
        digest = f"{self.number:064x}"
        return {
            "job_id": self.id,
            "no": 0,
            "digest": digest,
            "size": 660_000,
            "format": "application/pdf",
            "name": f"circular-{self.number}.pdf",
            "pages": 10,
        }

    def deliveries(self, count: int, destinations: int) -> Iterator[dict[str, Any]]:
        for number in range(1, count + 1):
            failed = self.failed and number == 1
            where = (self.number * count + number) % destinations
            yield {
                "job_id": self.id,
                "number": number,
                "rank": rows.RANKS[Priority.NORMAL],
                "queue": Queue.NONE,
                "turn": self.number * count + number,
                "destination": address_of(where),
                "host": address_of(where)[6:].partition("/")[0],
                "written": address_of(where),
                "name": f"Branch {where}",
                "channel": "ipp",
                "resend": Resend.AT_LEAST_ONCE,
                "state": DeliveryState.ABORTED if failed else DeliveryState.COMPLETED,
                "evidence": Evidence.NONE if failed else Evidence.COMPLETED,
                "reason": Reason.DEADLINE.value if failed else Reason.COMPLETED.value,
                "message": "",
                "attempts": 1,
                "remote_id": str(number),
                "pages": 10,
                "pages_total": 10,
                "due": self.at,
                "created": self.at,
                "updated": self.at + 5,
                "started": self.at + 1,
                "ended": self.at + 5,
            }

    def audited(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "who": f"sender{self.number % 50}",
            "action": "job-submit",
            "object": self.id,
            "detail": f"Circular {self.number}",
        }


def _insert(database: Database, table: sa.Table, values: Iterable[dict[str, Any]]) -> None:
    source = iter(values)
    while piece := list(islice(source, _PIECE)):
        with database.begin() as connection:
            connection.execute(table.insert(), piece)
