"""A job service on a real store, with the workers' bell replaced by a count of how often it was rung."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from distserver.jobs.ledger import Ledger, LedgerRules
from distserver.jobs.query import JobQuery
from distserver.jobs.quotas import QuotaRules
from distserver.jobs.service import JobService, Rules
from distserver.jobs.stops import Stops
from distserver.model.address import Destination, parse_address
from distserver.model.documents import PDF, Document
from distserver.model.jobs import Actor, JobView, PlannedDelivery, Submission
from distserver.store import deliveries, executors
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.migrate import migrate
from distserver.store.spool import Spool
from distserver.store.tables import delivery, destination, executor

SENDER = Actor("hanako", "sender")
OPERATOR = Actor("ops", "operator")


@dataclass
class Office:
    """A store with `size` destinations that every submission goes to which names none; `line` are the options of their
    lines, `lines` those of single ones besides. `via` are files of groups by the addresses that go on their account.

    `now` is the clock, in seconds.
    """

    root: Path
    url: str
    size: int = 5
    now: float = 1_000_000.0
    destinations: Sequence[str] = ()
    line: tuple[tuple[str, str], ...] = ()
    lines: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    quotas: QuotaRules = QuotaRules()
    via: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rung: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.url, durable=True, pool=8)
        migrate(self.database)
        self.spool = Spool(self.root / "spool", reserve_mb=0)
        chances = itertools.count()
        rules = Rules(3600, self.quotas, lambda: self.now, lambda: next(chances))
        self.service = JobService(self.database, self.spool, self._expand, self._ring, rules, _name_groups)
        self.stops = Stops(self.database, self._ring, lambda: self.now)
        self.query = JobQuery(self.database)

    def _expand(self, submission: Submission) -> Sequence[PlannedDelivery]:
        every = self.destinations or [f"discard:branch{number}" for number in range(1, self.size + 1)]
        return [
            PlannedDelivery(
                Destination(parse_address(a), f"支店{n}", (*self.line, *self.lines.get(a, ()))), via=self.via.get(a, ())
            )
            for n, a in enumerate(submission.destinations or every, start=1)
        ]

    def _ring(self) -> None:
        self.rung += 1

    def ledger(self, name: str, rules: LedgerRules | None = None) -> Ledger:
        """The book of a worker of that name, which is alive from now on."""
        with self.database.begin() as connection:
            if name not in {one.id for one in executors.list_executors(connection)}:
                executors.insert_executor(connection, Executor(name, "here", 1, self.now, self.now))
        return Ledger(self.database, name, lambda: self.now, rules)

    def forget_worker(self, name: str) -> None:
        """It has never been there: a guardian enters it by itself."""
        with self.database.begin() as connection:
            connection.execute(executor.delete().where(executor.c.id == name))

    def bury(self, name: str, crash: float = 1.0) -> int:
        """The worker is dead: what it held may be taken by others; how many deliveries that was."""
        with self.database.begin() as connection:
            return deliveries.release_all(connection, name, crash)

    def row(self, job_id: str, number: int) -> sa.Row[tuple[object, ...]]:
        """All columns of one delivery."""
        with self.database.read() as connection:
            query = delivery.select().where(delivery.c.job_id == job_id, delivery.c.number == number)
            return connection.execute(query).one()

    def lane(self, uri: str) -> sa.Row[tuple[object, ...]] | None:
        """All that is remembered of a destination."""
        with self.database.read() as connection:
            return connection.execute(destination.select().where(destination.c.uri == uri)).first()

    def document(self, content: bytes = b"%PDF-1.4 one page", name: str = "お知らせ.pdf") -> Document:
        """Put a document into the spool."""
        with self.spool.receive(limit=1 << 20) as upload:
            upload.write(content)
            upload.finish()
            return Document(upload.keep(), len(content), PDF, name, 3)

    def submit(self, by: Actor = SENDER, **fields: object) -> JobView:
        """Submit a job to everybody, or to the `destinations` that are named."""
        fields.setdefault("title", "価格表")
        if "documents" not in fields:
            fields["documents"] = (self.document(),)
        fields.setdefault("groups", ("all",))
        return self.service.submit(Submission(**fields), by)  # type: ignore[arg-type]

    def close(self) -> None:
        """Give back the connections."""
        self.database.close()


def _name_groups(submission: Submission, _by: Actor) -> dict[str, str]:
    """Groups are named as their files are."""
    return {file: file for file in submission.groups}
