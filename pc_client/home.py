"""The folder of a PC's programs: settings, token, inbox. One home for all commands of one account."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

HOME_VARIABLE = "PC_CLIENT_HOME"


def find_home(told: Path | None = None) -> Path:
    """What a command was told, else `$PC_CLIENT_HOME`, else the place where the system keeps such data; it need not
    exist yet."""
    if told is not None or os.environ.get(HOME_VARIABLE):
        return (told or Path(os.environ[HOME_VARIABLE])).expanduser()
    return find_data_folder() / "pc-client"


def find_data_folder() -> Path:
    """Where programs keep the data of an account: XDG Base Directory; on Windows %LOCALAPPDATA%."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    said = os.environ.get("XDG_DATA_HOME", "")
    return Path(said) if said.startswith("/") else Path.home() / ".local" / "share"


def home_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--home`; the command gets the folder as `home`."""
    option = click.option(
        "--home",
        type=click.Path(path_type=Path),
        metavar="DIR",
        envvar=HOME_VARIABLE,
        show_envvar=True,
        callback=lambda _context, _option, told: find_home(told),
        help="The folder of settings, token and inbox; default: pc-client where this account keeps its data.",
    )
    return option(command)
