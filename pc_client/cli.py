"""The commands of `pc-client`."""

from __future__ import annotations

import click

from distwire.local.late_commands import LateCommands

COMMANDS = {
    "autostart": "receiver.autostart",
    "enrol": "server.commands",
    "inbox": "receiver.commands",
    "outbox": "sending.commands",
    "printer": "printer.commands",
    "receiver": "receiver.commands",
    "send": "sending.commands",
    "sent": "sending.receipts",
    "settings": "settings.commands",
}
"""Each command and the module that has it."""


@click.group(cls=LateCommands, places={name: (f"pc_client.{module}", name) for name, module in COMMANDS.items()})
def cli() -> None:
    """A PC that receives what is sent to it, shows and prints it, and sends what it has."""
