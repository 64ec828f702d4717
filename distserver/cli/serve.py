"""`distserver serve`: web server, worker, IPP server and, when it is wanted, mail in, as processes of one tree."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

import click

from distserver.accounts.local import local_file, password_file
from distserver.cli.check_settings import read_written
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.listening import open_printers, open_socket, url_here
from distserver.cli.logs import set_up_logs
from distserver.cli.mail import open_mail_socket
from distserver.cli.output import echo_json, json_option
from distserver.cli.supervisor import Child, keep_running
from distserver.settings import PRINTERS_ABOVE
from distserver.store.claim import claim_home
from distserver.store.folder import check_usable

_ENDS_FOR_GOOD = frozenset({int(Exit.SETUP), int(Exit.USAGE)})


@click.command("serve")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port to listen on; 0 takes a free one.")
@click.option("--claimed", is_flag=True, hidden=True, help="The parent has the home to itself already.")
@json_option
@click.pass_obj
def command(home: Home, host: str | None, port: int | None, claimed: bool, as_json: bool) -> int:
    """Run the server: board, API and deliveries. Ends with SIGTERM or Ctrl-C."""
    from distserver.store.preparation import prepare_home

    settings = home.settings(host=host, port=port)
    read_written(settings)
    with ExitStack() as stack:
        # Room is asked for at the first start only: later, what was accepted goes on also on a full disk.
        check_usable(settings.home, 0 if (settings.home / "store").exists() else settings.spool_reserve_mb)
        claim = None if claimed else stack.enter_context(claim_home(settings.home))
        set_up_logs(settings.log_level, settings.home / "logs" / "serve.log", settings.log_format)
        listening = stack.enter_context(open_socket(settings.host, settings.port))
        taken = listening.getsockname()[1]
        if claim is not None:
            claim.tell(url_here(settings.host, taken))
        prepare_home(settings)
        printers = stack.enter_context(open_printers(settings.host, settings.ipp_port, taken + PRINTERS_ABOVE))
        plain = printers.getsockname()[1]
        secure = stack.enter_context(open_printers(settings.host, settings.ipps_port, plain + 1))
        environment = {
            "DISTSERVER_HOST": settings.host,
            "DISTSERVER_PORT": str(taken),
            "DISTSERVER_IPP_PORT": str(plain),
            "DISTSERVER_IPPS_PORT": str(secure.getsockname()[1]),
        }
        start = ["--home", str(settings.home)]
        parent = ["--parent", str(os.getpid())]
        web = [*start, "web", *parent, "--fd", str(listening.fileno())]
        children = [
            Child("web", web, environment, (listening.fileno(),)),
            Child("worker", [*start, "worker", *parent], environment),
            Child(
                "ipp", [*start, "ipp", *parent, *_hand_over(printers, secure)], environment, _files(printers, secure)
            ),
        ]
        if (mail := open_mail_socket(settings)) is not None:
            stack.enter_context(mail)
            children.append(Child("mail", [*start, "mail", *parent, *_hand_over(mail)], environment, _files(mail)))
        if as_json:
            echo_json({"home": str(settings.home), "url": url_here(settings.host, taken), "pid": os.getpid()})
        click.echo(f"distserver: serving {settings.home} at {url_here(settings.host, taken)}/", err=True)
        if not local_file(settings.home).exists():
            click.echo(f"distserver: sign in as 'admin'; the password is in {password_file(settings.home)}", err=True)
        return keep_running(children, _ENDS_FOR_GOOD)


def _files(*sockets: socket.socket) -> tuple[int, ...]:
    return tuple(one.fileno() for one in sockets)


def _hand_over(*sockets: socket.socket) -> list[str]:
    return [word for descriptor in _files(*sockets) for word in ("--fd", str(descriptor))]
