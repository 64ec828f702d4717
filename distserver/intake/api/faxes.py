"""Faxes that have come in to HylaFAX servers (SPEC D13), and the log of calls to fax numbers (SPEC D15)."""

from __future__ import annotations

from pydantic import Field

from distserver.accounts.access import OPERATORS
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.intake.fax.modem_servers import show_servers
from distserver.intake.fax.modems import ServerView
from distserver.model.fax_calls import FaxCallEntry
from distserver.model.received_faxes import ReceivedFax
from distwire.api import faxes as wire
from distwire.api.base import Request


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


class CallsQuery(Request):
    """How far back: so many deliveries by fax."""

    limit: int = Field(default=200, ge=1, le=10_000)


@operation("GET /api/v1/faxes/calls", roles(*OPERATORS), Messages(query=CallsQuery, answer=wire.FaxCallList))
def list_fax_calls(call: Call[CallsQuery, None]) -> wire.FaxCallList:
    """List calls to fax numbers: how long, what the far end calls itself, how many pages, what went wrong, the cost."""
    found = call.services.fax_calls.list(call.actor, call.query.limit)
    return wire.FaxCallList(calls=[_to_call(one) for one in found])


def _to_call(entry: FaxCallEntry) -> wire.FaxCall:
    record = entry.record
    return wire.FaxCall(
        ended=messages.to_time(entry.at),
        server=record.server,
        call=record.call,
        number=record.number,
        identity=record.identity,
        traits=record.traits,
        pages=record.pages,
        seconds=record.seconds,
        cost=entry.cost,
        trouble=record.trouble,
        jobs=list(entry.jobs),
    )


@operation("GET /api/v1/faxes/modems", roles(*OPERATORS), Messages(answer=wire.FaxServerList), errors=())
def list_fax_modems(call: Call[None, None]) -> wire.FaxServerList:
    """Ask all HylaFAX servers that are named anywhere how their modems are; one that is silent takes some seconds."""
    return wire.FaxServerList(servers=[_to_server(one) for one in show_servers(call.services)])


def _to_server(view: ServerView) -> wire.FaxServer:
    modems = [wire.FaxModem(name=m.name, number=m.number, receives=m.receives, state=m.state) for m in view.modems]
    return wire.FaxServer(server=view.server, modems=modems, trouble=view.trouble, unheard=view.unheard)


OPERATIONS = (list_received_faxes, list_fax_calls, list_fax_modems)
