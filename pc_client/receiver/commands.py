"""`pc-client receiver` and `pc-client inbox`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from pc_client.home import home_option
from pc_client.receiver.handover import SHOW, ask_receiver
from pc_client.server.standing import need_enrolment
from pc_client.settings import FILE, SettingsError


@click.command()
@home_option
@click.option("--headless", is_flag=True, help="No windows and no notices: for a PC where nobody sits.")
@click.option("--print-to", metavar="DIR|QUEUE", help="Print all that comes: DIR, a queue of CUPS, or ipp://HOST/….")
@click.option("--verbose", is_flag=True, help="Log what happens to standard error.")
def receiver(home: Path, headless: bool, print_to: str | None, verbose: bool) -> None:
    """Receive what is sent to this PC until it is ended (SIGTERM or Ctrl-C).

    Says that something came, asks whether to show it, shows and prints it. Prints its screen's address once it runs.
    """
    from pc_client.receiver.program import AlreadyRunning, Mode, run_receiver

    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(message)s")
    try:
        settings = FILE.load(home)
        need_enrolment(home, settings)
        run_receiver(home, settings, Mode(headless, find_target(print_to or "")), _say)
    except (SettingsError, AlreadyRunning) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or home}: {error.strerror or error}") from error


@click.command()
@home_option
def inbox(home: Path) -> None:
    """Open the inbox of the receiver that runs."""
    try:
        ask_receiver(home, SHOW, {})
    except (OSError, ValueError) as error:
        raise click.ClickException("no receiver runs: start it with `pc-client receiver`") from error


def find_target(print_to: str) -> str:
    """A folder that is there or is written as a path, `cups:QUEUE` or a printer's URI; a bare word is a queue."""
    if not print_to or ":" in print_to[2:] or "/" in print_to or "\\" in print_to or Path(print_to).is_dir():
        return print_to if print_to.partition(":")[0] in ("cups", "ipp", "ipps") else _absolute(print_to)
    return f"cups:{print_to}"


def _absolute(folder: str) -> str:
    return str(Path(folder).expanduser().absolute()) if folder else ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
