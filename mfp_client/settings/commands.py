"""`mfp-client settings show`: every setting, its value, and where that came from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mfp_client.home import home_option
from mfp_client.settings.file import FILE, SettingsError


@click.group()
def settings() -> None:
    """The settings of the device: mfp-client.toml in its home folder."""


@settings.command()
@home_option
@click.option("--explain", is_flag=True, help="Say what each setting is for.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def show(home: Path, explain: bool, as_json: bool) -> None:
    """Show every setting with its value and where that came from: the file, or the default."""
    try:
        rows = FILE.describe(home)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:{width}}  {json.dumps(row['value'], ensure_ascii=False)}   from {row['from']}")
        if explain:
            click.echo(click.wrap_text(row["text"], 100, "    ", "    "))
