"""One web server and two workers that share a database and no disk (N4, N7)."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.board import make_pdf
from tests.support.depot import write_token
from tests.support.device import start_device, wait_for_jobs
from tests.support.postgres import PostgresServer
from tests.support.sources import ROOT

pytestmark = pytest.mark.real


@dataclass
class Machine:
    """A machine of the installation: a home of its own, and settings of its own."""

    home: Path
    settings: dict[str, str]

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """A command to its end; what it printed."""
        done = subprocess.run(
            self._command(*arguments), cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode in codes, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[dict[str, Any]]:
        """`web` or `worker` for as long as the block runs; what it says of itself when it is ready."""
        with (self.home / f"{arguments[0]}.out").open("ab") as log:
            process = subprocess.Popen(
                self._command(*arguments, "--json"),
                cwd=ROOT,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, (self.home / f"{arguments[0]}.out").read_text()
            yield json.loads(said)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    def has(self, data: bytes) -> bool:
        """Whether these bytes are in the machine's own spool."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.home / "spool" / "documents" / digest[:2] / digest
        return path.is_file() and path.read_bytes() == data

    def erase(self, data: bytes) -> None:
        """Take a document away behind the server's back."""
        digest = hashlib.sha256(data).hexdigest()
        (self.home / "spool" / "documents" / digest[:2] / digest).unlink()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "distserver", "--home", str(self.home), *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.settings}


@dataclass(frozen=True)
class Office:
    """The machine with the web server, and two with nothing but workers."""

    web: Machine
    workers: tuple[Machine, Machine]

    def send(self, folder: Path, data: bytes, group: str, *more: str) -> dict[str, Any]:
        """Send a document and wait for the end of its deliveries; the job."""
        path = folder / f"{hashlib.sha256(data).hexdigest()[:8]}.pdf"
        path.write_bytes(data)
        said = self.web.run("send", str(path), "--to", group, "--keep", "--wait", "--json", *more, codes=(0, 1))
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer


@pytest.fixture
def office(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Office]:
    url = postgres_server.create_database()
    shared = {"DISTSERVER_DATABASE": url, "DISTSERVER_SPOOL_RESERVE_MB": "0"}
    web = Machine(tmp_path / "print1", shared)
    (web.home / "groups").mkdir(parents=True)
    _write_group(web, "all.rec", "everybody", [f"discard:branch{n}; branch {n}" for n in range(40)])
    with web.running("web", "--port", "0") as server:
        workers = []
        for name in ("print2", "print3"):
            home = tmp_path / name
            home.mkdir()
            token = write_token(home / "documents.token", web.run("token", "create", name, "--role", "worker").strip())
            settings = {
                **shared,
                "DISTSERVER_DOCUMENTS_URL": server["url"],
                "DISTSERVER_DOCUMENTS_TOKEN_FILE": str(token),
            }
            workers.append(Machine(home, settings))
        yield Office(web, (workers[0], workers[1]))
    postgres_server.drop_database(url)


def _write_group(machine: Machine, file: str, name: str, lines: list[str]) -> None:
    text = "\n".join([f"# {name}", f"# {file}", *lines, ""])
    (machine.home / "groups" / file).write_text(text, encoding="utf-8")


def test_each_worker_fetches_what_it_delivers(office: Office, tmp_path: Path) -> None:
    """N4, N7: first one, then the other, each alone: a document is where it was needed, and nowhere else."""
    first, second = make_pdf(3, "First"), make_pdf(3, "Second")
    one, other = office.workers
    with one.running("worker"):
        assert office.send(tmp_path, first, "everybody")["state"] == "completed"
    with other.running("worker"):
        assert office.send(tmp_path, second, "everybody")["state"] == "completed"
    assert (one.has(first), one.has(second)) == (True, False)
    assert (other.has(first), other.has(second)) == (False, True)
    assert office.web.has(first)
    assert office.web.has(second)


def test_two_workers_print_for_one_web_server(office: Office, tmp_path: Path) -> None:
    """N2, N7: what needs converting and what does not, on real devices, each page once."""
    with ExitStack() as stack:
        profiles = ("pdf", "pwg-mono", "pdf", "pwg-mono")
        devices = [
            stack.enter_context(start_device(profile, tmp_path / f"tray{n}")) for n, profile in enumerate(profiles)
        ]
        _write_group(
            office.web, "all.rec", "everybody", [f"{device.uri}; printer {n}" for n, device in enumerate(devices)]
        )
        for worker in office.workers:
            stack.enter_context(worker.running("worker"))
        job = office.send(tmp_path, make_pdf(2, "To all"), "everybody")
        assert job["state"] == "completed", job
        printed = [wait_for_jobs(device.tray, 1) for device in devices]
    assert [[len(one.pages) for one in jobs] for jobs in printed] == [[2], [2], [2], [2]]


def test_a_document_that_is_nowhere_is_told_on_the_receipt(office: Office, tmp_path: Path) -> None:
    """N4: a missing spool file is told."""
    data = make_pdf(1, "Lost")
    path = tmp_path / "lost.pdf"
    path.write_bytes(data)
    job = json.loads(office.web.run("send", str(path), "--to", "everybody", "--hold", "--json").splitlines()[-1])
    office.web.erase(data)
    with office.workers[0].running("worker"):
        office.web.run("job", "release", job["job"])
        said = office.web.run("job", "show", job["job"], "--wait", "--json", codes=(0, 1))
    ended = json.loads(said.splitlines()[-1])
    assert {one["state"] for one in ended["deliveries"]} == {"aborted"}
    assert {one["reason"] for one in ended["deliveries"]} == {"document-access-error"}
