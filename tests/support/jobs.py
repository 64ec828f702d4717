"""A job service on a real store, with the engine's door replaced by a list of what was given to it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from distserver.jobs.query import JobQuery
from distserver.jobs.service import JobService, Rules
from distserver.model.address import Destination, parse_address
from distserver.model.documents import PDF, Document
from distserver.model.jobs import Actor, BatchRef, JobView, PlannedDelivery, Submission
from distserver.store.database import Database
from distserver.store.migrate import migrate
from distserver.store.spool import Spool

SENDER = Actor("hanako", "sender")
OPERATOR = Actor("ops", "operator")


@dataclass
class Office:
    """A store with `size` destinations that every submission goes to; `line` are the options of their lines.

    `now` is the clock, in seconds.
    """

    root: Path
    url: str
    size: int = 5
    now: float = 1_000_000.0
    destinations: Sequence[str] = ()
    line: tuple[tuple[str, str], ...] = ()
    given: list[tuple[BatchRef, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(self.url, durable=True, pool=5)
        migrate(self.database)
        self.spool = Spool(self.root / "spool", reserve_mb=0)
        chances = itertools.count()
        rules = Rules(batch_size=4, deadline_seconds=3600, clock=lambda: self.now, randomness=lambda: next(chances))
        self.service = JobService(self.database, self.spool, self._expand, self._enqueue, rules)
        self.query = JobQuery(self.database)

    def _expand(self, _submission: Submission) -> Sequence[PlannedDelivery]:
        addresses = self.destinations or [f"discard:branch{number}" for number in range(1, self.size + 1)]
        return [
            PlannedDelivery(Destination(parse_address(a), f"支店{n}", self.line))
            for n, a in enumerate(addresses, start=1)
        ]

    def _enqueue(self, _connection: sa.Connection, batches: Sequence[BatchRef], delay: float) -> None:
        self.given += [(batch, delay) for batch in batches]

    def document(self, content: bytes = b"%PDF-1.4 one page", name: str = "お知らせ.pdf") -> Document:
        """Put a document into the spool."""
        with self.spool.receive(limit=1 << 20) as upload:
            upload.write(content)
            upload.finish()
            return Document(upload.keep(), len(content), PDF, name, 3)

    def submit(self, by: Actor = SENDER, **fields: object) -> JobView:
        """Submit a job to everybody."""
        fields.setdefault("title", "価格表")
        if "documents" not in fields:
            fields["documents"] = (self.document(),)
        fields.setdefault("groups", ("all",))
        return self.service.submit(Submission(**fields), by)  # type: ignore[arg-type]

    def close(self) -> None:
        """Give back the connections."""
        self.database.close()
