"""The machine's clock jumps by a day during a broadcast: nothing is given up, and what waits goes on (N4)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.board import make_pdf
from tests.support.ippeveprinter import find_port
from tests.support.postgres import run_postgres
from tests.support.second_worker import stopped
from tests.support.server import ROOT, Server, run_server
from tests.support.sink import run_sink
from tests.support.wrong_clock import WrongClock

pytestmark = pytest.mark.real

_DAY = 86_400.0
_COUNT = 60
_PATIENCE = 120.0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("jump", [_DAY, -_DAY], ids=["forward", "back"])
def test_a_broadcast_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float, kind: str) -> None:
    """N4, D15: some copies are under way, one waits for its next try; the deadline is a day away."""
    clock = WrongClock(tmp_path / "clock")
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    port = find_port()
    with ExitStack() as stack:
        settings: dict[str, object] = {"worker_deliveries": 10}
        if kind == "postgresql":  # before the clock is ours: its own stays right
            settings["database"] = stack.enter_context(run_postgres()).create_database()
        sink = stack.enter_context(run_sink())
        patch = stack.enter_context(monkeypatch.context())
        for name, value in clock.environment.items():
            patch.setenv(name, value)
        with run_server(tmp_path / "home", **settings) as server:
            late = f"ipp://127.0.0.1:{port}/ipp/print/0000"
            server.add_group(
                "all.rec", "everybody", [f"{late}; late"] + [f"{sink.uri(n)}; b{n}" for n in range(_COUNT)]
            )
            with stopped(sink.pid):
                sent = server.command("send", str(document), "--to", "everybody", "--json")
                job = json.loads(sent.stdout.splitlines()[-1])["job"]
                _wait(server, job, lambda counts: counts["retry"] == 1 and counts["processing"] > 0)
                clock.jump(jump)
                log = server.home / "logs" / "worker.log"
                _wait(server, job, lambda _: "clock-jumped" in log.read_text())
            _wait(server, job, lambda counts: counts["completed"] == _COUNT)
            time.sleep(6)  # longer than it takes to find a deadline that has passed
            counts = server.job(job)["counts"]
            assert (counts["aborted"], counts["completed"]) == (0, _COUNT), counts
            with _sink_at(port):
                _wait(server, job, lambda counts: counts["completed"] == _COUNT + 1)
        stats = sink.stats()
    assert (stats["documents"], stats["twice"]) == (_COUNT, 0)


@contextmanager
def _sink_at(port: int) -> Iterator[None]:
    """The printer that was switched off."""
    command = [sys.executable, "-m", "tests.support.sink", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait(server: Server, job: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not wanted((found := server.job(job))["counts"]):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
