"""`mfp-client run`: printer and panel of one device, from its settings."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from distwire.fence import find_packages, make_command
from mfp_client.home import home_option
from mfp_client.printing.device import DeviceOptions
from mfp_client.printing.output import OutputFailed
from mfp_client.printing.profiles import PROFILES
from mfp_client.program import ProgramOptions, run_program, say
from mfp_client.running.keeper import Program, keep_running
from mfp_client.settings import DeviceSettings, SettingsError, load_settings


@click.command()
@home_option
@click.option("--verbose", is_flag=True, help="Log what happens to standard error.")
def run(home: Path, verbose: bool) -> None:
    """Run the device, printer and panel, until it is ended (SIGTERM or Ctrl-C).

    Prints the printer's URI once it listens, and the panel's address once that does. A panel that dies is started
    again; the printer goes on meanwhile.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(message)s")
    try:
        settings = load_settings(home)
        options = make_options(settings, home)
        command = make_command("mfp_client.running.panel_child", str(os.getpid()), str(home.absolute()))
        run_program(options, say, lambda: keep_running(Program("panel", command, find_packages())))
    except (SettingsError, OutputFailed) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = error.filename or f"{settings.printer_host}:{settings.printer_port}"
        raise click.ClickException(f"the printer cannot run: {where}: {error.strerror or error}") from error


def make_options(settings: DeviceSettings, home: Path) -> ProgramOptions:
    """The printer of these settings; what it keeps is in `HOME/printer`."""
    device = DeviceOptions(
        name=settings.name,
        profile=PROFILES[settings.profile],
        location=settings.location,
        seconds_per_page=settings.print_seconds_per_page,
    )
    return ProgramOptions(
        device=device,
        host=settings.printer_host,
        port=settings.printer_port,
        tray=home / settings.tray,
        state=home / "printer",
        queue=settings.output.partition(":")[2] or None,
    )
