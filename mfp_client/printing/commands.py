"""`mfp-client printer`, and `paper` and `status`, which ask one that runs."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click

from mfp_client.printing.device import DeviceOptions
from mfp_client.printing.output import OutputFailed
from mfp_client.printing.profiles import PROFILES
from mfp_client.program import ProgramOptions, run_program, say

_TIMEOUT = 30.0


@click.command()
@click.option("--name", required=True, help="What the printer is called.")
@click.option("--location", default="", help="Where it stands.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8651, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--tray", type=click.Path(path_type=Path), help="Folder the printed pages are laid into.")
@click.option("--output", help="cups:QUEUE prints on a local CUPS queue instead of the tray.")
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), default="pdf", show_default=True, help="What kind of printer it is."
)
@click.option("--state", type=click.Path(path_type=Path), help="Folder of its memory; default: .state in the tray.")
@click.option(
    "--print-seconds-per-page", default=0.0, show_default=True, help="How long a page takes.", metavar="SECONDS"
)
@click.option("--verbose", is_flag=True, help="Log what happens to standard error.")
def printer(verbose: bool, **told: Any) -> None:
    """Run an IPP printer until it is ended (SIGTERM or Ctrl-C). Prints its URI once it listens."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(message)s")
    options = _options(told)
    try:
        run_program(options, say)
    except OutputFailed as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = error.filename or f"{options.host}:{options.port}"
        raise click.ClickException(f"the printer cannot run on {where}: {error.strerror or error}") from error


@click.command()
@click.argument("tray", type=click.Choice(["in", "out"]))
@click.option("--url", required=True, help="Address of the printer's page, such as http://127.0.0.1:8651.")
def paper(tray: str, url: str) -> None:
    """Put paper IN, or take it OUT: what the switch on the panel does."""
    _show(_ask(url, "/panel/paper", {"paper": tray}), as_json=False)


@click.command()
@click.option("--url", required=True, help="Address of the printer's page, such as http://127.0.0.1:8651.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def status(url: str, as_json: bool) -> None:
    """Say how a printer is, and what it prints."""
    _show(_ask(url, "/panel/status"), as_json=as_json)


def _options(told: dict[str, Any]) -> ProgramOptions:
    queue = None
    if told["output"] is not None:
        kind, _, queue = told["output"].partition(":")
        if kind != "cups" or not queue:
            raise click.BadParameter("write cups:QUEUE", param_hint="--output")
    tray: Path | None = told["tray"]
    state: Path | None = told["state"] or (tray / ".state" if tray is not None else None)
    if state is None or (tray is None and queue is None):
        raise click.UsageError("say where the pages go: --tray DIR, or --output cups:QUEUE with --state DIR")
    device = DeviceOptions(
        name=told["name"],
        profile=PROFILES[told["profile"]],
        location=told["location"],
        seconds_per_page=told["print_seconds_per_page"],
    )
    return ProgramOptions(device, told["host"], told["port"], tray or state, state, queue)


def _ask(url: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise click.BadParameter("write http://HOST:PORT", param_hint="--url")
    data = None if body is None else json.dumps(body).encode()
    request = Request(url.rstrip("/") + path, data, {"Content-Type": "application/json"})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
    except (URLError, OSError, ValueError) as error:
        raise click.ClickException(f"no printer answers at {url}: {error}") from error
    return answer


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    click.echo(f"{answer['name']}: {answer['words']} Paper: {'in' if answer['paper'] else 'out'}.")
    job = answer["job"]
    if job is not None:
        click.echo(f"job {job['id']} {job['name']}: {job['impressions']} of {job['total'] or '?'} pages")
