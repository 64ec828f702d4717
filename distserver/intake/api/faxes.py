"""Faxes that have come in to HylaFAX servers (SPEC D13)."""

from __future__ import annotations

from distserver.accounts.access import OPERATORS
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.model.received_faxes import ReceivedFax
from distwire.api import faxes as wire


@operation("GET /api/v1/faxes/received", roles(*OPERATORS), Messages(answer=wire.ReceivedFaxList), errors=())
def list_received_faxes(call: Call[None, None]) -> wire.ReceivedFaxList:
    """List faxes that have come in: which are jobs, and which were kept or refused, with the reason."""
    return wire.ReceivedFaxList(faxes=[_to_message(fax) for fax in call.services.faxes.list(call.actor)])


def _to_message(fax: ReceivedFax) -> wire.ReceivedFax:
    return wire.ReceivedFax(
        server=fax.origin.server,
        file=fax.origin.name,
        received=messages.to_time(fax.origin.at),
        pages=fax.pages,
        number=fax.caller.number,
        identity=fax.caller.identity,
        called=fax.caller.called,
        subaddress=fax.caller.subaddress,
        fate=fax.fate.value,
        job=fax.job or None,
        route=fax.route,
        reason=fax.reason,
        removed=messages.to_optional_time(fax.removed),
    )


OPERATIONS = (list_received_faxes,)
