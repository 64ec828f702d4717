"""PostgreSQL is restarted in mid-broadcast: nothing lost, nothing twice, and those who ask hear "later" (N4, N7)."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.board import make_pdf
from tests.support.browsing import Browser
from tests.support.postgres import run_postgres
from tests.support.second_worker import run_worker, stopped
from tests.support.server import Server, run_server
from tests.support.sink import run_sink

pytestmark = pytest.mark.real

_COUNT = 600
_AWAY_SECONDS = 1.5
_PATIENCE = 120.0


def test_a_broadcast_outlives_three_restarts(tmp_path: Path) -> None:
    """D4, N4: two workers, hundreds of deliveries, PostgreSQL killed three times while they are under way."""
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    with run_postgres() as postgres, run_sink() as sink:
        settings = {"database": postgres.create_database(), "worker_deliveries": 12}
        with run_server(tmp_path / "home", **settings) as server, run_worker(server):
            server.add_group("all.rec", "everybody", [f"{sink.uri(n)}; branch {n}" for n in range(_COUNT)])
            browser = Browser(server)
            assert browser.get("/jobs")[0] == 200
            sent = server.command("send", str(document), "--to", "everybody", "--json")
            job = json.loads(sent.stdout.splitlines()[-1])["job"]
            for turn in range(3):
                sink.wait(50 + 150 * turn, timeout=_PATIENCE)
                with postgres.away():
                    _hear_later(browser, server, job)
                    time.sleep(_AWAY_SECONDS)
            _wait_for_end(server, job)
            found = server.job(job)
            stats = sink.stats()
        logs = {path: path.read_text() for path in [*server.home.glob("logs/*.log"), *server.home.glob("*.out")]}
    assert found["counts"]["completed"] == _COUNT, found
    assert (stats["documents"], stats["printers"], stats["twice"]) == (_COUNT, _COUNT, 0)
    assert [path.name for path, text in logs.items() if "Traceback" in text] == []


def test_a_worker_that_is_told_to_end_does_so_while_the_database_is_away(tmp_path: Path) -> None:
    """N4: in order, though it has more to write than it can, and without waiting for the database's return; others take
    over what it had."""
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    with run_postgres() as postgres, run_sink() as sink, ExitStack() as away:
        settings = {"database": postgres.create_database(), "worker_deliveries": 8}
        with run_server(tmp_path / "home", **settings) as server, run_worker(server) as worker:
            server.add_group("all.rec", "everybody", [f"{sink.uri(n)}; branch {n}" for n in range(16)])
            with stopped(sink.pid):
                sent = server.command("send", str(document), "--to", "everybody", "--json")
                job = json.loads(sent.stdout.splitlines()[-1])["job"]
                deadline = time.monotonic() + _PATIENCE
                while server.job(job)["counts"]["processing"] < 16:
                    assert time.monotonic() < deadline, server.job(job)
                    time.sleep(0.1)
                away.enter_context(postgres.away())
            worker.terminate()
            assert worker.wait(_PATIENCE) == 0
            away.close()
            _wait_for_end(server, job)
            counts, stats = server.job(job)["counts"], sink.stats()
            said = (server.home / "worker2.out").read_text()
    assert (counts["completed"], stats["documents"], stats["twice"]) == (16, 16, 0)
    assert "worker-stopping" in said
    assert "Traceback" not in said


def test_a_web_process_that_starts_while_the_database_is_away_says_later(tmp_path: Path) -> None:
    """N4, N7: it dies in that very time; nobody is left without an answer until the database is back."""
    with run_postgres() as postgres, run_server(tmp_path / "home", database=postgres.create_database()) as server:
        browser = Browser(server)
        assert browser.get("/jobs")[0] == 200
        with postgres.away():
            for one in server.descendants():
                if " web " in f"{one.command} ":
                    one.kill()
            status, text, after = browser.get("/api/v1/jobs", as_program=True)
            assert (status, "just now" in text, int(after) > 0) == (503, True, True)
        server.wait_until_healthy()
        assert browser.get("/jobs")[0] == 200
    assert "Traceback" not in (server.home / "logs" / "web.log").read_text()


def _hear_later(browser: Browser, server: Server, job: str) -> None:
    for path, as_program in ((f"/api/v1/jobs/{job}", True), (f"/jobs/{job}", False), ("/healthz", False)):
        status, text, after = browser.get(path, as_program=as_program)
        assert status == 503, (path, text)
        assert "Traceback" not in text
        if as_program:
            assert int(after) > 0
            assert "just now" in json.loads(text)["detail"]
        elif path.startswith("/jobs"):
            assert "Not just now" in text
    done = server.command("job", "show", job)
    assert (done.returncode, "just now" in done.stderr) == (75, True), done.stderr


def _wait_for_end(server: Server, job: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while server.job(job)["state"] not in ("completed", "aborted", "canceled"):
        assert time.monotonic() < deadline, server.job(job)
        time.sleep(0.2)
