"""The folder of a device: settings, image memory, key of its mark sheets, token. One home for all its commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

HOME_VARIABLE = "MFP_CLIENT_HOME"
DEFAULT_HOME = Path("~/.mfp-client")


def find_home(told: Path | None = None) -> Path:
    """What a command was told, else `$MFP_CLIENT_HOME`, else `~/.mfp-client`; it need not exist yet."""
    return (told or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)).expanduser()


def home_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--home`; the command gets the folder as `home`."""
    option = click.option(
        "--home",
        type=click.Path(path_type=Path),
        metavar="DIR",
        envvar=HOME_VARIABLE,
        show_envvar=True,
        callback=lambda _context, _option, told: find_home(told),
        help=f"The device's home folder; default: {DEFAULT_HOME}.",
    )
    return option(command)
