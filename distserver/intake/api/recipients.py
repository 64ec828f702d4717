"""Who would get a document: asked before it is sent (SPEC D4)."""

from __future__ import annotations

from distserver.accounts.access import SENDERS
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.jobs.recipients import Recipient
from distserver.model.lanes import Lane
from distserver.model.states import Reason
from distserver.report import words
from distwire.api import panel as wire


@operation(
    "POST /api/v1/recipients",
    roles(*SENDERS),
    Messages(body=wire.Addressing, answer=wire.Recipients),
    errors=(400, 404, 409),
)
def list_recipients(call: Call[None, wire.Addressing]) -> wire.Recipients:
    """List who would get a document sent to these groups and destinations, each once, and what stands in the way."""
    found = call.services.recipients.find(call.body.group, call.body.destination, call.actor)
    recipients = [_to_recipient(one) for one in found]
    troubled = sum(one.trouble is not None for one in recipients)
    return wire.Recipients(total=len(recipients), troubled=troubled, recipients=recipients)


def _to_recipient(one: Recipient) -> wire.Recipient:
    where = one.planned.destination
    return wire.Recipient(
        name=where.name,
        address=where.address.written,
        uri=where.address.uri,
        channel=where.address.channel,
        groups=list(one.planned.groups),
        trouble=_to_trouble(one.lane, one.paused),
    )


def _to_trouble(lane: Lane | None, paused: bool) -> wire.Trouble | None:
    """What keeps it longest: a paused group waits for an operator, and then the destination is as it is."""
    if paused:
        return wire.Trouble(
            kind="paused", reason=Reason.GROUP_PAUSED, words=words.describe_reason(Reason.GROUP_PAUSED).sentence
        )
    if lane is None:
        return None
    return wire.Trouble(
        kind="failing" if lane.suspended is None else "suspended",
        reason=lane.trouble,
        words=words.describe_reason(lane.trouble).sentence,
        since=messages.to_optional_time(lane.since),
        next_try=messages.to_optional_time(lane.closed_until or None),
    )


OPERATIONS = (list_recipients,)
