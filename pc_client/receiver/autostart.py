"""`pc-client autostart`: the receiver starts with the session of this account (XDG Desktop Application Autostart)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pc_client.desktop.starting import find_program, quote_argument
from pc_client.home import HOME_VARIABLE, home_option

_ENTRY = """[Desktop Entry]
Type=Application
Name=Inbox of this PC
Comment=Receives documents that are sent to this PC
Exec={command}
Terminal=false
X-GNOME-Autostart-enabled=true
"""


@click.command()
@home_option
@click.argument("wanted", type=click.Choice(["on", "off"]))
def autostart(home: Path, wanted: str) -> None:
    """Start the receiver with each session of this account, or do so no more."""
    path = find_entry()
    try:
        if wanted == "off":
            path.unlink(missing_ok=True)
            click.echo("the receiver does not start by itself any more")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make_entry(home), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from error
    click.echo(f"the receiver starts with each session: {path}")


def find_entry() -> Path:
    """Where the session looks: XDG Autostart; on Windows the folder Startup."""
    if sys.platform == "win32":
        menu = Path(os.environ.get("APPDATA", "")) / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Startup"
        return menu / "distserver-pc.cmd"
    said = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(said) if said.startswith("/") else Path.home() / ".config") / "autostart" / "distserver-pc.desktop"


def make_entry(home: Path) -> str:
    """What stands there."""
    program = find_program()
    if sys.platform == "win32":
        return f'@set "{HOME_VARIABLE}={home}"\r\n@start "" /min {program} receiver\r\n'
    return _ENTRY.format(command=f"env {quote_argument(f'{HOME_VARIABLE}={home.absolute()}')} {program} receiver")
