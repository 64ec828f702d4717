"""All operations of the IPP door behind one service; our errors become its statuses (SPEC N1)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

from distserver.errors import LaterError, NotSignedIn, UserError
from distserver.intake.ipp.addresses import target_of
from distserver.intake.ipp.by_reference import ReferenceOperations
from distserver.intake.ipp.gate import is_here
from distserver.intake.ipp.job_changes import JobChanges
from distserver.intake.ipp.jobs import JobOperations
from distserver.intake.ipp.notification.operations import SubscriptionOperations
from distserver.intake.ipp.printing import PrinterOperations
from distserver.intake.ipp.reception import refusal_of
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.stopping import StopOperations
from distwire.ipp.enums import Operation
from distwire.ipp.service import AuthenticationNeeded, Call, Context, Handled, Handler, Reply, Service

REALM = "distserver"
_READING = ("GET_", "VALIDATE_", "IDENTIFY_")
"""How the names of operations begin that change nothing."""
_HIDDEN = frozenset((Operation.GET_PRINTERS, Operation.GET_SYSTEM_ATTRIBUTES, Operation.CREATE_SYSTEM_SUBSCRIPTIONS))
"""Operations of the system: no printer names them."""
_OF_PRINTERS = frozenset((Operation.CREATE_PRINTER_SUBSCRIPTIONS, Operation.CREATE_JOB_SUBSCRIPTIONS))
"""Operations on subscriptions that the system does not name."""


def make_service(rim: Rim) -> Service:
    """The service to put behind a server."""
    printing = PrinterOperations(rim)
    jobs = JobOperations(rim)
    subscribing = SubscriptionOperations(rim).handlers()
    parts = (jobs, JobChanges(rim), printing, StopOperations(rim), ReferenceOperations(rim, jobs))
    handlers = {code: handler for part in parts for code, handler in part.handlers().items()} | subscribing
    printing.codes = tuple(sorted(code for code in handlers if code not in _HIDDEN))

    def admit(context: Context) -> Context:
        with _refusals(context):
            return rim.gate.admit(context)

    printing.system_codes = tuple(sorted(_HIDDEN.union(subscribing) - _OF_PRINTERS))
    changing = {code for code in handlers.keys() - subscribing.keys() if _changes(code)}
    told = {code: _told(rim, handler) if code in changing else handler for code, handler in handlers.items()}
    return Service({code: _mapped(handler) for code, handler in told.items()}, admit=admit)


def _changes(code: int) -> bool:
    return not Operation(code).name.startswith(_READING)


def _told(rim: Rim, handler: Handler) -> Handler:
    """What the operation has changed is told to subscribers before its answer."""

    def handle(call: Call) -> Handled:
        answer = handler(call)
        if isinstance(answer, Reply) and (place := target_of(call).place) is not None:
            with contextlib.suppress(LaterError):  # it is done, and will be told
                rim.subscribing.watch.glance(place.key)
        return answer

    return handle


def _mapped(handler: Handler) -> Handler:
    def handle(call: Call) -> Handled:
        with _refusals(call.context):
            answer = handler(call)
        return _answer_later(call, answer) if isinstance(answer, Awaitable) else answer

    return handle


async def _answer_later(call: Call, answer: Awaitable[Reply]) -> Reply:
    with _refusals(call.context):
        return await answer


@contextmanager
def _refusals(context: Context) -> Iterator[None]:
    """Our errors as those of IPP and HTTP."""
    try:
        yield
    except NotSignedIn as error:
        raise AuthenticationNeeded(REALM, str(error), over_plain=is_here(context.peer)) from error
    except (UserError, LaterError) as error:
        raise refusal_of(error) from error
