"""The process of the printers dies at each durable write of a job in parts, right before and right after (N1, N4).

The client does what clients do: where it hears nothing it asks what is there, and goes on. In the end each job is there
once and whole, and nothing is left of what became none.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from distserver.jobs.upkeep import Upkeep
from distserver.store.database import Database
from distserver.store.spool import Spool
from distserver.store.tables import ipp_document, ipp_job
from distwire.ipp import Attribute, Group, Message, Operation, Status, attribute
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, name
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.server import ROOT

pytestmark = pytest.mark.real
T = TypeVar("T")

_HOOK = ROOT / "tests" / "support" / "crashing_hook"
_PATIENCE = 90.0
_OPEN_SECONDS = 20
_PARTS = 2
_MORE = attribute("last-document", boolean(False))


@dataclass
class Trial:
    """A house whose printers can be told at which write to die; `folder` is where that stands."""

    house: House
    folder: Path

    def arm(self, number: int, side: str) -> None:
        (self.folder / "writes").unlink(missing_ok=True)
        (self.folder / "armed").write_text(f"{number} {side}", "utf-8")

    def writes(self) -> list[str]:
        """What was written since, without the role and the number."""
        lines = (self.folder / "writes").read_text("utf-8").splitlines()
        return [line.split(" ", 2)[2] for line in lines]

    def send(self, title: str) -> int:
        """A job in parts, whatever happens to the server; its number."""
        created = self._hear(lambda: self._ask(Operation.CREATE_JOB, attribute("job-name", name(title))))
        number = created.job.integer("job-id")
        assert number is not None
        of_job = attribute("job-id", integer(number))
        for part in range(1, _PARTS + 1):
            self._send_part(of_job, part, make_pdf(1, f"{title} {part}"))
        self._until(
            lambda: self._ask(Operation.CLOSE_JOB, of_job),
            lambda: "job-incoming" not in self._job(of_job).strings("job-state-reasons"),
        )
        self._wait_for(of_job, JobState.COMPLETED)
        return number

    def _send_part(self, of_job: Attribute, part: int, document: bytes) -> None:
        self._until(
            lambda: self._ask(Operation.SEND_DOCUMENT, of_job, _MORE, document=document),
            lambda: len(self._ask(Operation.GET_DOCUMENTS, of_job).groups) - 1 == part,
        )

    def _until(self, act: Callable[[], Message], is_done: Callable[[], bool]) -> None:
        """Act until an answer is heard, or it is seen to be done though none was."""
        while True:
            try:
                status = act().code
            except (OSError, http.client.HTTPException):
                status = Status.OK if self._hear(is_done) else None
            if status is not None:
                assert status == Status.OK
                return

    def _hear(self, act: Callable[[], T]) -> T:
        """Again and again until there is an answer."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return act()
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < until, self.house.log()
                time.sleep(0.05)

    def _ask(self, operation: int, *more: Attribute, document: bytes = b"") -> Message:
        return ask(self.house.printer("office"), operation, *more, document=document)

    def _job(self, of_job: Attribute) -> Group:
        return self._ask(Operation.GET_JOB_ATTRIBUTES, of_job).job

    def _wait_for(self, of_job: Attribute, state: JobState) -> None:
        wait_until(lambda: (self._hear(lambda: self._job(of_job)).integer("job-state") or 0) >= JobState.CANCELED)
        assert self._job(of_job).integer("job-state") == state


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    home = tmp_path / "home"
    hooks = {
        "CRASH_FOLDER": str(tmp_path),
        "CRASH_HOME": str(home),
        "CRASH_ROLES": "ipp",
        "PYTHONPATH": f"{_HOOK}:{ROOT}",
    }
    with run_house(home, hooks, ipp_open_seconds=_OPEN_SECONDS, spool_reserve_mb=1) as house:
        printer = house.write_group("office", "discard:one; Branch one")
        wait_until(lambda: ask(printer, Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK)
        yield Trial(house, tmp_path)


def test_a_job_in_parts_is_there_once_wherever_the_printers_die(trial: Trial) -> None:
    trial.arm(0, "before")
    titles = {"undisturbed": trial.send("undisturbed")}
    writes = trial.writes()
    assert [write for write in writes if write.startswith("commit")] == [
        "commit insert ds_ipp_job",
        *(["commit insert ds_ipp_document, update ds_ipp_job"] * _PARTS),
        writes[-1],
    ], writes
    for number in range(1, len(writes) + 1):
        for side in ("before", "after"):
            trial.arm(number, side)
            before = trial.house.pid
            titles[f"{number} {side}"] = trial.send(f"{number} {side}")
            assert trial.house.pid != before, (number, side, trial.writes())
    (trial.folder / "armed").unlink()
    _check_jobs(trial.house, titles)
    _check_what_is_left(trial.house.server.home)


def _check_jobs(house: House, titles: dict[str, int]) -> None:
    """Each is one job with one delivery; what else was created has been aborted."""
    jobs = json.loads(house.server.get("/api/v1/jobs?limit=200"))["jobs"]
    assert sorted(job["title"] for job in jobs) == sorted(titles)
    assert {(job["state"], job["counts"]["total"]) for job in jobs} == {("completed", 1)}


def _check_what_is_left(home: Path) -> None:
    """What became no job is aborted in time; its files, and half uploads, go with the sweep at the latest, its rows
    with old receipts."""
    database, spool = Database(f"sqlite:///{home / 'store' / 'distserver.sqlite'}", durable=True), Spool(home / "spool")

    def count(query: sa.Select[tuple[int]]) -> int:
        with database.read() as connection:
            return int(connection.execute(query).scalar_one())

    opened = sa.select(sa.func.count()).select_from(ipp_job).where(ipp_job.c.state == "open")
    unsubmitted = sa.select(sa.func.count()).select_from(ipp_job).where(ipp_job.c.job_id.is_(None))
    try:
        wait_until(lambda: count(opened) == 0)
        assert count(unsubmitted) >= 1
        assert count(sa.select(sa.func.count()).select_from(ipp_document)) == 0
        upkeep = Upkeep(database, spool, lambda documents: None, 0.0)
        wait_until(lambda: not _sweep(upkeep, spool))
        upkeep.forget_jobs(time.time() + 3600)
        assert count(unsubmitted) == 0
    finally:
        database.close()


def _sweep(upkeep: Upkeep, spool: Spool) -> list[str]:
    """As an hour later; what is there yet."""
    upkeep.sweep_spool(time.time() + 4000)
    return [*(digest for digest, _ in spool.stored_documents()), *(path.name for path in spool.incoming.iterdir())]
