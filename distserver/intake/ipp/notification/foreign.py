"""What CUPS's Python binding sends otherwise than RFC 3995 says: programs like system-config-printer rest on it."""

from __future__ import annotations

from dataclasses import replace

from distwire.ipp.attributes import Attribute, Group
from distwire.ipp.service import Call
from distwire.ipp.tags import GroupTag

_USER = "requesting-user-name"


def move_user_name(call: Call) -> Call:
    """The name of the user stands among what is asked of a subscription: move it to the operation attributes."""
    groups = call.request.groups
    named = [one for group in groups if group.tag == GroupTag.SUBSCRIPTION for one in group if one.name == _USER]
    if not named or _USER in call.operation:
        return call
    operation = Group(GroupTag.OPERATION, (*call.operation.attributes, named[0]))
    others = (_without_user(group) for group in groups[1:])
    return replace(call, request=replace(call.request, groups=(operation, *others)))


def _without_user(group: Group) -> Group:
    kept: tuple[Attribute, ...] = tuple(one for one in group if one.name != _USER)
    return Group(group.tag, kept)
