"""Groups, destinations and membership (SPEC D3, D9, D10)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from distwire.api.base import Message, Request


class GroupSummary(Message):
    """A line of the list of groups. `printer_uri` is where the group takes jobs as an IPP printer, if it does;
    `owners` are the mail addresses of those who answer for it. `paused`: it takes jobs and holds them; not `accepting`:
    it takes none."""

    file: str
    name: str
    members: int
    errors: int
    owners: list[str] = Field(default_factory=list)
    printer_uri: str | None = None
    paused: bool = False
    accepting: bool = True


class GroupList(Message):
    """All groups, all.rec first."""

    groups: list[GroupSummary]


class Destination(Message):
    """A destination: `address` as it was written, `uri` its canonical form. Secrets among `options` read `***`."""

    name: str
    address: str
    uri: str
    channel: str
    options: dict[str, str] = Field(default_factory=dict)


class LineProblem(Message):
    """What is wrong with a group file; `line` 0 means the file as a whole."""

    file: str
    line: int
    reason: str
    severity: Literal["error", "warning"]


class Group(GroupSummary):
    """A group with its members and what is wrong with its file."""

    destinations: list[Destination]
    problems: list[LineProblem]


class StopAnswer(Message):
    """How a group stands after it was paused, resumed, disabled or enabled, and in words what came of that."""

    group: str
    paused: bool
    accepting: bool
    message: str


class DestinationList(Message):
    """All destinations: the lines of all.rec, in its order."""

    destinations: list[Destination]


class GroupMembers(Message):
    """Whom a group has, by the canonical forms of their addresses."""

    file: str
    name: str
    members: list[str]


class MemberLists(Message):
    """The members of all groups, all.rec first; each destination is described once."""

    groups: list[GroupMembers]
    destinations: list[Destination]


class ProblemList(Message):
    """What is wrong with the group files."""

    problems: list[LineProblem]


class Membership(Request):
    """Who registers with or withdraws from a group: the address or name of a destination of all.rec.

    A device with a token of its own leaves it out, or names itself.
    """

    address: str | None = Field(default=None, max_length=1024)


class GroupMembership(Message):
    """A group, and whether the destination that was asked about is in it."""

    file: str
    name: str
    member: bool


class MembershipList(Message):
    """All groups, all.rec first; `address` is the destination's canonical form."""

    address: str
    groups: list[GroupMembership]


class MembershipAnswer(Message):
    """`changed` is false when everything was so already."""

    group: str
    address: str
    name: str
    changed: bool
    message: str
