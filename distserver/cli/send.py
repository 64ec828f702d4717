"""`distserver send`: submit a job, and stay with it to its end if asked."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import click

from distserver.cli.client import Client
from distserver.cli.exits import Exit, Unreachable
from distserver.cli.home import Home
from distserver.cli.moment import MOMENT
from distserver.cli.output import count, echo_json, json_option
from distserver.cli.progress import upload_bar
from distserver.cli.upload import STDIN, encode_form
from distserver.cli.watching import follow_job, job_receipts
from distserver.errors import BadRequest
from distwire.api.jobs import Job

_TRIES = 3


@click.command("send")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--to", "groups", metavar="GROUP", multiple=True, help="A group, by name or file; may be repeated.")
@click.option(
    "--to-destination",
    "destinations",
    metavar="NAME",
    multiple=True,
    help="A destination, by name or address; may be repeated.",
)
@click.option("--title", help="What people see; the first file's name when left out.")
@click.option("--copies", type=click.IntRange(1, 999), metavar="N", help="Copies for each destination.")
@click.option(
    "--sides",
    type=click.Choice(["one-sided", "two-sided-long-edge", "two-sided-short-edge"]),
    help="One- or two-sided.",
)
@click.option("--media", metavar="NAME", help="Paper: A4, letter, or a PWG 5101.1 name such as iso_a4_210x297mm.")
@click.option("--color", type=click.Choice(["auto", "color", "monochrome"]), help="In colour or not.")
@click.option("--pages", "page_ranges", metavar="RANGES", help="Only these pages of the whole job: 1-3,7 or 5-.")
@click.option("--number-up", type=click.Choice(["1", "2", "4", "6", "9", "16"]), help="Pages on a side.")
@click.option(
    "--orientation",
    type=click.Choice(["portrait", "landscape", "reverse-landscape", "reverse-portrait"]),
    help="How pictures stand on the paper; the pages of PDF and raster documents say it themselves.",
)
@click.option(
    "--scaling",
    type=click.Choice(["auto", "auto-fit", "fill", "fit", "none"]),
    help="As large as the paper (fit, fill), as large as it is (none), or smaller if need be (auto).",
)
@click.option("--priority", type=click.Choice(["urgent", "normal", "bulk"]), help="Urgent goes first, bulk last.")
@click.option("--not-before", type=MOMENT, help="Send nothing before: +2h, 18:00, 2026-04-01T09:00.")
@click.option("--deadline", type=MOMENT, help="Give up what has not gone out by then.")
@click.option("--keep", is_flag=True, help="Keep the documents after the job has ended.")
@click.option("--hold", is_flag=True, help="Wait until `distserver job release`.")
@click.option(
    "--idempotency-key",
    metavar="KEY",
    help="Sent again under the same key, the first job is answered instead of a second one made.",
)
@click.option("--wait", is_flag=True, help="Stay until every delivery has ended, with a line for each.")
@json_option
@click.pass_obj
def command(home: Home, /, files: tuple[Path, ...], wait: bool, as_json: bool, **asked: object) -> Exit:
    """Send files to groups and destinations; several files are printed one after the other as one job.

    `-` stands for standard input.
    """
    if not asked["groups"] and not asked["destinations"]:
        raise click.UsageError("say where to: --to GROUP or --to-destination NAME")
    for option, key in (("--to", "groups"), ("--to-destination", "destinations")):
        if any(not str(name).strip() for name in _as_tuple(asked[key])):
            raise click.UsageError(f"{option} is empty: name the group or destination that is meant")
    if wait and asked["hold"]:
        raise click.UsageError("--wait would wait for ever for a job that is held: leave out one of the two")
    for path in files:
        if path.is_file() and not path.stat().st_size:
            raise BadRequest(f"the file '{path}' is empty: save it anew, and send that")
    client = home.client()
    began = time.time()
    job = _submit(client, files, asked, quiet=as_json)
    if as_json:
        echo_json({"job": job.id})
    else:
        earlier = asked["idempotency_key"] is not None and job.created.timestamp() < began
        click.echo(_accepted(job, earlier=earlier), err=wait)
    if not wait:
        return Exit.OK
    ended, deliveries = follow_job(client, job.id, quiet=as_json)
    if as_json:
        echo_json(job_receipts(ended, deliveries))
    return Exit.OK if ended.counts.completed == ended.counts.total else Exit.FAILED


def _accepted(job: Job, *, earlier: bool) -> str:
    """`earlier`: by another call under the same key."""
    before = " before" if earlier else ""
    after = ": under this key nothing is sent again" if earlier else ""
    return f"job {job.id} accepted{before} for {count(job.counts.total, 'destination')}{after}"


def _submit(client: Client, files: tuple[Path, ...], asked: dict[str, object], *, quiet: bool) -> Job:
    """Submit under a key, so that a second try after a broken connection makes no second job."""
    headers = {"Idempotency-Key": str(asked["idempotency_key"] or secrets.token_hex(16))}
    fields = list(_fields(asked))
    tries = 1 if STDIN in files else _TRIES
    for left in reversed(range(tries)):
        with upload_bar(files, quiet=quiet) as progress:
            body = encode_form(fields, files, progress)
            try:
                return Job.model_validate_json(client.fetch("POST", "/api/v1/jobs", body=body, headers=headers))
            except Unreachable as error:
                refused = isinstance(error.__cause__, ConnectionRefusedError)
                if not left or refused:
                    raise
        time.sleep(1)
    raise AssertionError("the last try returns or raises")


_PLAIN_FIELDS = (
    "title", "copies", "sides", "media", "color", "page_ranges", "number_up", "orientation", "scaling", "priority",
    "not_before", "deadline",
)  # fmt: skip


def _fields(asked: dict[str, object]) -> list[tuple[str, str]]:
    lists = {"groups": "group", "destinations": "destination"}
    fields = [(name, str(value)) for key, name in lists.items() for value in _as_tuple(asked[key])]
    fields += [(name, str(asked[name])) for name in _PLAIN_FIELDS if asked[name] is not None]
    return fields + [(name, "true") for name in ("keep", "hold") if asked[name]]


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
