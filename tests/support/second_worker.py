"""A worker beside the one that `distserver serve` runs, on the same home and database."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from tests.support.server import ROOT, Server


@contextlib.contextmanager
def run_worker(server: Server, name: str = "worker2") -> Iterator[subprocess.Popen[str]]:
    """The process, once it carries deliveries; its log is HOME/NAME.out."""
    path = server.home / f"{name}.out"
    with path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "distserver", "--home", str(server.home), "worker", "--json"],
            cwd=ROOT,
            env=server.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, path.read_text()
        assert json.loads(said)["pid"] == process.pid
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """SIGSTOP for as long as the block runs."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
