"""A receiver that dies by kill -9 at each step loses nothing and doubles nothing (SPEC D14, N4): the real program at a
real server."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deliveries import make_pdf
from tests.support.patience import wait_until
from tests.support.pc import Pc, run_office_with_pc
from tests.support.server import Server

STEPS = [
    ("before", "begin"),
    ("after", "begin"),
    ("after", "first-page"),
    ("after", "part"),
    ("before", "hold"),
    ("after", "hold"),
    ("before", "stored"),
    ("after", "stored"),
    ("before", "own"),
    ("after", "own"),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path_factory.mktemp("office"), follow_seconds=5, connect_seconds=2) as both:
        yield both


def _submit(server: Server, path: Path, title: str) -> str:
    done = server.command("send", str(path), "--to", "all", "--title", title, "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1])["job"])


def _wait_for_end(server: Server, job: str) -> str:
    wait_until(lambda: server.job(job)["state"] in ("completed", "aborted", "canceled"), lambda: server.job(job))
    return str(server.job(job)["state"])


@pytest.mark.parametrize(("when", "point"), STEPS)
def test_nothing_is_lost_or_doubled(office: tuple[Server, Pc], tmp_path: Path, when: str, point: str) -> None:
    server, pc = office
    before = len(pc.documents())
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf(350_000) + f"% {when} {point}\n".encode())
    pc.start_crashing(when, point)
    job = _submit(server, path, f"{when} {point}")
    assert pc.process is not None
    pc.process.wait(60)
    pc.kill()
    pc.start("--headless")
    assert _wait_for_end(server, job) == "completed"
    found = pc.wait_for(before + 1)
    time.sleep(1)
    pc.kill()
    assert [one.title for one in pc.documents()][before:] == [f"{when} {point}"]
    stored = pc.home / "inbox" / "documents" / f"{found[-1].id}.pdf"
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert list((pc.home / "inbox" / "arriving").iterdir()) == []
