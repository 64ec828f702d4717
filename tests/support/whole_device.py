"""A whole device (`mfp-client run`) as a tree of processes of its own: printer and panel, on a home of its own.

with start_whole_device(tmp_path / "home", name="Copier 2") as device:
    … print to device.uri, ask device.panel …
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from mfp_client.settings import DeviceSettings, save_settings
from tests.support.ippeveprinter import find_port
from tests.support.processes import Process, find_descendants

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


@dataclass
class WholeDevice:
    """`uri` is where to print; `panel` the address of the panel, ending in a slash."""

    home: Path
    process: subprocess.Popen[bytes]
    uri: str
    panel: str

    @property
    def tray(self) -> Path:
        return self.home / "tray"

    def panel_process(self) -> Process | None:
        """The panel's process while there is one."""
        found = find_descendants(self.process.pid)
        return next((one for one in found if "panel_child" in one.command), None)

    def ask(self, path: str) -> Any:
        """GET of the panel's API; waits for a panel that is just being started."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urlopen(self.panel + path, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except (URLError, ConnectionError):
                assert time.monotonic() < until, "the panel does not answer"
                time.sleep(0.05)

    def stop(self) -> int:
        """End it as a service manager does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut does, as far as that can be: its own process dies at once."""
        self.process.kill()
        self.process.wait(PATIENCE)


def write_home(home: Path, **settings: Any) -> DeviceSettings:
    """A home with these settings, on free ports where none are named."""
    free = {"printer_port": find_port(), "panel_port": find_port()}
    chosen = DeviceSettings(**{**free, **settings})
    save_settings(home, chosen)
    return chosen


@contextmanager
def start_whole_device(
    home: Path, environment: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[WholeDevice]:
    """Start `mfp-client run` on `home`, with what is in it, and wait until printer and panel listen."""
    if settings or not (home / "mfp-client.toml").exists():
        write_home(home, **settings)
    log = home / "run.out"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mfp_client", "run", "--home", str(home), "--verbose"],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=out,
        )
    try:
        uri, panel = (_read_line(process, log) for _ in range(2))
        yield WholeDevice(home, process, uri, panel)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
        assert process.stdout is not None
        process.stdout.close()


def _read_line(process: subprocess.Popen[bytes], log: Path) -> str:
    assert process.stdout is not None
    line = b""
    until = time.monotonic() + PATIENCE
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 1) if ready else b""
        assert piece, f"the device did not start: {log.read_text()}"
        line += piece
    return line.decode().strip()
