"""`distserver user`: who can sign in; works on the home folder, whether a server runs or not."""

from __future__ import annotations

import sys

import click

from distserver.cli.home import Home, local_actor
from distserver.cli.output import echo_json, echo_table, json_option, show_time
from distserver.errors import BadRequest
from distserver.intake.api.messages import to_user
from distserver.jobs.quota_words import say_amount, say_limit
from distserver.jobs.quotas import read_quota
from distserver.model.accounts import Role, User
from distserver.model.moments import show_moment

_ROLES = click.Choice([role.value for role in Role if role.is_person])
_PASSWORD = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from standard input instead of asking."
)


@click.group("user")
def command() -> None:
    """List, add and disable users; set their passwords and roles."""


@command.command("list")
@json_option
@click.pass_obj
def list_users(home: Home, as_json: bool) -> None:
    """List all users."""
    with home.accounts_and_quotas() as (accounts, quotas):
        found = accounts.list_users(local_actor())
        allowances = quotas.list_of_users(found)
    users = [to_user(user, allowances[user.name]) for user in found]
    if as_json:
        echo_json([user.model_dump(mode="json") for user in users])
        return
    rows = [
        (u.name, u.role, "disabled" if u.disabled else "", u.quota or "default", show_time(u.created)) for u in users
    ]
    echo_table(("NAME", "ROLE", "STATE", "QUOTA", "CREATED"), rows)


@command.command("add")
@click.argument("name")
@click.option("--role", type=_ROLES, default="sender", show_default=True, help="What the user may do.")
@click.option("--no-password", is_flag=True, help="Nobody signs in by this name; tokens speak for it.")
@_PASSWORD
@json_option
@click.pass_obj
def add_user(home: Home, name: str, role: str, no_password: bool, from_stdin: bool, as_json: bool) -> None:
    """Add a user; asks for the password."""
    password = None if no_password else _ask_password(from_stdin)
    with home.accounts() as accounts:
        user = accounts.create_user(name, Role(role), password, local_actor())
    _tell(user, "added", as_json)


@command.command("password")
@click.argument("name")
@_PASSWORD
@json_option
@click.pass_obj
def set_password(home: Home, name: str, from_stdin: bool, as_json: bool) -> None:
    """Set a user's password; all their sessions end."""
    password = _ask_password(from_stdin)
    with home.accounts() as accounts:
        user = accounts.set_password(name, password, local_actor())
    _tell(user, "has a new password", as_json)


@command.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
@json_option
@click.pass_obj
def set_role(home: Home, name: str, role: str, as_json: bool) -> None:
    """Give a user another role."""
    with home.accounts() as accounts:
        user = accounts.set_role(name, Role(role), local_actor())
    _tell(user, f"is now {role}", as_json)


@command.command("disable")
@click.argument("name")
@json_option
@click.pass_obj
def disable_user(home: Home, name: str, as_json: bool) -> None:
    """End a user's sessions, and refuse their password and tokens."""
    with home.accounts() as accounts:
        user = accounts.disable_user(name, local_actor())
    _tell(user, "disabled", as_json)


@command.command("enable")
@click.argument("name")
@json_option
@click.pass_obj
def enable_user(home: Home, name: str, as_json: bool) -> None:
    """Let a disabled user sign in again."""
    with home.accounts() as accounts:
        user = accounts.enable_user(name, local_actor())
    _tell(user, "enabled", as_json)


@command.command("quota")
@click.argument("name")
@click.argument("limits", nargs=-1, metavar="[LIMIT]...")
@json_option
@click.pass_obj
def set_quota(home: Home, name: str, limits: tuple[str, ...], as_json: bool) -> None:
    """Say how much a user may send, or show what is left.

    A LIMIT is written jobs=20/day, pages=500/week or bytes=2G/month; `unlimited` alone is no limit, `default` alone
    that of the settings. Those given replace all that the user had. Pages are sides on every copy at every destination.
    """
    with home.accounts_and_quotas() as (accounts, quotas):
        by = local_actor()
        user = accounts.set_quota(name, read_quota(" ".join(limits)), by) if limits else accounts.find_user(name, by)
        allowances = quotas.list_of_users([user])[user.name]
    if as_json:
        echo_json(to_user(user, allowances).model_dump(mode="json"))
        return
    click.echo(f"{user.name}: {'default' if user.quota is None else user.quota}")
    rows = [
        (say_limit(one.limit), say_amount(one.limit.measure, one.left), show_moment(one.renewed)) for one in allowances
    ]
    if rows:
        echo_table(("LIMIT", "LEFT", "RENEWED"), rows)


@command.command("mail")
@click.argument("name")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@json_option
@click.pass_obj
def set_mail(home: Home, name: str, addresses: tuple[str, ...], as_json: bool) -> None:
    """Say from which mail addresses a user sends, or show them.

    Those given replace all that the user had; `none` alone takes all of them away.
    """
    wanted = () if addresses == ("none",) else addresses
    with home.mailboxes() as mailboxes:
        by = local_actor()
        found = mailboxes.set_addresses(name, wanted, by) if addresses else mailboxes.list_addresses(name, by)
    if as_json:
        echo_json({"name": name, "addresses": found})
        return
    click.echo(f"{name}: {' '.join(found) or 'none'}")


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadRequest("there is no terminal to ask for the password on: use --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _tell(user: User, done: str, as_json: bool) -> None:
    if as_json:
        echo_json(to_user(user).model_dump(mode="json"))
    else:
        click.echo(f"{user.name}: {done}")
