"""Pause-Printer, Resume-Printer, Enable-Printer, Disable-Printer (RFC 8011 §4.2.7, §4.2.8; RFC 3998 §3.1).

For operators and administrators who have signed in. Each is accepted in any state, and then the printer is as it says.
"""

from __future__ import annotations

from functools import partial

from distserver.errors import NotSignedIn
from distserver.intake.ipp.rim import Rim
from distserver.jobs.service import SEES_ALL
from distserver.model.stops import StopAction
from distwire.ipp.enums import Operation, Status
from distwire.ipp.service import Call, Handler, Refusal, Reply

_ACTIONS = {
    Operation.PAUSE_PRINTER: StopAction.PAUSE,
    Operation.RESUME_PRINTER: StopAction.RESUME,
    Operation.ENABLE_PRINTER: StopAction.ENABLE,
    Operation.DISABLE_PRINTER: StopAction.DISABLE,
}


class StopOperations:
    """Handlers; a group's printer and its fax service are stopped together: it is the group that is."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim

    def handlers(self) -> dict[int, Handler]:
        return {code: partial(self._change, action) for code, action in _ACTIONS.items()}

    def _change(self, action: StopAction, call: Call) -> Reply:
        printer = self._rim.printer(call)
        visitor = self._rim.gate.visitor(call)
        if not visitor.known:
            raise NotSignedIn(f"sign in as an operator to {action} this printer")
        if visitor.actor.role not in SEES_ALL:
            raise Refusal(Status.NOT_AUTHORIZED, f"only operators may {action} a printer")
        if printer.group is None:
            raise Refusal(Status.NOT_POSSIBLE, f"this printer stands for no group file: {action} its groups one by one")
        self._rim.stops.change(printer.group.file, action, visitor.actor)
        return Reply()
