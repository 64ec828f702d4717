"""`distserver ipp`: every group is a printer; one such process on a machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import click

from distserver.cli.home import Home
from distserver.cli.listening import open_printers
from distserver.cli.logs import set_up_logs
from distwire.lineage import end_with_parent


@click.command("ipp")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port to listen on; 0 takes a free one.")
@click.option("--fd", type=int, multiple=True, hidden=True, help="Sockets that listen already: for ipp:, for ipps:.")
@click.option("--parent", type=int, hidden=True)
@click.pass_obj
def command(home: Home, host: str | None, port: int | None, fd: tuple[int, ...], parent: int | None) -> None:
    """Let every group be a printer, without board and deliveries. Ends with SIGTERM or Ctrl-C."""
    if parent is not None:
        end_with_parent(parent)
    settings = home.settings(host=host, ipp_port=port)
    set_up_logs(settings.log_level, settings.home / "logs" / "ipp.log" if parent else None, settings.log_format)
    from distserver.compose import build_services
    from distserver.intake.ipp.door import Door

    if parent is None:  # else `serve` has done so
        from distserver.store.preparation import prepare_home

        prepare_home(settings)
    if fd:
        plain, secure = (socket.socket(fileno=one) for one in fd)
    else:
        plain = open_printers(settings.host, settings.ipp_port, settings.printers_port)
        secure = open_printers(settings.host, settings.ipps_port, plain.getsockname()[1] + 1)
        ports = {"ipp_port": plain.getsockname()[1], "ipps_port": secure.getsockname()[1]}
        settings = home.settings(host=host, **ports)
    run = _find_runner()
    run(Door(build_services(settings), plain, secure).run())


def _find_runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """What runs it: libuv's loop (uvloop) where it is installed, else asyncio's, with which a job costs more."""
    try:
        from uvloop import run
    except ImportError:
        return asyncio.run
    return run
