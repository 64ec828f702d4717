"""Kill -9 of worker, web server and `serve`: seconds until the next paper, beside what Python itself takes."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.board import make_pdf
from tests.support.broadcast import Accepted, Station
from tests.support.postgres import run_postgres
from tests.support.processes import Process
from tests.support.server import Server, run_server
from tests.support.sink import Sink, run_sink

_COUNT = 20_000
_PATIENCE = 120.0
_FLOORS = {"python": "pass", "imports": "import sqlalchemy, flask"}


def main(argv: list[str] | None = None) -> int:
    """A line for each kind of death, then one JSON object."""
    parser = argparse.ArgumentParser(prog="deploy/bench recovery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two of each kind")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="kills of each kind (10)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    given = parser.parse_args(argv)
    count = 2 if given.quick else given.count
    results: dict[str, Any] = {}
    print(f"{'':<24}{'median s':>10}{'longest s':>11}")
    for kind in [given.database] if given.database else ["sqlite", "postgresql"]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="recovery-")))
            settings: dict[str, object] = {"worker_deliveries": 8}
            if kind == "postgresql":
                settings["database"] = stack.enter_context(run_postgres()).create_database()
            with run_sink() as sink:
                found = {name: _measure_floor(code, count) for name, code in _FLOORS.items()}
                found |= _measure(folder, settings, sink, count)
        results[kind] = {name: _sum_up(times) for name, times in found.items()}
        for name, figures in results[kind].items():
            print(f"{kind + ' ' + name:<24}{figures['median_s']:>10.2f}{figures['longest_s']:>11.2f}", flush=True)
    print(json.dumps(results))
    return 0


def _sum_up(times: list[float]) -> dict[str, float]:
    return {"median_s": statistics.median(times), "longest_s": max(times), "kills": len(times)}


def _measure_floor(code: str, count: int) -> list[float]:
    return [_time(lambda: subprocess.run([sys.executable, "-c", code], check=True)) for _ in range(count)]


def _time(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _measure(folder: Path, settings: dict[str, object], sink: Sink, count: int) -> dict[str, list[float]]:
    document = folder / "notice.pdf"
    document.write_bytes(make_pdf())
    home = folder / "home"
    with run_server(home, **settings) as server:
        station = Station(server, document)
        station.add_group("bulk", (sink.uri(number) for number in range(_COUNT)))
        station.add_group("one", (sink.uri(number) for number in [_COUNT + 1]))
        found = {
            "worker": [_kill_worker(station, sink) for _ in range(count)],
            "web": [_kill_web(station, sink) for _ in range(count)],
        }
    found["serve"] = [_kill_all(home, settings, document, sink) for _ in range(count)]
    return found


def _kill_worker(station: Station, sink: Sink) -> float:
    """In the middle of a broadcast."""
    with _broadcasting(station, sink):
        worker = _process(station.server, "worker")
        worker.kill()
        return _until_next_paper(sink)


def _kill_web(station: Station, sink: Sink) -> float:
    """While nothing is under way: what counts is the paper of the job that is sent right after."""
    sink.reset()
    for process in _processes(station.server, "web"):
        process.kill()
    began = time.monotonic()
    _press(station)
    sink.wait(1, _PATIENCE)
    return time.monotonic() - began


def _kill_all(home: Path, settings: dict[str, object], document: Path, sink: Sink) -> float:
    """The parent, whose children end with it; started again at once, as an init system does."""
    with run_server(home, **settings) as server, _broadcasting(Station(server, document), sink):
        below = server.descendants()
        server.process.kill()
        server.process.wait()
        for process in below:
            process.kill()
        time.sleep(0.05)
        with _started_again(home, settings, server):
            return _until_next_paper(sink)


@contextmanager
def _started_again(home: Path, settings: dict[str, object], before: Server) -> Iterator[None]:
    command = [sys.executable, "-m", "distserver", "--home", str(home), "serve", "--port", "0"]
    with (home / "serve.out").open("ab") as log:
        process = subprocess.Popen(command, env=before.environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE)


@contextmanager
def _broadcasting(station: Station, sink: Sink) -> Iterator[Accepted]:
    """A broadcast so long that it does not end in the block."""
    sink.reset()
    accepted = station.submit(group="bulk", priority="bulk")
    sink.wait(50, _PATIENCE)
    try:
        yield accepted
    finally:
        station.server.command("job", "cancel", accepted.job)


def _until_next_paper(sink: Sink) -> float:
    """From now; what was on its way when the worker died has arrived after a moment."""
    began = time.monotonic()
    time.sleep(0.03)
    before = sink.stats()["documents"]
    sink.wait(before + 1, _PATIENCE)
    return time.monotonic() - began


def _press(station: Station) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, RuntimeError):
            station.submit(group="one")
            return
        time.sleep(0.02)
    raise TimeoutError("the job was not accepted")


def _processes(server: Server, name: str) -> list[Process]:
    return [process for process in server.descendants() if f" {name} " in f"{process.command} "]


def _process(server: Server, name: str) -> Process:
    return _processes(server, name)[0]


if __name__ == "__main__":
    raise SystemExit(main())
