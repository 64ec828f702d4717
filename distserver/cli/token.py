"""`distserver token`: keys for programs and devices; works on the home folder, whether a server runs or not."""

from __future__ import annotations

import click

from distserver.cli.home import Home, local_actor
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distserver.intake.api.messages import to_token, to_token_secret
from distserver.model.accounts import Role


@click.group("token")
def command() -> None:
    """Create, list and revoke the tokens by which programs and devices show who they are."""


@command.command("create")
@click.argument("subject")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="sender",
    show_default=True,
    help="What it allows.",
)
@click.option("--note", default="", help="What it is for.")
@json_option
@click.pass_obj
def create_token(home: Home, subject: str, role: str, note: str, as_json: bool) -> None:
    """Create a token for a user; it is printed this once.

    With `--role device` it is for the device at an address, with `--role worker` for a worker on another machine, which
    SUBJECT names: it fetches documents by it, and nothing else.
    """
    with home.accounts() as accounts:
        token, secret = accounts.create_token(subject, Role(role), note, local_actor())
    if as_json:
        echo_json(to_token_secret(token, secret).model_dump(mode="json"))
    else:
        click.echo(secret)


@command.command("list")
@json_option
@click.pass_obj
def list_tokens(home: Home, as_json: bool) -> None:
    """List all tokens, without their secrets."""
    with home.accounts() as accounts:
        tokens = [to_token(token) for token in accounts.list_tokens(local_actor())]
    if as_json:
        echo_json([token.model_dump(mode="json") for token in tokens])
        return
    rows = [(t.id, t.subject, t.role, t.note, show_time(t.used), "revoked" if t.revoked else "") for t in tokens]
    echo_table(("TOKEN", "FOR", "ROLE", "NOTE", "LAST USED", "STATE"), rows)


@command.command("revoke")
@click.argument("token_id", metavar="TOKEN")
@json_option
@click.pass_obj
def revoke_token(home: Home, token_id: str, as_json: bool) -> None:
    """Refuse a token, told by its id in the list, from now on."""
    with home.accounts() as accounts:
        accounts.revoke_token(token_id, local_actor())
    if as_json:
        echo_json({"id": token_id, "revoked": True})
    else:
        click.echo(f"{token_id}: revoked")
