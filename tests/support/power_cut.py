"""A device that dies by SIGKILL at one of its durable writes, again and again, and is started again each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.device import ROOT, RunningDevice, start_device
from tests.support.ippeveprinter import find_port
from tests.support.patience import wait_until

_HOOK = Path(__file__).parent / "crashing_hook"


@dataclass
class FrailDevice:
    """Always the same device, on one port; what it does is in `folder`."""

    folder: Path
    profile: str = "everything"
    extra: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._port = find_port()
        self.device = self._start()

    @property
    def tray(self) -> Path:
        return self.folder / "tray"

    @property
    def writes(self) -> list[str]:
        """The writes since it was armed."""
        path = self.folder / "writes"
        return [line.split(" ", 2)[2] for line in path.read_text().splitlines()] if path.exists() else []

    def arm(self, number: int, side: str) -> None:
        """From now on writes count, and at this one it dies; at none for 0."""
        (self.folder / "writes").unlink(missing_ok=True)
        (self.folder / "armed.new").write_text(f"{number} {side}")
        (self.folder / "armed.new").replace(self.folder / "armed")

    def wait_for_death(self) -> None:
        process = self.device.process
        wait_until(lambda: process.poll() is not None, lambda: f"it lives after {self.writes}")

    def revive(self, *, paper: bool = True) -> RunningDevice:
        """Start it again, with paper or without; nothing more happens to it until it is armed again."""
        (self.folder / "armed").unlink(missing_ok=True)
        self.device.kill()
        identity = self.folder / "state" / "device.json"
        identity.write_text(json.dumps({**json.loads(identity.read_text()), "paper": paper}))
        self.device = self._start()
        return self.device

    def _start(self) -> RunningDevice:
        return start_device(
            self.profile,
            self.tray,
            port=self._port,
            state=self.folder / "state",
            extra=self.extra,
            environment={
                **self.environment,
                "CRASH_FOLDER": str(self.folder),
                "CRASH_HOME": str(self.folder),
                "CRASH_ROLES": "printer",
                "PYTHONPATH": f"{_HOOK}:{ROOT}",
            },
        )
