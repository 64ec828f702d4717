"""`distserver destination`: destinations, and what troubles them."""

from __future__ import annotations

import click

from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distwire.api.destinations import Troubled, TroubledList
from distwire.api.groups import DestinationList


@click.group("destination")
def command() -> None:
    """List destinations and those in trouble; have one tried now."""


@command.command("list")
@click.option("--troubled", is_flag=True, help="Only those that are suspended or failed last time, with the reason.")
@json_option
@click.pass_obj
def list_destinations(home: Home, troubled: bool, as_json: bool) -> None:
    """List all destinations, or those in trouble."""
    client = home.client()
    if not troubled:
        known = client.get(DestinationList, "/api/v1/destinations").destinations
        if as_json:
            echo_json([one.model_dump(mode="json") for one in known])
        else:
            echo_table(("NAME", "ADDRESS", "KIND"), [(one.name, one.address, one.channel) for one in known])
        return
    found = client.get(TroubledList, "/api/v1/destinations/troubled").destinations
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (one.uri, "suspended" if one.suspended else "troubled", show_time(one.since), one.reason, one.message[:60])
        for one in found
    ]
    echo_table(("ADDRESS", "STATE", "SINCE", "REASON", "MESSAGE"), rows)


@command.command("reopen")
@click.argument("address", metavar="DESTINATION")
@json_option
@click.pass_obj
def reopen_destination(home: Home, address: str, as_json: bool) -> None:
    """Try a destination in trouble, told by name or address, now; one that is suspended is asked first how it is."""
    found = home.client().post(Troubled, "/api/v1/destinations/reopen", {"address": address})
    if as_json:
        echo_json(found.model_dump(mode="json"))
    else:
        told = (
            "is asked now how it is; what waits for it goes when it answers well" if found.suspended else "is tried now"
        )
        click.echo(f"{found.uri} {told}")
