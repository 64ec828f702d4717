"""The commands of `pc-client`."""

from __future__ import annotations

import click

from pc_client.printer.commands import printer
from pc_client.receiver.autostart import autostart
from pc_client.receiver.commands import inbox, receiver
from pc_client.sending.commands import outbox, send
from pc_client.sending.receipts import sent
from pc_client.server.commands import enrol
from pc_client.settings.commands import settings


@click.group()
def cli() -> None:
    """A PC that receives what is sent to it, shows and prints it, and sends what it has."""


for part in (autostart, enrol, inbox, outbox, printer, receiver, send, sent, settings):
    cli.add_command(part)
