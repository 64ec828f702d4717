"""Destinations in trouble, and having them tried now (SPEC N4)."""

from __future__ import annotations

from distserver.accounts.access import OPERATORS
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.model.lanes import Lane
from distwire.api import destinations as wire


@operation("GET /api/v1/destinations/troubled", roles(*OPERATORS), Messages(answer=wire.TroubledList), errors=())
def list_troubled(call: Call[None, None]) -> wire.TroubledList:
    """List destinations that are suspended, then those that failed last time, with the reason and since when."""
    found = call.services.destinations.list_troubled(call.actor)
    return wire.TroubledList(destinations=[to_troubled(lane) for lane in found])


@operation(
    "POST /api/v1/destinations/reopen",
    roles(*OPERATORS),
    Messages(body=wire.Reopening, answer=wire.Troubled),
    errors=(400, 404, 409),
)
def reopen_destination(call: Call[None, wire.Reopening]) -> wire.Troubled:
    """Try a destination in trouble now; a suspended one is asked first, and its good answer ends the suspension."""
    address = call.services.groups.snapshot().find_address(call.body.address)
    return to_troubled(call.services.destinations.reopen(address, call.actor))


def to_troubled(lane: Lane) -> wire.Troubled:
    return wire.Troubled(
        uri=lane.uri,
        suspended=messages.to_optional_time(lane.suspended),
        since=messages.to_optional_time(lane.since),
        next_try=messages.to_optional_time(lane.closed_until),
        failures=lane.strikes,
        reason=lane.trouble,
        message=lane.message,
    )


OPERATIONS = (list_troubled, reopen_destination)
