"""The same broadcast as CUPS does it: a driverless queue for each printer of a sink, and `lp` once for each queue."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.costs import cpu_of_own_children, cpu_of_tree
from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.processes import find_descendants
from tests.support.sink import Sink

_PATIENCE = 1800.0


@dataclass(frozen=True, slots=True)
class LpRun:
    """`wall_s` from the first submission to the last whole document; `cpu_s` of cupsd, all it started, and lp."""

    queues: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class CupsQueues:
    """A cupsd of our own with queues for the printers 1 to `count` of a sink."""

    server: CupsServer
    pid: int
    sink: Sink
    count: int

    def broadcast(self, document: Path) -> LpRun:
        """`lp` in a loop; waits until everything has arrived and cupsd has nothing more to do."""
        environment = {**os.environ, "CUPS_SERVER": str(self.server.socket)}
        self.sink.reset()
        cupsd, clients, began = cpu_of_tree(self.pid), cpu_of_own_children(), time.monotonic()
        for number in range(1, self.count + 1):
            command = ["lp", "-s", "-d", f"q{number}", str(document)]
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=_PATIENCE)
        stats = self.sink.wait(self.count, _PATIENCE)
        deadline = time.monotonic() + _PATIENCE
        while find_descendants(self.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        used = cpu_of_tree(self.pid) - cupsd + cpu_of_own_children() - clients
        return LpRun(self.count, stats["last_document_at"] - began, used)


@contextmanager
def run_cups_queues(sink: Sink, count: int) -> Iterator[CupsQueues]:
    """Start cupsd and make the queues, one after the other."""
    with run_cups_server() as server:
        pid = _find_pid(server)
        for number in range(1, count + 1):
            server.run("lpadmin", "-p", f"q{number}", "-E", "-v", sink.uri(number), "-m", "everywhere")
            _wait_for_queue(server, pid, f"q{number}")
        yield CupsQueues(server, pid, sink, count)


def _find_pid(server: CupsServer) -> int:
    return next(p.pid for p in find_descendants(os.getpid()) if str(server.home) in p.command)


def _wait_for_queue(server: CupsServer, pid: int, name: str) -> None:
    """cupsd 2.4.2 makes the PPD in a thread, and dies when two are at it (OpenPrinting/cups #466)."""
    deadline = time.monotonic() + _PATIENCE
    ppd, threads = server.home / "etc" / "ppd" / f"{name}.ppd", Path(f"/proc/{pid}/task")
    while not (ppd.exists() and len(list(threads.iterdir())) == 1):
        if time.monotonic() > deadline:
            raise RuntimeError(f"cupsd makes no queue {name}")
        time.sleep(0.005)
    time.sleep(0.01)
