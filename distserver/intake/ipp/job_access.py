"""Which jobs a guest gets at: those that bear the name they give, at printers that let them in (SPEC N1)."""

from __future__ import annotations

import contextlib

from distserver.errors import NotFound, NotSignedIn
from distserver.intake.ipp.addresses import Target, job_number, target_of
from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.rim import Rim
from distwire.ipp.service import Call


def identify_job(rim: Rim, call: Call) -> tuple[Visitor, int]:
    """Who asks, and for which job. Its printer may be gone: what was sent to it is seen to its end."""
    target, visitor = target_of(call), rim.gate.visitor(call)
    number = job_number(call, target)
    check_guest(rim, visitor, number, target)
    return visitor, number


def check_guest(rim: Rim, visitor: Visitor, number: int, target: Target) -> None:
    """Raises `NotSignedIn` for a guest whom the job's printer does not let in; whose the job is, is asked afterwards.

    It goes by the printer that the job was sent to; of a job that the guest could not see, by the one in the request.
    """
    if visitor.known:
        return
    key = "" if target.place is None else target.place.key
    with contextlib.suppress(NotFound):
        key = rim.incoming.get(number, visitor.actor).row.printer
    if not rim.printers.lets_in(key, visitor.peer):
        raise NotSignedIn("sign in with your user name and password to see or change jobs of this group")
