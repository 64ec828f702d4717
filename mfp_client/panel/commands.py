"""`mfp-client panel`: the panel's own process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mfp_client.home import home_option
from mfp_client.memory.errors import MemoryFault
from mfp_client.settings import SettingsError


@click.command()
@home_option
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on instead of the one in the settings.")
def panel(home: Path, port: int | None) -> None:
    """Show the panel until it is ended (SIGTERM or Ctrl-C). Prints its address once it listens."""
    from mfp_client.panel.desk import open_desk
    from mfp_client.panel.serving import serve_panel

    try:
        with open_desk(home) as desk:
            again = serve_panel(desk, port)
    except (SettingsError, MemoryFault) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"the panel cannot run: {where}{error.strerror or error}") from error
    if again:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same program, new settings
