"""Subscribers to the jobs of a bench, on a real store: what happens is looked at when the test says so."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distserver.groups.access import GroupAccess
from distserver.groups.snapshot import Group, Snapshot
from distserver.intake.ipp.ability import Abilities
from distserver.intake.ipp.description import House, Moment
from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.notification.scene import Scene
from distserver.intake.ipp.notification.subscribing import Subscribing
from distserver.intake.ipp.notification.subscriptions import Object, Rules
from distserver.intake.ipp.notification.wish import Wish
from distserver.intake.ipp.printers import Printer, Printers
from distserver.jobs.incoming import Incoming, IppJob, Made, NewIppJob
from distserver.model.address import Destination, parse_address
from distserver.model.jobs import Actor, Submission
from distserver.store import ipp_jobs
from distserver.store.happenings import Notification
from distserver.store.subscriptions import Subscription
from tests.support.bench import Bench, run_bench
from tests.support.jobs import SENDER

PRINTER = Object("print/office", None, "ipp://here/ipp/print/office")
LIFE = 300.0


def visitor(by: Actor) -> Visitor:
    """Somebody who has signed in."""
    return Visitor(by, True, "127.0.0.1")


def wish(*events: str, lease: int | None = 3600, interval: int = 0) -> Wish:
    return Wish(events or ("job-state-changed",), (), b"", lease, interval)


@dataclass
class Ears:
    """`groups` are those whose printers there are; `start` is as a new process starts."""

    bench: Bench
    per_owner: int = 100
    per_printer: int = 1000
    groups: list[str] = field(default_factory=lambda: ["office"])
    paused: bool = False
    _process: Subscribing | None = None

    def __post_init__(self) -> None:
        office = self.bench.office
        self.incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
        self.start()

    def start(self) -> None:
        """A process that knows nothing but what is in the store."""
        office = self.bench.office
        self.stop()
        printers = Printers(self._snapshot, uuid.UUID(int=1), "Everyone", GroupAccess())
        house = House("http://here", office.now, 300, 3600, 1 << 30, 8640, 8641)
        abilities = Abilities(office.database, lambda: office.now)
        rules = Rules(self.per_owner, self.per_printer, LIFE, lambda: office.now)
        self._process = Subscribing.build(office.database, Scene(printers, abilities, self._moment, house), rules)

    def stop(self) -> None:
        """As when the process ends."""
        if self._process is not None:
            self._process.watch.close()
            self._process = None

    @property
    def process(self) -> Subscribing:
        """What has been started."""
        assert self._process is not None
        return self._process

    def look(self) -> None:
        """Find out what has happened; everything that is done now and then is done."""
        self.process.watch._seldom = -1e9
        self.process.watch.look(frozenset())

    def subscribe(self, *events: str, what: Object = PRINTER, by: Actor = SENDER, **rest: int | None) -> int:
        """The id of a new subscription."""
        (made,) = self.process.subscriptions.create([wish(*events, **rest)], what, visitor(by))
        assert made is not None
        return made

    def heard(self, id_: int, first: int = 1, by: Actor = SENDER) -> list[tuple[int, str]]:
        """Numbers and events, after a look."""
        self.look()
        return [(one.sequence, one.happening.event) for one in self.read(id_, first, by)[1]]

    def read(
        self, id_: int, first: int = 1, by: Actor = SENDER
    ) -> tuple[Sequence[Subscription], Sequence[Notification]]:
        return self.process.subscriptions.read([(id_, first)], visitor(by))

    def create_job(self, by: Actor = SENDER, printer: str = "print/office") -> int:
        """A job that waits for its documents."""
        return self.incoming.create(NewIppJob(printer, "価格表", b"asked"), by).row.number

    def send(self, number: int, by: Actor = SENDER) -> IppJob:
        """Its document comes, and it was the last."""
        office = self.bench.office
        document = office.document()
        with office.database.begin() as connection:
            ipp_jobs.insert_document(connection, number, 1, document)
        return self.incoming.close(number, lambda row, documents: Made(_submission(row.title, documents)), by)

    def _moment(self, printer: Printer) -> Moment:
        with self.bench.office.database.read() as connection:
            jobs, processing = ipp_jobs.count_live(connection, printer.place.key)
        return Moment(jobs, processing > 0, self.bench.office.now, self.paused)

    def _snapshot(self) -> Snapshot:
        member = Destination(parse_address("discard:one"), "one")
        return Snapshot.of(Group(f"{name}.rec", name, (member,)) for name in self.groups)


def _submission(title: str, documents: Sequence[object]) -> Submission:
    return Submission(title=title, documents=tuple(documents), groups=("all",))  # type: ignore[arg-type]


@contextmanager
def run_ears(folder: Path, url: str, **rules: int) -> Iterator[Ears]:
    with run_bench(folder, url) as bench:
        ears = Ears(bench, **rules)
        yield ears
        ears.stop()
