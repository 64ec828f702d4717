"""`pc-client enrol`: the server gets to know this PC by a code that its board shows."""

from __future__ import annotations

from pathlib import Path

import click

from distwire.api.failures import ApiError
from distwire.local.token import write_token
from pc_client.home import home_option
from pc_client.server.access import make_client
from pc_client.settings import FILE, PcSettings, SettingsError


@click.command()
@home_option
@click.option("--server", metavar="URL", help="The server: https://HOST or https://HOST:PORT; default: as it is set.")
@click.option("--address", metavar="pc:NAME", help="The PC's line in all.rec; default: as it is set.")
@click.option(
    "--code",
    envvar="PC_CLIENT_CODE",
    show_envvar=True,
    prompt="Code that the board shows for this PC",
    help="The code that the board shows; other accounts of this PC read it here.",
)
@click.option("--fingerprint", metavar="SHA256", help="Of the server's own certificate, where no authority vouches.")
@click.option("--ca-file", metavar="FILE", help="Authorities (PEM) that vouch for the server.")
def enrol(
    home: Path, server: str | None, address: str | None, code: str, fingerprint: str | None, ca_file: str | None
) -> None:
    """Enrol this PC with a server: its token is kept in the home folder, the rest in its settings."""
    told = {
        "server": server,
        "address": _complete(address) if address else None,
        "server_fingerprint": fingerprint,
        "server_ca_file": ca_file,
    }
    try:
        settings = enrol_pc(home, {key: value for key, value in told.items() if value is not None}, code)
    except (SettingsError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or home}: {error.strerror or error}") from error
    click.echo(f"{settings.name} is enrolled with {settings.server} as {settings.address}")


def enrol_pc(home: Path, told: dict[str, str], code: str) -> PcSettings:
    """Get this PC its token; keep it and what was told. Raises `SettingsError`, `ApiError`, OSError."""
    before = FILE.load(home)
    settings = FILE.change(before, told)
    if not settings.server:
        raise SettingsError("say which server: --server https://HOST")
    if not settings.address:
        raise SettingsError("say which line of all.rec is this PC's: --address pc:NAME")
    FILE.save(home, before)  # what cannot be written is told before the code is used up
    enrolled = make_client(settings, home, "").enrol(settings.address, code)
    write_token(home, enrolled.token)
    settings = FILE.change(settings, {"address": enrolled.address, "name": enrolled.name or settings.name})
    FILE.save(home, settings)
    return settings


def _complete(address: str) -> str:
    """A name alone is a PC's."""
    return address if ":" in address else f"pc:{address}"
