"""`distserver serve`: web server and worker, as two processes of one tree."""

from __future__ import annotations

import os

import click

from distserver.accounts.local import password_file
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.listening import open_socket, url_here
from distserver.cli.logs import set_up_logs
from distserver.cli.supervisor import Child, keep_running

_ENDS_FOR_GOOD = frozenset({int(Exit.SETUP), int(Exit.USAGE)})


@click.command("serve")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port to listen on; 0 takes a free one.")
@click.pass_obj
def command(home: Home, host: str | None, port: int | None) -> int:
    """Run the server: board, API and deliveries. Ends with SIGTERM or Ctrl-C."""
    from distserver.compose import prepare_home

    settings = home.settings(host=host, port=port)
    set_up_logs(settings.log_level, settings.home / "logs" / "serve.log")
    with open_socket(settings.host, settings.port) as listening:
        taken = listening.getsockname()[1]
        prepare_home(settings)
        environment = {"DISTSERVER_HOST": settings.host, "DISTSERVER_PORT": str(taken)}
        start = ["--home", str(settings.home)]
        parent = ["--parent", str(os.getpid())]
        web = [*start, "web", *parent, "--fd", str(listening.fileno())]
        children = [
            Child("web", web, environment, (listening.fileno(),)),
            Child("worker", [*start, "worker", *parent], environment),
        ]
        click.echo(f"distserver: serving {settings.home} at {url_here(settings.host, taken)}/", err=True)
        if not password_file(settings.home).parent.joinpath("local.json").exists():
            click.echo(f"distserver: sign in as 'admin'; the password is in {password_file(settings.home)}", err=True)
        return keep_running(children, _ENDS_FOR_GOOD)
