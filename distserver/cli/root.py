"""The command `distserver`: its options, its sub-commands, and how errors end it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

import distserver
from distserver.cli.exits import Exit, code_of
from distserver.cli.home import Home
from distserver.errors import DistserverError
from distwire.local.late_commands import LateCommands

COMMANDS = (
    "serve",
    "web",
    "worker",
    "ipp",
    "mail",
    "send",
    "job",
    "group",
    "destination",
    "user",
    "token",
    "device",
    "fax",
    "fax-convert",
    "config",
    "check",
    "completion",
    "man",
)


@click.group(
    cls=LateCommands,
    places={name: (f"distserver.cli.{name.replace('-', '_')}", "command") for name in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, readable=False, path_type=Path),
    envvar="DISTSERVER_HOME",
    default=Path("var"),
    show_default=True,
    help="Folder of groups, store, spool, logs and tokens.",
)
@click.version_option(distserver.__version__, prog_name="distserver", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, home: Path) -> None:
    """Broadcast a document to a group of printers, copiers, fax machines and PCs."""
    given = context.get_parameter_source("home") is click.core.ParameterSource.COMMANDLINE
    context.obj = Home(home.absolute(), named=given)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; whatever goes wrong on purpose is one line on standard error and an exit code."""
    if not logging.root.handlers:  # log lines are for servers; a command says itself what matters
        logging.root.addHandler(logging.NullHandler())
    try:
        code = cli.main(arguments, prog_name="distserver", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and error.option_name == "--home":
            click.echo("--home stands before the sub-command: distserver --home DIR send …", err=True)
        code = Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("distserver: interrupted", err=True)
        code = Exit.INTERRUPTED
    except DistserverError as error:
        click.echo(f"distserver: {error}", err=True)
        code = code_of(error)
    except BrokenPipeError:
        sys.stderr.close()
        code = Exit.OK
    sys.exit(int(code) if isinstance(code, int) else 0)
