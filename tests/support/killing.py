"""Broadcasts while processes of the server are killed at random (N4): who is killed, and what came out."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from tests.support.device import RunningDevice, printed_jobs, start_device
from tests.support.processes import Process
from tests.support.server import Server, run_server

VICTIMS = ("web", "worker", "render")
_ACCEPT_SECONDS = 120.0
_END_SECONDS = 240.0


@dataclass
class Campaign:
    """What a campaign did and found.

    `lost` are deliveries of accepted jobs that never came out, `twice` those that came out more than once, `open` jobs
    that had not ended when patience was, `adopted` how often a device was asked before anything was sent again.
    """

    kills: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)
    deliveries: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    adopted: int = 0
    seconds: float = 0.0


def run_campaign(
    home: Path, kills: int, chance: random.Random, profiles: Sequence[str], **settings: object
) -> Campaign:
    """Broadcast to devices of these profiles while `kills` processes are killed, wait for the end, and count."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        devices = [
            stack.enter_context(start_device(profile, home / f"tray{number}", name=f"branch {number}"))
            for number, profile in enumerate(profiles)
        ]
        server = stack.enter_context(run_server(home / "server", **settings))
        lines = [f"{device.uri}; branch {number}" for number, device in enumerate(devices)]
        server.write_group("all.rec", "everybody", lines)
        found = Campaign()
        with _submitting(server, home, found):
            while found.kills.total() < kills:
                time.sleep(chance.uniform(0.3, 2.0))
                victim = VICTIMS[found.kills.total() % len(VICTIMS)]
                found.kills[victim] += _kill(server, victim, chance)
        _wait_for_end(server, found)
        _count(server, devices, found)
    log = home / "server" / "logs" / "worker.log"
    found.adopted = log.read_text(encoding="utf-8").count("delivery-asked") if log.exists() else 0
    found.seconds = time.monotonic() - began
    return found


@contextlib.contextmanager
def _submitting(server: Server, home: Path, found: Campaign) -> Iterator[None]:
    """Submit a fresh document every second and a half until the block ends; each is pressed until it is accepted."""
    stop = threading.Event()

    def submit() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = home / f"notice{number}.pdf"
            _write_notice(path, number)
            found.jobs.append(_press(server, path, f"key-{number}"))
            stop.wait(1.5)

    thread = threading.Thread(target=submit, name="submitter")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _write_notice(path: Path, number: int) -> None:
    canvas = Canvas(str(path), pagesize=(595, 842))
    for page in (1, 2):
        canvas.setFont("Helvetica", 40)
        canvas.drawString(80, 700, f"Notice {number}, page {page}")
        canvas.showPage()
    canvas.save()


def _press(server: Server, path: Path, key: str) -> str:
    deadline = time.monotonic() + _ACCEPT_SECONDS
    while True:
        done = server.command("send", str(path), "--to", "everybody", "--idempotency-key", key, "--json")
        if done.returncode == 0:
            return str(json.loads(done.stdout)["job"])
        assert time.monotonic() < deadline, f"never accepted: {done.stderr}"
        time.sleep(0.3)


def _kill(server: Server, victim: str, chance: random.Random) -> int:
    """Kill one process of that kind; waits a moment for one to appear."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        candidates = _candidates(server.descendants(), victim)
        if candidates and chance.choice(candidates).kill():
            return 1
        time.sleep(0.02)
    return 0


def _candidates(processes: Sequence[Process], victim: str) -> list[Process]:
    if victim != "render":
        return [p for p in processes if f" {victim} " in f"{p.command} "]
    templates = {
        p.pid for p in processes if "render.template" in p.command and p.parent not in _pids(processes, "render")
    }
    children = [p for p in processes if p.parent in templates]
    return children or [p for p in processes if p.pid in templates]


def _pids(processes: Sequence[Process], word: str) -> set[int]:
    return {p.pid for p in processes if f"{word}.template" in p.command}


def _wait_for_end(server: Server, found: Campaign) -> None:
    deadline = time.monotonic() + _END_SECONDS
    found.open = list(found.jobs)
    while found.open and time.monotonic() < deadline:
        found.open = [job for job in found.open if server.job(job)["state"] not in ("completed", "aborted", "canceled")]
        time.sleep(0.3)


def _count(server: Server, devices: Sequence[RunningDevice], found: Campaign) -> None:
    """Compare what was accepted with what lies in the trays."""
    out = Counter(
        printed.name.rpartition(" ")[2].partition(".")[0] for device in devices for printed in printed_jobs(device.tray)
    )
    for job in found.jobs:
        rows = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
        found.deliveries += len(rows)
        for row in rows:
            found.states[row["state"]] += 1
            if out[row["id"]] == 0:
                found.lost.append(f"{row['id']} {row['state']} {row['reason']} {row['message']}")
            elif out[row["id"]] > 1:
                found.twice.append(f"{row['id']} x{out[row['id']]}")
