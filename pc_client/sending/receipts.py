"""`pc-client sent`: what has become of what this PC has sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from distwire.api.client import ApiClient
from distwire.api.failures import ApiError
from distwire.api.jobs import Delivery, Job
from pc_client.home import home_option
from pc_client.server.access import open_client
from pc_client.server.standing import need_enrolment
from pc_client.settings import FILE, SettingsError

_LATEST = 20
_PAGE = 1000


@click.command()
@home_option
@click.argument("job", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def sent(home: Path, job: str | None, as_json: bool) -> None:
    """List what this PC has sent lately and what has become of it; of JOB, how each destination stands."""
    try:
        settings = FILE.load(home)
        need_enrolment(home, settings)
        client = open_client(settings, home)
        if job is None:
            jobs = client.jobs(limit=_LATEST).jobs
            rows, lines = [one.model_dump(mode="json") for one in jobs], [_describe(one) for one in jobs]
        else:
            title = client.job(job).title
            deliveries = list(_list_deliveries(client, job))
            rows, lines = [one.model_dump(mode="json") for one in deliveries], [title, *map(_receipt, deliveries)]
    except (SettingsError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(lines) or "this PC has sent nothing yet")


def _list_deliveries(client: ApiClient, job: str) -> Iterator[Delivery]:
    after: int | None = 0
    while after is not None:
        page = client.deliveries(job, after=after, limit=_PAGE)
        yield from page.deliveries
        after = page.next


def _describe(job: Job) -> str:
    when = job.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{job.id}  {when}  {job.title}  {job.counts.completed}/{job.counts.total}  {job.words}"


def _receipt(delivery: Delivery) -> str:
    said = f" “{delivery.message}”" if delivery.message else ""
    return f"  {delivery.destination}  {delivery.state}  {delivery.words}{said}"
