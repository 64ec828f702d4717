"""Groups, destinations, registering and withdrawing (SPEC D3, D9, D10)."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import Field

from distserver import __version__
from distserver.accounts.access import EVERYONE, OPERATORS
from distserver.errors import BadRequest, Forbidden
from distserver.groups.edit import EditAnswer
from distserver.groups.printer import printer_uri
from distserver.groups.recfile import ALL_FILE
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.model.accounts import Role
from distserver.model.address import AddressError, parse_address
from distwire.api import groups as wire
from distwire.api.base import Request


class MemberQuery(Request):
    """Which destination; a device with a token of its own leaves it out, or names itself."""

    address: str | None = Field(default=None, max_length=1024)


def _tag_of_groups(call: Call[None, None]) -> str:
    """Nothing of the settings changes while the server runs, but what it is told to write of itself may after that."""
    settings, stops = call.services.settings, sorted(map(repr, call.services.stops.list().values()))
    where = repr((stops, printer_uri(settings, ALL_FILE)))
    return f"{_tag_of_members(call)}-{hashlib.sha256(where.encode()).hexdigest()[:16]}"


def _tag_of_members(call: Call[Any, None]) -> str:
    return f"{__version__}-{call.services.groups.snapshot().digest[:32]}"


def _tag_of_memberships(call: Call[MemberQuery, None]) -> str:
    """Of whom: every device asks at the same address."""
    uri = parse_address(_choose_device(call, call.query.address)).uri
    return f"{_tag_of_members(call)}-{hashlib.sha256(uri.encode()).hexdigest()[:16]}"


@operation("GET /api/v1/groups", roles(*EVERYONE), Messages(answer=wire.GroupList, tag=_tag_of_groups))
def list_groups(call: Call[None, None]) -> wire.GroupList:
    """List all groups, all.rec first."""
    settings = call.services.settings
    groups, stops = call.services.groups.snapshot().groups, call.services.stops.list()
    return wire.GroupList(groups=[messages.to_group_summary(one, settings, stops.get(one.file)) for one in groups])


@operation("GET /api/v1/groups/errors", roles(*EVERYONE), Messages(answer=wire.ProblemList))
def list_group_errors(call: Call[None, None]) -> wire.ProblemList:
    """List what is wrong with the group files: file, line and reason."""
    problems = call.services.groups.snapshot().all_problems
    return wire.ProblemList(problems=[messages.to_line_problem(problem) for problem in problems])


@operation("GET /api/v1/groups/<group>", roles(*EVERYONE), Messages(answer=wire.Group), errors=(404, 409))
def show_group(call: Call[None, None], group: str) -> wire.Group:
    """Show a group, told by file name or group name, with its members."""
    snapshot = call.services.groups.snapshot()
    found = snapshot.find(group)
    return messages.to_group(snapshot, found, call.services.settings, call.services.stops.get(found.file))


@operation("GET /api/v1/members", roles(*EVERYONE), Messages(answer=wire.MemberLists, tag=_tag_of_members))
def list_members(call: Call[None, None]) -> wire.MemberLists:
    """List the members of all groups, all.rec first; what a device keeps for when the server is away."""
    return messages.to_member_lists(call.services.groups.snapshot())


@operation("GET /api/v1/destinations", roles(*EVERYONE), Messages(answer=wire.DestinationList, tag=_tag_of_members))
def list_destinations(call: Call[None, None]) -> wire.DestinationList:
    """List all destinations: the lines of all.rec."""
    found = call.services.groups.snapshot().destinations
    return wire.DestinationList(destinations=[messages.to_destination(destination) for destination in found])


@operation(
    "GET /api/v1/memberships",
    roles(*OPERATORS, Role.DEVICE),
    Messages(query=MemberQuery, answer=wire.MembershipList, tag=_tag_of_memberships),
    errors=(400, 409),
)
def list_memberships(call: Call[MemberQuery, None]) -> wire.MembershipList:
    """List all groups, and whether a destination is in them; a device asks about itself."""
    uri = parse_address(_choose_device(call, call.query.address)).uri
    groups = call.services.groups.snapshot().groups
    found = [wire.GroupMembership(file=one.file, name=one.name, member=uri in one.by_uri) for one in groups]
    return wire.MembershipList(address=uri, groups=found)


@operation(
    "POST /api/v1/groups/<group>/members",
    roles(*OPERATORS, Role.DEVICE),
    Messages(body=wire.Membership, answer=wire.MembershipAnswer),
    errors=(400, 404, 409),
)
def register_member(call: Call[None, wire.Membership], group: str) -> wire.MembershipAnswer:
    """Register a destination of all.rec with a group; a second time changes nothing."""
    device = _choose_device(call, call.body.address)
    return _to_answer(call.services.editor.register(group, device, who=call.actor.name))


@operation(
    "DELETE /api/v1/groups/<group>/members",
    roles(*OPERATORS, Role.DEVICE),
    Messages(query=MemberQuery, answer=wire.MembershipAnswer),
    errors=(400, 404, 409),
)
def withdraw_member(call: Call[MemberQuery, None], group: str) -> wire.MembershipAnswer:
    """Withdraw a destination from a group; a second time changes nothing."""
    device = _choose_device(call, call.query.address)
    return _to_answer(call.services.editor.withdraw(group, device, who=call.actor.name))


def _choose_device(call: Call[Any, Any], address: str | None) -> str:
    """The address that is meant; a device may mean nobody but itself."""
    by = call.actor
    if by.role != Role.DEVICE:
        if address is None:
            raise BadRequest("name the destination's address in the field 'address'")
        return call.services.groups.snapshot().find_address(address)
    try:
        itself = address is None or parse_address(address).uri == by.name
    except AddressError as error:
        raise BadRequest(str(error)) from error
    if not itself:
        raise Forbidden("a device registers and withdraws itself only: an operator may do it for others")
    return by.name


def _to_answer(done: EditAnswer) -> wire.MembershipAnswer:
    return wire.MembershipAnswer(
        group=done.file,
        address=done.destination.address.uri,
        name=done.destination.name,
        changed=done.changed,
        message=done.message,
    )


OPERATIONS = (
    list_groups,
    list_group_errors,
    show_group,
    list_members,
    list_destinations,
    list_memberships,
    register_member,
    withdraw_member,
)
