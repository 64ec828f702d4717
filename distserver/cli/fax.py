"""`distserver fax`: faxes that have come in."""

from __future__ import annotations

import click

from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distwire.api.faxes import ReceivedFaxList


@click.group("fax")
def command() -> None:
    """Faxes that have come in to HylaFAX servers."""


@command.command("received")
@json_option
@click.pass_obj
def list_received(home: Home, as_json: bool) -> None:
    """List faxes that have come in, newest first: the job that each became, or why it is none."""
    found = home.client().get(ReceivedFaxList, "/api/v1/faxes/received").faxes
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (
            show_time(one.received),
            one.number or one.identity,
            one.called,
            one.subaddress,
            one.pages,
            one.fate,
            one.job or "",
            one.reason[:60],
        )
        for one in found
    ]
    echo_table(("RECEIVED", "FROM", "CALLED", "SUB", "PAGES", "FATE", "JOB", "REASON"), rows)
