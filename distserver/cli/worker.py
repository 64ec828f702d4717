"""`distserver worker`: carry out deliveries; any number of workers share a PostgreSQL database."""

from __future__ import annotations

import os

import click

from distserver.cli.home import Home
from distserver.cli.logs import set_up_logs
from distserver.cli.output import echo_json, json_option
from distwire.lineage import end_with_parent


@click.command("worker")
@click.option("--parent", type=int, hidden=True)
@json_option
@click.pass_obj
def command(home: Home, parent: int | None, as_json: bool) -> None:
    """Carry out deliveries, without a web server. Ends with SIGTERM or Ctrl-C."""
    if parent is not None:
        end_with_parent(parent)
    settings = home.settings()
    set_up_logs(settings.log_level, settings.home / "logs" / "worker.log" if parent else None, settings.log_format)
    from distserver.compose import build_worker

    if parent is None:  # else `serve` has done so
        from distserver.store.preparation import prepare_home

        prepare_home(settings)
    told = {"home": str(settings.home), "pid": os.getpid()}
    build_worker(settings).run(ready=lambda: echo_json(told) if as_json else None)
