"""Documents sent through a whole server to devices, one after the other: what became of each, and of the server."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.device import start_device
from tests.support.server import Server, run_server


@dataclass(frozen=True)
class Served:
    """`end` is `refused` (at the door, with `words`), or the job's state; `copies` how each device's copy ended."""

    file: str
    end: str
    copies: tuple[str, ...]
    words: str
    seconds: float
    web_mb: float
    worker_mb: float


@contextlib.contextmanager
def run_office(root: Path, profiles: Sequence[str]) -> Iterator[Server]:
    """A server and a device of each profile, all in the group `everybody`."""
    with contextlib.ExitStack() as stack:
        devices = [stack.enter_context(start_device(profile, root / profile)) for profile in profiles]
        server = stack.enter_context(run_server(root / "home"))
        server.add_group(
            "all.rec", "everybody", [f"{d.uri}; {profile}" for d, profile in zip(devices, profiles, strict=True)]
        )
        yield server


def send_through(server: Server, path: Path) -> Served:
    """Send one file and wait for its end."""
    began = time.monotonic()
    done = server.command("send", str(path), "--to", "everybody", "--wait", "--json")
    seconds = time.monotonic() - began
    if done.returncode in (0, 1):
        answer = json.loads(done.stdout.splitlines()[-1])
        copies = answer["deliveries"]
        words = next((c["message"] or c["words"] for c in copies if c["state"] != "completed"), "")
        end, states = answer["state"], tuple(copy["state"] for copy in copies)
    else:
        end, states, words = "refused", (), done.stderr.strip()
    web, worker = (_peak_mb(server, name) for name in ("web", "worker"))
    return Served(path.name, end, states, words, seconds, web, worker)


def _peak_mb(server: Server, name: str) -> float:
    """Largest peak of resident memory among the processes of that name."""
    peaks = [0.0]
    for process in server.descendants():
        if f" {name} " in f"{process.command} ":
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)
