"""The first broadcast: `distserver send` to the demonstration group, and its receipts in plain words."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.processes import DemoFailed


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the delivery to one destination ended, in the words of `distserver send --wait --json`."""

    destination: str
    state: str
    words: str


def distserver(home: Path, *arguments: str) -> list[str]:
    """The command line of `distserver --home HOME ARGUMENTS…` in this environment."""
    return [sys.executable, "-P", "-m", "distserver", "--home", str(home), *arguments]


def broadcast(home: Path, document: Path, group: str) -> list[Receipt]:
    """Send `document` to `group`, wait until every delivery has ended, and return the receipts. Raises `DemoFailed`."""
    command = distserver(home, "send", str(document), "--to", group, "--wait", "--json")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    try:
        return [_read_receipt(one) for one in json.loads(lines[-1])["deliveries"]]
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise DemoFailed(f"the broadcast ended with exit code {done.returncode} and no receipts") from error


def _read_receipt(delivery: dict[str, object]) -> Receipt:
    return Receipt(str(delivery["destination"]), str(delivery["state"]), str(delivery.get("words") or ""))
