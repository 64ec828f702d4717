"""Jobs that come back to a group that has sent them: its member is, by whatever way, a printer of that group again.

Each round would print a further copy at every member, until somebody sees it.
"""

from __future__ import annotations

from distserver.intake.ipp.fax_ticket import FaxTicket
from distserver.intake.ipp.printers import Printer
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.ticket import Ticket
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal


def check_circle(rim: Rim, printer: Printer, ticket: Ticket, title: str) -> None:
    """Raises `Refusal` for a job with this title when one of the groups it is for has sent it here."""
    way = rim.query.find_way(title)
    if not way:
        return
    again = sorted(way.intersection(_list_files(rim, printer, ticket)))
    if again:
        words = f"this job comes from {again[0]}, and would go there again: take this printer out of the group's file"
        raise Refusal(Status.NOT_POSSIBLE, words)


def _list_files(rim: Rim, printer: Printer, ticket: Ticket) -> set[str]:
    named = (rim.group_at(one.name) for one in ticket.addressed) if isinstance(ticket, FaxTicket) else ()
    files = {file for file in named if file is not None}
    if printer.group is not None:
        return files | {printer.group.file}
    return files | ({group.file for group in rim.snapshot().groups} if printer.place.name else set())
