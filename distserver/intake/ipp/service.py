"""All operations of the IPP door behind one service; our errors become its statuses (SPEC N1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from distserver.errors import LaterError, NotSignedIn, UserError
from distserver.intake.ipp.gate import is_here
from distserver.intake.ipp.jobs import JobOperations
from distserver.intake.ipp.printing import PrinterOperations
from distserver.intake.ipp.reception import refusal_of
from distserver.intake.ipp.rim import Rim
from distwire.ipp.enums import Operation
from distwire.ipp.service import AuthenticationNeeded, Call, Context, Handled, Handler, Service

REALM = "distserver"
_HIDDEN = frozenset((Operation.GET_PRINTERS, Operation.GET_SYSTEM_ATTRIBUTES))
"""Operations of the system: no printer names them."""


def make_service(rim: Rim) -> Service:
    """The service to put behind a server."""
    printing = PrinterOperations(rim)
    handlers = {**JobOperations(rim).handlers(), **printing.handlers()}
    printing.codes = tuple(sorted(code for code in handlers if code not in _HIDDEN))

    def admit(context: Context) -> Context:
        with _refusals(context):
            return rim.gate.admit(context)

    return Service({code: _mapped(handler) for code, handler in handlers.items()}, admit=admit)


def _mapped(handler: Handler) -> Handler:
    def handle(call: Call) -> Handled:
        with _refusals(call.context):
            return handler(call)

    return handle


@contextmanager
def _refusals(context: Context) -> Iterator[None]:
    try:
        yield
    except NotSignedIn as error:
        raise AuthenticationNeeded(REALM, str(error), over_plain=is_here(context.peer)) from error
    except (UserError, LaterError) as error:
        raise refusal_of(error) from error
