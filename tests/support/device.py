"""A real device (`mfp_client printer`) as a process of its own, for tests that print.

    with start_device("pdf", tmp_path / "tray") as device:
        … print to device.uri …
        jobs = wait_for_jobs(device.tray, 1)

`printed_jobs` answers every job of which a page came out, also cancelled ones: look at `state`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.support.ippeveprinter import find_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


class DeviceFailed(AssertionError):
    """The device did not start; the message holds what it said."""


@dataclass(frozen=True)
class PrintedJob:
    """One folder of a tray: what `job.json` says, and the page images in their order."""

    folder: Path
    record: dict[str, Any]
    pages: tuple[Path, ...]

    @property
    def name(self) -> str:
        return str(self.record["job_name"])

    @property
    def state(self) -> str:
        return str(self.record["state"])

    @property
    def sha256(self) -> str:
        return str(self.record["sha256"])


@dataclass
class RunningDevice:
    """A device process; `uri` is where to print, `url` its page. Ends with the `with` block."""

    process: subprocess.Popen[str]
    uri: str
    tray: Path
    command: list[str] = field(repr=False)

    @property
    def port(self) -> int:
        port = urlsplit(self.uri).port
        assert port is not None
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self) -> dict[str, Any]:
        """What the panel shows."""
        with urlopen(f"{self.url}/panel/status", timeout=PATIENCE) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def set_paper(self, filled: bool) -> None:
        """Work the switch of the panel."""
        body = json.dumps({"paper": "in" if filled else "out"}).encode()
        with urlopen(Request(f"{self.url}/panel/paper", body), timeout=PATIENCE) as response:
            response.read()

    def stop(self) -> int:
        """End it as a service manager would (SIGTERM); answers its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self._let_go()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._let_go()

    def _let_go(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> RunningDevice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.stop()


def start_device(
    profile: str,
    tray: Path,
    *,
    name: str = "Test printer",
    port: int = 0,
    seconds_per_page: float = 0.0,
    state: Path | None = None,
    extra: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> RunningDevice:
    """Start a device and wait until it listens."""
    command = [sys.executable, "-m", "mfp_client", "printer", "--name", name, "--port", str(port or find_port())]
    command += ["--tray", str(tray), "--profile", profile, "--print-seconds-per-page", str(seconds_per_page)]
    command += ["--state", str(state)] if state is not None else []
    command += extra
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    uri = process.stdout.readline().strip() if ready else ""
    if not uri:
        process.kill()
        said = process.communicate(timeout=PATIENCE)[1]
        raise DeviceFailed(f"the device did not start: {said}")
    return RunningDevice(process, uri, tray, command)


def printed_jobs(tray: Path) -> list[PrintedJob]:
    """All jobs that came out, oldest first."""
    if not tray.is_dir():
        return []
    folders = sorted(path for path in tray.iterdir() if not path.name.startswith("."))
    return [_read_job(folder) for folder in folders]


def wait_for_jobs(tray: Path, count: int, patience: float = PATIENCE) -> list[PrintedJob]:
    """Wait until so many jobs are in the tray."""
    until = time.monotonic() + patience
    while True:
        jobs = printed_jobs(tray)
        if len(jobs) >= count:
            return jobs
        assert time.monotonic() < until, f"{len(jobs)} of {count} jobs came out"
        time.sleep(0.05)


def _read_job(folder: Path) -> PrintedJob:
    record = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    return PrintedJob(folder, record, tuple(sorted(folder.glob("page-*.png"))))
