"""A whole device, worked through its panel's API, and killed: panel and printer at one instant, as by a power cut."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfp_client.settings import DeviceSettings
from tests.support.device import printed_jobs
from tests.support.device_works import make_device_token, office_settings, server_url
from tests.support.panel import Panel
from tests.support.patience import wait_until
from tests.support.processes import find_descendants, is_alive
from tests.support.server import Server
from tests.support.whole_device import WholeDevice, start_whole_device, write_home

USER, PASSWORD = "anna", "correct horse battery"
PAGES = 3


@dataclass
class Victim:
    """The home of a device and its server; `run` starts it, any number of times, one after the other."""

    home: Path
    server: Server

    def settle(self, **settings: Any) -> DeviceSettings:
        """Write its home: enrolled, a folder as feeder, its own printer."""
        feeder = self.home / "feeder"
        feeder.mkdir(parents=True)
        make_device_token(self.server, self.home)
        wished = office_settings(server_url(self.server), feeder, "", log_in="users", **settings)
        said = {name: getattr(wished, name) for name in ("server", "address", "scanners", "log_in", *settings)}
        return write_home(self.home, **said)

    @contextmanager
    def run(self) -> Iterator[tuple[WholeDevice, Panel]]:
        """The device, and a screen of its panel on which nobody has logged in."""
        with start_whole_device(self.home) as device:
            yield device, Panel(self.home, device.process, device.panel, self.home / "feeder")  # type: ignore[arg-type]

    def jobs(self, title: str) -> list[dict[str, Any]]:
        """What the server has got under this title."""
        listed = self.server.get("/api/v1/jobs?limit=50")
        return [one for one in json.loads(listed)["jobs"] if one["title"] == title]


def cut(device: WholeDevice) -> None:
    """Kill panel and printer, and wait until nothing of them is left."""
    tree = find_descendants(device.process.pid)
    os.kill(device.process.pid, signal.SIGSTOP)  # so that it starts no other panel
    for one in tree:
        try:
            os.kill(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    device.kill()
    wait_until(lambda: not any(is_alive(one.pid) for one in tree))


def watch(panel: Panel, true: Callable[[dict[str, Any]], bool]) -> None:
    """Ask for the task without a pause until that is so of it, or the task has failed."""
    until = time.monotonic() + 120.0
    while True:
        task = panel.task()
        if task is not None and (true(task) or task["step"] == "failed"):
            return
        assert time.monotonic() < until, task


def judge_files(home: Path, ids: set[int]) -> list[str]:
    """What lies about in the home beside the files of these documents."""
    found = {path.name for path in (home / "memory" / "images").iterdir()} - {f"{one}.tif" for one in ids}
    for folder in (home / "works" / "scans", home / "works" / "passing", home / "printer" / "spool"):
        found |= {f"{folder.name}/{path.name}" for path in folder.iterdir()} if folder.is_dir() else set()
    return sorted(found)


def count_sides(tray: Path) -> list[int]:
    """Sides of each job that came out."""
    return [job.record["pages"] for job in printed_jobs(tray)]
