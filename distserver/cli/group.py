"""`distserver group`: the group files, straight from their folder; what changes something goes through the server."""

from __future__ import annotations

from collections.abc import Iterator

import click

from distserver.cli.client import path_of
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.output import count, echo_json, echo_table, json_option
from distserver.errors import NotFound
from distserver.groups.access import GroupAccess
from distserver.groups.check import check_directory
from distserver.groups.index import GroupIndex
from distserver.groups.snapshot import Snapshot
from distserver.intake.api.messages import to_group, to_group_summary, to_line_problem
from distserver.model.stops import StopAction
from distwire.api.groups import GroupSummary, MembershipAnswer, StopAnswer


@click.group("group")
def command() -> None:
    """List, show, check, pause and close groups; register and withdraw destinations."""


@command.command("list")
@json_option
@click.pass_obj
def list_groups(home: Home, as_json: bool) -> None:
    """List all groups with the number of their members and of errors in their files."""
    settings = home.settings_as_served()
    found, stops = _read(home).groups, home.stops()
    groups = [to_group_summary(group, settings, stops.get(group.file)) for group in found]
    if as_json:
        echo_json([group.model_dump(mode="json") for group in groups])
    else:
        rows = [(g.file, g.name, g.members, g.errors, _state_of(g)) for g in groups]
        echo_table(("FILE", "NAME", "MEMBERS", "ERRORS", "STATE"), rows)


@command.command("show")
@click.argument("group")
@json_option
@click.pass_obj
def show_group(home: Home, group: str, as_json: bool) -> None:
    """Show a group, by name or file, with its members."""
    snapshot = _read(home)
    chosen = snapshot.find(group)
    found = to_group(snapshot, chosen, home.settings_as_served(), home.stops().get(chosen.file))
    if as_json:
        echo_json(found.model_dump(mode="json"))
        return
    click.echo(f"{found.name}  ({found.file})")
    if _state_of(found):
        click.echo(f"state: {_state_of(found)}")
    if found.owners:
        click.echo(f"owner: {', '.join(found.owners)}")
    if found.printer_uri:
        click.echo(f"printer: {found.printer_uri}")
    for line in _tell_access(chosen.access):
        click.echo(line)
    echo_table(("NAME", "ADDRESS", "KIND"), [(d.name, d.address, d.channel) for d in found.destinations])
    for problem in found.problems:
        click.echo(f"{problem.file}:{problem.line}: {problem.severity}: {problem.reason}", err=True)


@command.command("check")
@json_option
@click.pass_obj
def check_groups(home: Home, as_json: bool) -> Exit:
    """Say what is wrong in the group files: file, line and reason. Ends with 1 when there are errors."""
    folder = home.settings().groups_dir
    found = check_directory(folder)
    errors = sum(problem.is_error for problem in found)
    if as_json:
        echo_json([to_line_problem(problem).model_dump(mode="json") for problem in found])
    else:
        for problem in found:
            click.echo(str(problem))
        counts = f"{count(errors, 'error')}, {count(len(found) - errors, 'warning')}"
        click.echo(f"{folder}: {counts}" if found else f"{folder}: all files are in order")
    return Exit.FAILED if errors else Exit.OK


@command.command("register")
@click.argument("group")
@click.argument("address", metavar="DESTINATION")
@json_option
@click.pass_obj
def register(home: Home, group: str, address: str, as_json: bool) -> None:
    """Add a destination of all.rec, told by name or address, to a group."""
    answer = home.client().post(MembershipAnswer, path_of("groups", group, "members"), {"address": address})
    _tell(answer, as_json)


@command.command("withdraw")
@click.argument("group")
@click.argument("address", metavar="DESTINATION")
@json_option
@click.pass_obj
def withdraw(home: Home, group: str, address: str, as_json: bool) -> None:
    """Remove a destination, told by name or address, from a group."""
    answer = home.client().delete(MembershipAnswer, path_of("groups", group, "members"), address=address)
    _tell(answer, as_json)


def _stop_command(action: StopAction, text: str) -> None:
    @command.command(action.value, help=text)
    @click.argument("group")
    @json_option
    @click.pass_obj
    def stop(home: Home, group: str, as_json: bool) -> None:
        answer = home.client().post(StopAnswer, path_of("groups", group, action.value))
        if as_json:
            echo_json(answer.model_dump(mode="json"))
        else:
            click.echo(answer.message)


_stop_command(StopAction.PAUSE, "Pause a group: it takes jobs and holds their deliveries until it is resumed.")
_stop_command(StopAction.RESUME, "Let a paused group go on.")
_stop_command(StopAction.DISABLE, "Close a group to new jobs; those it has go on.")
_stop_command(StopAction.ENABLE, "Let a group take jobs again.")


def _state_of(group: GroupSummary) -> str:
    """`paused`, `closed`, both, or nothing."""
    return ", ".join(["paused"] * group.paused + ["closed"] * (not group.accepting))


def _tell_access(access: GroupAccess) -> Iterator[str]:
    """Who may send to the group, as the file has it."""
    if access.senders is not None:
        yield f"senders: {', '.join(sorted(access.senders)) or 'none'}"
    yield f"print-from: {', '.join(str(network) for network in access.print_from) or 'nowhere, all must sign in'}"


def _read(home: Home) -> Snapshot:
    """The groups as they stand on the disk. Raises `NotFound` when the folder cannot be read."""
    snapshot = GroupIndex(home.settings().groups_dir).snapshot()
    for problem in snapshot.problems:
        if not problem.file:
            raise NotFound(f"{problem.reason}: make it, or name the right folder with --home")
    return snapshot


def _tell(answer: MembershipAnswer, as_json: bool) -> None:
    if as_json:
        echo_json(answer.model_dump(mode="json"))
    else:
        click.echo(answer.message)
