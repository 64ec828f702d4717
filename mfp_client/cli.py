"""The commands of `mfp-client`."""

from __future__ import annotations

import click

from distwire.local.late_commands import LateCommands

COMMANDS = {
    "enrol": "server",
    "memory": "memory",
    "panel": "panel",
    "paper": "printing",
    "printer": "printing",
    "run": "running",
    "scan": "scan",
    "scanners": "scan",
    "settings": "settings",
    "sheet": "marksheet",
    "status": "printing",
}
"""Each command and the folder that has it."""


@click.group(
    cls=LateCommands, places={name: (f"mfp_client.{folder}.commands", name) for name, folder in COMMANDS.items()}
)
def cli() -> None:
    """A multifunction device in software: prints what it is sent, scans, stores, makes and reads mark sheets."""
