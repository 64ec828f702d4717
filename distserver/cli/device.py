"""`distserver device`: let devices in, and shut them out; works on the home folder, whether a server runs or not."""

from __future__ import annotations

import click

from distserver.accounts.enrolments import NewCode
from distserver.cli.home import Home, local_actor
from distserver.cli.output import count, echo_json, echo_table, json_option, show_time
from distserver.errors import NotFound
from distserver.intake.api.messages import to_time, to_token
from distserver.model.accounts import Role, Token
from distserver.model.address import AddressError, Channel, parse_address


@click.group("device")
def command() -> None:
    """Let devices in by a code, list those that have a token, and revoke it."""


@command.command("enrol")
@click.argument("address", metavar="DEVICE")
@json_option
@click.pass_obj
def enrol_device(home: Home, address: str, as_json: bool) -> None:
    """Show a code by which a device of all.rec, told by its address or name, gets its token.

    It holds for 15 minutes, for this device and once; a new one takes its place.
    """
    with home.enrolments() as enrolments:
        code = enrolments.make_code(address, local_actor())
    where, until = code.where.address.written, to_time(code.expires)
    if as_json:
        echo_json({"code": code.whole, "address": where, "name": code.where.name, "expires": until.isoformat()})
        return
    click.echo(code.whole)
    click.echo(
        f"for {code.where.name} ({where}), once, until {show_time(until)}: {_say_what_to_do(code, home)}", err=True
    )


def _say_what_to_do(code: NewCode, home: Home) -> str:
    if code.where.address.channel is not Channel.PC:
        return "type it at the device"
    server = home.settings().public_url.rstrip("/") or "https://THIS-SERVER"
    return f"at the PC, in a clone: {code.write_command(server)}, which asks for it"


@command.command("list")
@json_option
@click.pass_obj
def list_devices(home: Home, as_json: bool) -> None:
    """List the devices that have a token, with its last use."""
    with home.accounts() as accounts:
        found = [to_token(one) for one in _live(accounts.list_tokens(local_actor()))]
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(t.id, t.subject, show_time(t.created), show_time(t.used), t.note) for t in found]
    echo_table(("TOKEN", "DEVICE", "SINCE", "LAST USED", "NOTE"), rows)


@command.command("revoke")
@click.argument("device", metavar="DEVICE")
@click.pass_obj
def revoke_device(home: Home, device: str) -> None:
    """Refuse a device from now on, told by its address (all its tokens) or by one token's id.

    Who has logged in at it sends through it no more.
    """
    with home.accounts() as accounts:
        by = local_actor()
        wanted = (device, _canonical(device))
        meant = [one for one in _live(accounts.list_tokens(by)) if one.id in wanted or one.subject in wanted]
        if not meant:
            raise NotFound(f"no device with a token is '{device}': `distserver device list` shows them")
        for one in meant:
            accounts.revoke_token(one.id, by)
    click.echo(f"{meant[0].subject}: {count(len(meant), 'token')} revoked")


def _live(tokens: list[Token]) -> list[Token]:
    return [one for one in tokens if one.role is Role.DEVICE and not one.revoked]


def _canonical(text: str) -> str:
    try:
        return parse_address(text).uri
    except AddressError:
        return text
