"""The commands of `mfp-client`."""

from __future__ import annotations

import importlib

import click

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


class _Commands(click.Group):
    """Commands are imported when they are used: a printer need not load what pictures are counted with."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"mfp_client.{COMMANDS[name]}.commands"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands)
def cli() -> None:
    """A multifunction device in software: prints what it is sent, scans, stores, makes and reads mark sheets."""
