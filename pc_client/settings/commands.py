"""`pc-client settings show`: every setting, its value, and where that came from."""

from __future__ import annotations

import click

from distwire.local.settings_command import make_show
from pc_client.home import home_option
from pc_client.settings import FILE


@click.group()
def settings() -> None:
    """The settings of this PC: pc-client.toml in its home folder."""


settings.add_command(make_show(FILE, home_option))
