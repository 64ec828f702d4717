"""`settings show` of a client: every setting, its value, and where that came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from distwire.local.settings_file import SettingsError, SettingsFile


def make_show(file: SettingsFile[Any], home_option: Callable[..., Any]) -> click.Command:
    """The command for one client's file; `home_option` gives it the folder in which that stands."""

    @click.command()
    @home_option
    @click.option("--explain", is_flag=True, help="Say what each setting is for.")
    @click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
    def show(home: Path, explain: bool, as_json: bool) -> None:
        """Show every setting with its value and where that came from: the file, or the default."""
        try:
            rows = file.describe(home)
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

    return show
