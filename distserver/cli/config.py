"""`distserver config`: every setting, its effective value, and where that came from."""

from __future__ import annotations

from dataclasses import asdict

import click

from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option
from distserver.store.claim import find_holder


@click.command("config")
@click.option("--explain", is_flag=True, help="Say what each setting is for.")
@json_option
@click.pass_obj
def command(home: Home, explain: bool, as_json: bool) -> None:
    """Show every setting with its effective value and where that came from.

    Settings stand in distserver.toml in the home folder; an environment variable DISTSERVER_NAME wins over it.
    """
    settings, infos = home.settings_with_origins()
    if as_json:
        echo_json([asdict(info) for info in infos])
        return
    if not explain:
        echo_table(("SETTING", "VALUE", "FROM"), [(info.name, info.value, info.origin) for info in infos])
        holder = find_holder(settings.home)
        if holder is not None and holder.url:
            click.echo(f"This home is served at {holder.url} just now, by process {holder.pid}.", err=True)
        return
    for info in infos:
        click.echo(
            f"{info.name} = {info.value or '(not set)'}   from {info.origin}; default {info.default or 'not set'}"
        )
        click.echo(click.wrap_text(info.text, 100, "    ", "    "))
