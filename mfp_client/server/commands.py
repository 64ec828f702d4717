"""`mfp-client enrol`: the server gets to know this device by a code that its board shows (SPEC D9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mfp_client.home import home_option
from mfp_client.settings import (
    DeviceSettings,
    SettingsError,
    change_settings,
    load_settings,
    save_settings,
)


@click.command()
@home_option
@click.option("--server", metavar="URL", help="The server: https://HOST or https://HOST:PORT; default: as it is set.")
@click.option("--address", metavar="NAME", help="The device's own address, as in all.rec; default: as it is set.")
@click.option("--code", prompt="Code that the board shows for this device", help="The code that the board shows.")
@click.argument("rest", nargs=-1, metavar="")
@click.option("--name", help="What the device is called; default: as in all.rec.")
@click.option("--fingerprint", metavar="SHA256", help="Of the server's own certificate, where no authority vouches.")
@click.option("--ca-file", metavar="FILE", help="Authorities (PEM) that vouch for the server.")
def enrol(home: Path, server: str | None, address: str | None, code: str, name: str | None, **others: Any) -> None:
    """Enrol the device with a server: its token is kept in the home folder, the rest in its settings."""
    code = _join_code(code, others["rest"])
    from distwire.api.failures import ApiError
    from mfp_client.server import link

    told = {
        "server": server,
        "address": address,
        "name": name,
        "server_fingerprint": others["fingerprint"],
        "server_ca_file": others["ca_file"],
    }
    try:
        given = {key: value for key, value in told.items() if value is not None}
        before = load_settings(home)
        settings = change_settings(before, given)
        _need_place(settings)
        save_settings(home, before)  # what cannot be written is told before the code is used up
        enrolled = link.enrol(settings, home, code)
        settings = link.take_line(settings, enrolled, name or "")
        save_settings(home, settings)
    except (SettingsError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or home}: {error.strerror or error}") from error
    click.echo(f"{settings.name} is enrolled with {settings.server} as {enrolled.address}")


def _join_code(code: str, rest: tuple[str, ...]) -> str:
    """The board shows `1234 5678`, which a shell takes for two words. Raises `click.UsageError` for other words."""
    if any(not word.isdecimal() for word in rest):
        raise click.UsageError(f"got unexpected words: {' '.join(rest)}")
    return "".join((code, *rest))


def _need_place(settings: DeviceSettings) -> None:
    if not settings.server:
        raise SettingsError("say which server: --server https://HOST")
    if not settings.address:
        raise SettingsError("say which line of all.rec is this device's: --address ipp://HOST/ipp/print")
