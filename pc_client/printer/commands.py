"""`pc-client printer install | remove | run`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from distwire.local.ending import ended_by_signals
from pc_client.home import home_option
from pc_client.printer.queue import (
    AUTOSTART,
    BACKENDS,
    SOCKETS,
    Place,
    QueueError,
    install_queue,
    release_held,
    remove_queue,
)
from pc_client.server.standing import need_enrolment
from pc_client.settings import FILE, SettingsError

_FOLDER = click.Path(path_type=Path, file_okay=False)


def queue_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which queue, and where its parts are."""
    options = (
        click.option("--queue", default="distprint", show_default=True, metavar="NAME", help="Name of the printer."),
        click.option("--backends", default=BACKENDS, show_default=True, type=_FOLDER, help="CUPS' folder of backends."),
        sockets_option,
        click.option("--autostart", default=AUTOSTART, show_default=True, type=_FOLDER, help="What sessions start."),
    )
    for option in reversed(options):
        command = option(command)
    return command


sockets_option = click.option(
    "--sockets", default=SOCKETS, show_default=True, type=_FOLDER, help="Where accounts' programs are found."
)


@click.group()
def printer() -> None:
    """The printer of this PC that sends to groups."""
    if sys.platform == "win32":
        raise click.ClickException("Windows has no CUPS: deploy/pc/add-group-printer.ps1 adds a group as a printer")


@printer.command()
@queue_options
def install(queue: str, **places: Path) -> None:
    """Make the printer for all accounts of this PC; call it as root."""
    try:
        starts = install_queue(queue, Place(**places))
    except QueueError as error:
        raise click.ClickException(str(error)) from error
    if starts:
        click.echo(f"the printer {queue} is there; sessions that begin from now on run `pc-client printer run` for it")
    else:
        click.echo(
            f"the printer {queue} is there; {places['autostart']} is not: have each account's session start "
            "`pc-client printer run` in another way, what is printed is held until then"
        )


@printer.command()
@queue_options
def remove(queue: str, **places: Path) -> None:
    """Take the printer out again; call it as root."""
    try:
        remove_queue(queue, Place(**places))
    except QueueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"the printer {queue} is gone")


@printer.command()
@home_option
@sockets_option
def run(home: Path, sockets: Path) -> None:
    """Ask about what this account prints, and send it, until ended (SIGTERM or Ctrl-C)."""
    from pc_client.printer.listener import Listener
    from pc_client.sending.program import run_desk

    try:
        settings = FILE.load(home)
        need_enrolment(home, settings)
        with (
            ended_by_signals() as ending,
            run_desk(home, settings, click.echo) as desk,
            Listener(sockets, desk).listening(),
        ):
            click.echo(f"taking what {getpass.getuser()} prints")
            _release()
            ending.wait()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        words = "make the printer first: `pc-client printer install`, as root"
        raise click.ClickException(f"{error.filename or sockets}: {error.strerror or error}: {words}") from error


def _release() -> None:
    try:
        for job in release_held(getpass.getuser()):
            click.echo(f"{job} was held, and is tried again")
    except QueueError as error:
        click.echo(f"jobs that are held stay so: {error}", err=True)
