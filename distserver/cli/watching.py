"""Staying with a job until it has ended."""

from __future__ import annotations

import time
from datetime import datetime

import click

from distserver.cli.client import Client, path_of
from distserver.cli.exits import Unreachable
from distserver.cli.progress import StatusLine
from distserver.errors import LaterError
from distserver.model.states import DeliveryState
from distserver.report.words import is_technical, stopping_reasons
from distwire.api.jobs import Delivery, DeliveryPage, Job

_ENDED = tuple(state.value for state in DeliveryState if state.ended)
_POLL_SECONDS = (0.3, 2.0)
_PATIENCE_SECONDS = 300.0


def follow_job(client: Client, job_id: str, *, quiet: bool) -> tuple[Job, list[Delivery]]:
    """Wait until the job has ended, printing a line for each delivery as it ends; the job and all its deliveries.

    Why a delivery waits goes to standard error, once as long as the reason stays the same.

    A server that is away for some minutes (a restart) is waited for; then raises `Unreachable` or `LaterError`.
    """
    known: dict[int, Delivery] = {}
    told: dict[int, str] = {}
    status = StatusLine(quiet=quiet)
    since: datetime | None = None
    pause, silent_since = _POLL_SECONDS[0], time.monotonic()
    while True:
        try:
            changed, since, state = _changes(client, job_id, since)
        except (Unreachable, LaterError):
            if time.monotonic() - silent_since > _PATIENCE_SECONDS:
                raise
            status.show("waiting for the server to come back …")
            time.sleep(_POLL_SECONDS[1])
            continue
        silent_since = time.monotonic()
        for delivery in changed:
            if not quiet and delivery.state in _ENDED and known.get(delivery.number) != delivery:
                status.clear()
                click.echo(describe(delivery))
            elif not quiet and _waits(delivery) and told.get(delivery.number) != delivery.words:
                status.clear()
                click.echo(f"{delivery.destination}  waits: {say_why(delivery)}", err=True)
                told[delivery.number] = delivery.words
            known[delivery.number] = delivery
        if state in _ENDED:
            status.clear()
            return client.get(Job, path_of("jobs", job_id)), fetch_deliveries(client, job_id)
        ended = sum(delivery.state in _ENDED for delivery in known.values())
        status.show(f"{ended} of {len(known)} ended")
        time.sleep(pause)
        pause = min(pause * 1.2, _POLL_SECONDS[1])


def fetch_deliveries(client: Client, job_id: str) -> list[Delivery]:
    """All deliveries of a job, in the order of their numbers."""
    return _changes(client, job_id, None)[0]


def job_receipts(job: Job, deliveries: list[Delivery]) -> dict[str, object]:
    """The job and its receipts as `--json` prints them."""
    return {
        "job": job.id,
        "state": job.state,
        "reasons": job.reasons,
        "title": job.title,
        "deliveries": [delivery.model_dump(mode="json", exclude={"job"}) for delivery in deliveries],
    }


def describe(delivery: Delivery) -> str:
    """One line: where to, how it stands, why."""
    uncounted = delivery.pages is None or (delivery.state == "completed" and not delivery.pages)
    pages = "" if uncounted else f"  {delivery.pages}/{delivery.pages_total} pages"
    return f"{delivery.destination}  {delivery.state}  {say_why(delivery)}{pages}"


def say_why(delivery: Delivery) -> str:
    """How it stands in words; after them what the device itself said, in quotation marks, or what we know besides."""
    if not delivery.message:
        return delivery.words
    own = is_technical(delivery.reason)
    return f"{delivery.words} {f'Technical: {delivery.message}' if own else f'“{delivery.message}”'}"


def _waits(delivery: Delivery) -> bool:
    """Whether it stands still until somebody does something, or until another try."""
    if delivery.state == "pending-retry":
        return True
    return delivery.state == "processing" and bool(stopping_reasons(delivery.device_reasons))


def _changes(client: Client, job_id: str, since: datetime | None) -> tuple[list[Delivery], datetime, str]:
    found: list[Delivery] = []
    asked = None if since is None else since.isoformat()
    after, first = 0, None
    while True:
        page = client.get(
            DeliveryPage, path_of("jobs", job_id, "deliveries"), after=after, changed_since=asked, limit=5000
        )
        first = first or page
        found += page.deliveries
        if page.next is None:
            return found, first.as_of, first.state
        after = page.next
