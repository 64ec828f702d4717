"""`distserver fax`: faxes that have come in, the log of calls, and the modems of HylaFAX servers."""

from __future__ import annotations

import click

from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distwire.api.faxes import FaxCallList, FaxServer, FaxServerList, ReceivedFaxList


@click.group("fax")
def command() -> None:
    """Faxes that have come in to HylaFAX servers, calls that were made, and their modems."""


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


@command.command("log")
@click.option("--limit", type=click.IntRange(1, 10000), default=200, show_default=True, help="So many deliveries back.")
@json_option
@click.pass_obj
def list_calls(home: Home, limit: int, as_json: bool) -> None:
    """List the calls to fax numbers, newest first: how long, to whom, what came over, what it cost, what went wrong."""
    found = home.client().get(FaxCallList, "/api/v1/faxes/calls", limit=str(limit)).calls
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (
            show_time(one.ended),
            one.call,
            one.number,
            one.identity,
            one.pages,
            "" if one.seconds is None else f"{one.seconds // 60}:{one.seconds % 60:02}",
            one.cost,
            one.traits,
            one.trouble[:60],
            " ".join(one.jobs),
        )
        for one in found
    ]
    echo_table(("ENDED", "CALL", "NUMBER", "CSI", "PAGES", "TIME", "COST", "SENT AS", "TROUBLE", "JOBS"), rows)


@command.command("modems")
@json_option
@click.pass_obj
def list_modems(home: Home, as_json: bool) -> Exit:
    """Ask all HylaFAX servers that are named anywhere how their modems are; fails when one is silent."""
    found = home.client().get(FaxServerList, "/api/v1/faxes/modems").servers
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
    else:
        rows = [row for one in found for row in list_modem_rows(one)]
        echo_table(("SERVER", "MODEM", "NUMBER", "RECEIVES", "STATE"), rows)
        for one in found:
            if one.unheard:
                click.echo(f"\n{describe_unheard(one)}")
    return Exit.FAILED if any(one.trouble for one in found) else Exit.OK


def describe_unheard(server: FaxServer) -> str:
    """What it means that a server's events do not come, and what helps."""
    return (
        f"{server.server} cannot tell by itself what becomes of a fax ({server.unheard}): it is asked every 5 s. "
        "To have it told at once, let the server open connections to this machine."
    )


def list_modem_rows(server: FaxServer) -> list[tuple[str, str, str, str, str]]:
    """A server's lines in the table: one at least, which says why it has no modem."""
    if server.modems:
        return [(server.server, m.name, m.number, "yes" if m.receives else "no", m.state) for m in server.modems]
    words = f"cannot be asked: {server.trouble}" if server.trouble else "lists no modem with a faxgetty"
    return [(server.server, "", "", "", words)]
