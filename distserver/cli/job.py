"""`distserver job`: list and show jobs, and what may be done with them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from distserver.cli.client import path_of
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distserver.cli.watching import fetch_deliveries, follow_job, job_receipts, say_why
from distserver.model.states import JobState
from distwire.api.jobs import Answer, Job, JobList

_STATES = tuple(state.value for state in JobState)


@click.group("job")
def command() -> None:
    """List and show jobs; cancel, hold, release and retry them; export their receipts."""


@command.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 500), metavar="N", default=20, show_default=True, help="At most so many jobs."
)
@click.option("--before", metavar="JOB", help="Only jobs older than this one.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only these; may be repeated.")
@json_option
@click.pass_obj
def list_jobs(home: Home, limit: int, before: str | None, states: tuple[str, ...], as_json: bool) -> None:
    """List jobs, newest first."""
    found = home.client().get(JobList, "/api/v1/jobs", limit=limit, before=before, state=states).jobs
    if as_json:
        echo_json([job.model_dump(mode="json") for job in found])
        return
    rows = [
        (job.id, job.title, job.sender, job.state, f"{job.counts.completed}/{job.counts.total}", show_time(job.created))
        for job in found
    ]
    echo_table(("JOB", "TITLE", "SENDER", "STATE", "DONE", "CREATED"), rows)


@command.command("show")
@click.argument("job_id", metavar="JOB")
@click.option("--wait", is_flag=True, help="Stay until every delivery has ended.")
@json_option
@click.pass_obj
def show_job(home: Home, job_id: str, wait: bool, as_json: bool) -> Exit:
    """Show a job with a line for each destination."""
    client = home.client()
    if wait:
        job, deliveries = follow_job(client, job_id, quiet=True)
    else:
        job, deliveries = client.get(Job, path_of("jobs", job_id)), fetch_deliveries(client, job_id)
    if as_json:
        echo_json(job_receipts(job, deliveries))
    else:
        click.echo(f"{job.title}  ({job.id}, from {job.sender}, {show_time(job.created)})")
        click.echo(f"{job.state}: {job.words}")
        rows = [
            (d.number, d.destination, d.state, say_why(d), d.attempts, "-" if d.pages is None else d.pages)
            for d in deliveries
        ]
        echo_table(("NO", "DESTINATION", "STATE", "WHY", "TRIES", "PAGES"), rows)
    failed = job.ended is not None and job.counts.completed < job.counts.total
    return Exit.FAILED if failed else Exit.OK


@command.command("cancel")
@click.argument("job_id", metavar="JOB")
@click.option("--delivery", "numbers", type=int, multiple=True, metavar="NO", help="Only this one; may be repeated.")
@json_option
@click.pass_obj
def cancel_job(home: Home, job_id: str, numbers: tuple[int, ...], as_json: bool) -> None:
    """Cancel a job, or some of its deliveries."""
    _operate(home, job_id, "cancel", numbers, as_json)


@command.command("hold")
@click.argument("job_id", metavar="JOB")
@json_option
@click.pass_obj
def hold_job(home: Home, job_id: str, as_json: bool) -> None:
    """Start no further delivery of a job until it is released."""
    _operate(home, job_id, "hold", None, as_json)


@command.command("release")
@click.argument("job_id", metavar="JOB")
@json_option
@click.pass_obj
def release_job(home: Home, job_id: str, as_json: bool) -> None:
    """Let a held job go on."""
    _operate(home, job_id, "release", None, as_json)


@command.command("retry")
@click.argument("job_id", metavar="JOB")
@click.option("--delivery", "numbers", type=int, multiple=True, metavar="NO", help="Only this one; may be repeated.")
@json_option
@click.pass_obj
def retry_job(home: Home, job_id: str, numbers: tuple[int, ...], as_json: bool) -> None:
    """Send again what failed, and nothing else."""
    _operate(home, job_id, "retry", numbers, as_json)


@command.command("export")
@click.argument("job_id", metavar="JOB")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True, help="Which form."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if left out.")
@click.pass_obj
def export_job(home: Home, job_id: str, form: str, output: Path | None) -> None:
    """Export the receipts of a job, as a table for a spreadsheet or as JSON."""
    data = home.client().fetch("GET", path_of("jobs", job_id, "receipts"), query={"format": form})
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise click.FileError(str(output), error.strerror) from error


def _operate(home: Home, job_id: str, operation: str, numbers: tuple[int, ...] | None, as_json: bool) -> None:
    body: dict[str, object] | None = None
    if numbers is not None:
        body = {"deliveries": list(numbers) or None}
    answer = home.client().post(Answer, path_of("jobs", job_id, operation), body)
    if as_json:
        echo_json(answer.model_dump(mode="json"))
    else:
        click.echo(answer.message)
