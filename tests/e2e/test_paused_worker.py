"""Workers on PostgreSQL that are stopped for longer than their lease, and wake up: they do no harm (N4)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.board import make_pdf
from tests.support.patience import MOST_SECONDS
from tests.support.postgres import PostgresServer
from tests.support.second_worker import run_worker, stopped
from tests.support.server import Server, run_server
from tests.support.sink import Sink, run_sink

pytestmark = pytest.mark.real

_LEASE = 6.0
_COUNT = 200


@dataclass
class Office:
    """A server with its worker, a second one, and a sink."""

    server: Server
    sink: Sink
    workers: tuple[int, int]
    document: Path

    def send(self) -> str:
        done = self.server.command("send", str(self.document), "--to", "everybody", "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout.splitlines()[-1])["job"])

    def log(self, number: int) -> str:
        """What a worker has logged: the first is that of `serve`."""
        home = self.server.home
        return ((home / "logs" / "worker.log") if number == 0 else (home / "worker2.out")).read_text()

    def finish(self, job: str) -> None:
        """Wait for the end; each copy came out once."""
        _wait(lambda: self.server.job(job)["state"] in ("completed", "aborted"), lambda: str(self.server.job(job)))
        found, stats = self.server.job(job), self.sink.stats()
        assert found["counts"]["completed"] == _COUNT, found
        assert (stats["documents"], stats["printers"], stats["twice"]) == (_COUNT, _COUNT, 0)
        self.sink.reset()


@pytest.fixture
def office(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Office]:
    settings = {"lease_seconds": _LEASE, "executor_beat_seconds": 0.5, "worker_deliveries": 8}
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    url = postgres_server.create_database()
    with ExitStack() as stack:
        sink = stack.enter_context(run_sink())
        server = stack.enter_context(run_server(tmp_path / "home", database=url, **settings))
        server.add_group("all.rec", "everybody", [f"{sink.uri(n)}; branch {n}" for n in range(_COUNT)])
        second = stack.enter_context(run_worker(server))
        yield Office(server, sink, (_first_worker(server), second.pid), document)
    postgres_server.drop_database(url)


def test_one_is_stopped_while_it_sends(office: Office) -> None:
    """N4: in the middle of documents. The other takes over; the stopped one wakes up and sends nothing more of it."""
    with stopped(office.sink.pid):  # so that both have their hands full
        job = office.send()
        _wait(lambda: office.server.job(job)["counts"]["processing"] >= 16, lambda: str(office.server.job(job)))
        with stopped(office.workers[1]):
            _wait(lambda: "worker-reaped" in office.log(0), lambda: office.log(0))
    office.finish(job)
    _wait(lambda: "worker-taken-for-dead" in office.log(1), lambda: office.log(1))


def test_one_sleeps_through_a_broadcast(office: Office) -> None:
    """N4: stopped in mid-broadcast with the devices awake, until the other has done all."""
    job = office.send()
    office.sink.wait(20, timeout=MOST_SECONDS)
    with stopped(office.workers[1]):
        _wait(lambda: office.server.job(job)["state"] == "completed", lambda: str(office.server.job(job)))
    office.finish(job)


def test_one_is_stopped_while_idle(office: Office) -> None:
    """N4: it has nothing in its hands, and takes nothing when it wakes up."""
    with stopped(office.workers[1]):
        _wait(lambda: "worker-reaped" in office.log(0), lambda: office.log(0))
        office.finish(office.send())
    _wait(lambda: "worker-taken-for-dead" in office.log(1), lambda: office.log(1))
    office.finish(office.send())


def test_all_are_stopped_at_once(office: Office) -> None:
    """N4: nobody is there to take over: they go on where they were, or `serve` starts anew."""
    job = office.send()
    office.sink.wait(10, timeout=MOST_SECONDS)
    with stopped(*office.workers):
        time.sleep(2 * _LEASE)
    office.finish(job)


def _first_worker(server: Server) -> int:
    return next(p.pid for p in server.descendants() if " worker " in f"{p.command} ")


def _wait(wanted: Callable[[], bool], say: Callable[[], str]) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while not wanted():
        assert time.monotonic() < deadline, say()
        time.sleep(0.1)
