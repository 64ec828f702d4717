"""`distserver mail`: takes mail in and makes jobs of it; `serve` starts it when a setting names a port."""

from __future__ import annotations

import asyncio
import socket

import click

from distserver.cli.home import Home
from distserver.cli.listening import open_socket
from distserver.cli.logs import set_up_logs
from distserver.errors import SetupError
from distserver.settings import Settings
from distwire.lineage import end_with_parent


@click.command("mail")
@click.option("--fd", type=int, hidden=True, help="A socket that listens already.")
@click.option("--parent", type=int, hidden=True)
@click.pass_obj
def command(home: Home, fd: int | None, parent: int | None) -> None:
    """Take in mail to groups, without board and deliveries. Ends with SIGTERM or Ctrl-C."""
    if parent is not None:
        end_with_parent(parent)
    settings = home.settings()
    set_up_logs(settings.log_level, settings.home / "logs" / "mail.log" if parent else None, settings.log_format)
    from distserver.compose import build_services
    from distserver.intake.mail.door import MailDoor

    if parent is None:  # else `serve` has done so
        from distserver.store.preparation import prepare_home

        prepare_home(settings)
    listening = open_mail_socket(settings) if fd is None else socket.socket(fileno=fd)
    if listening is None:
        raise SetupError("mail_in_listen is not set: name where mail is taken in, as lmtp://127.0.0.1:8624")
    asyncio.run(MailDoor(build_services(settings), listening).run())


def open_mail_socket(settings: Settings) -> socket.socket | None:
    """Where mail is to be taken in; None when nowhere. Raises `SetupError`."""
    from distserver.intake.mail.house_rules import read_listening

    where = read_listening(settings)
    return None if where is None else open_socket(where.host, where.port)
