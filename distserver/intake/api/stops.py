"""Pausing groups and closing them to new jobs, for operators."""

from __future__ import annotations

from distserver.accounts.access import OPERATORS
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.jobs.stops import say_done
from distserver.model.stops import StopAction
from distwire.api import groups as wire

_CHANGE = Messages(answer=wire.StopAnswer)
_OPERATORS = roles(*OPERATORS)


@operation("POST /api/v1/groups/<group>/pause", _OPERATORS, _CHANGE, errors=(404, 409))
def pause_group(call: Call[None, None], group: str) -> wire.StopAnswer:
    """Pause a group: it takes jobs and holds their deliveries until it is resumed."""
    return _change(call, group, StopAction.PAUSE)


@operation("POST /api/v1/groups/<group>/resume", _OPERATORS, _CHANGE, errors=(404, 409))
def resume_group(call: Call[None, None], group: str) -> wire.StopAnswer:
    """Resume a paused group."""
    return _change(call, group, StopAction.RESUME)


@operation("POST /api/v1/groups/<group>/disable", _OPERATORS, _CHANGE, errors=(404, 409))
def disable_group(call: Call[None, None], group: str) -> wire.StopAnswer:
    """Close a group to new jobs; those it has go on."""
    return _change(call, group, StopAction.DISABLE)


@operation("POST /api/v1/groups/<group>/enable", _OPERATORS, _CHANGE, errors=(404, 409))
def enable_group(call: Call[None, None], group: str) -> wire.StopAnswer:
    """Let a group take jobs again."""
    return _change(call, group, StopAction.ENABLE)


def _change(call: Call[None, None], group: str, action: StopAction) -> wire.StopAnswer:
    found = call.services.groups.snapshot().find(group)
    stop, moved = call.services.stops.change(found.file, action, call.actor)
    message = say_done(found.name or found.file, action, moved)
    return wire.StopAnswer(group=found.file, paused=stop.paused is not None, accepting=stop.accepting, message=message)


OPERATIONS = (pause_group, resume_group, disable_group, enable_group)
