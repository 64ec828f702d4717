"""`distserver destination`: destinations, and what troubles them."""

from __future__ import annotations

from pathlib import Path

import click

from distserver.cli.destination_terms import describe_terms, describe_trial
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distserver.cli.upload import encode_form
from distwire.api.destinations import Terms, Trial, Troubled, TroubledList
from distwire.api.groups import DestinationList


@click.group("destination")
def command() -> None:
    """List destinations and those in trouble, show what holds for one, ask it, have it tried now."""


@command.command("list")
@click.option("--troubled", is_flag=True, help="Only those that are suspended or failed last time, with the reason.")
@json_option
@click.pass_obj
def list_destinations(home: Home, troubled: bool, as_json: bool) -> None:
    """List the destinations of all.rec, or all that are in trouble, of other groups too."""
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


_group_option = click.option("--group", help="The group whose line is meant, where several have one; name or file.")


@command.command("show")
@click.argument("destination", metavar="NAME")
@_group_option
@json_option
@click.pass_obj
def show_destination(home: Home, destination: str, group: str | None, as_json: bool) -> None:
    """Show what will happen to a document for a destination, told by name or address, and which lines say so."""
    found = home.client().get(Terms, "/api/v1/destinations/terms", destination=destination, group=group)
    if as_json:
        echo_json(found.model_dump(mode="json"))
    else:
        click.echo("\n".join(describe_terms(found)))


@command.command("test")
@click.argument("destination", metavar="NAME")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@_group_option
@json_option
@click.pass_obj
def try_destination(home: Home, destination: str, file: Path | None, group: str | None, as_json: bool) -> Exit:
    """Ask a destination how it is, and show what FILE (or a PDF of one page) would become. Nothing is sent there."""
    fields = [("destination", destination), *([("group", group)] if group else [])]
    body = encode_form(fields, [] if file is None else [file])
    found = Trial.model_validate_json(home.client().fetch("POST", "/api/v1/destinations/test", body=body))
    if as_json:
        echo_json(found.model_dump(mode="json"))
    else:
        click.echo("\n".join(describe_trial(found)))
    return Exit.FAILED if found.reason else Exit.OK


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
