"""What comes back for mails that went out is noted on their deliveries (RFC 3464, RFC 3798; SPEC N4).

A mail that a relay took is *completed*, on the evidence that it was *accepted*. A report that comes later says more:
it is in the mailbox, it was read; or it was returned, and the delivery is aborted after all. Each report counts once,
however often it comes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from distserver.jobs import lifecycle
from distserver.jobs.counting import count_group
from distserver.jobs.lifecycle import Event
from distserver.jobs.service import derive
from distserver.jobs.standing import readable
from distserver.model.address import AddressError, Channel, parse_address
from distserver.model.mail_reports import MailReport, Told, read_delivery_name
from distserver.model.states import DeliveryState, Evidence, Reason
from distserver.store import audit, counters, jobs, mail_reports
from distserver.store.database import Database
from distserver.store.rows import Row

log = logging.getLogger(__name__)

_REASONS = {
    Told.RELAYED: Reason.MAIL_RELAYED,
    Told.DELIVERED: Reason.MAIL_DELIVERED,
    Told.READ: Reason.MAIL_READ,
    Told.REFUSED: Reason.MAIL_UNREAD,
    Told.RETURNED: Reason.MAIL_RETURNED,
}
_RANKS = (Reason.MAIL_RELAYED, Reason.MAIL_DELIVERED, Reason.MAIL_UNREAD, Reason.MAIL_READ)
"""What says more comes later: a report that was overtaken changes nothing."""
_WHO = "mail"


class Noted(StrEnum):
    """What came of a report."""

    NOTED = "noted"
    KNOWN = "known"
    """It says nothing new."""
    UNKNOWN = "unknown"
    """No delivery of this name went to this mailbox."""
    EARLY = "early"
    """The delivery is still being written down: the report may come again in a minute."""


class MailReports:
    """Safe to use from any thread and process."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def note(self, report: MailReport) -> Noted:
        """Note it on the delivery; counts and state of the job follow. Raises `LaterError`."""
        now = self._clock()
        with self._database.begin() as connection:
            jobs.hold_jobs(connection, [report.name.job_id])
            found = mail_reports.find_sent(connection, report.name)
            if found is None or not _is_for(found, report):
                return Noted.UNKNOWN
            if found.state == DeliveryState.PROCESSING:
                return Noted.EARLY
            if found.state != DeliveryState.COMPLETED or not _says_more(found.reason, report.told):
                return Noted.KNOWN
            if not self._write(connection, found, report, now):
                return Noted.EARLY
        facts = {"job": found.job_id, "delivery": f"{found.job_id}-{found.number}", "told": report.told.value}
        log.info("mail-reported", facts)
        return Noted.NOTED

    def _write(self, connection: sa.Connection, found: Row, report: MailReport, now: float) -> bool:
        event = Event.BOUNCE if report.told is Told.RETURNED else Event.CONFIRM
        values = _values(event, report, now)
        if not mail_reports.change_ended(connection, found, values):
            return False
        if event is Event.BOUNCE:
            ends = {(found.channel, values["reason"]): 1}
            counters.add(connection, count_group(DeliveryState.ABORTED, ends))
        jobs.recount(connection, [found.job_id], derive, now)
        where = f"{found.job_id}-{found.number}"
        audit.record(connection, now, _WHO, f"mail-{report.told}", where, values["message"])
        return True


def _values(event: Event, report: MailReport, now: float) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": lifecycle.target(event),
        "reason": _REASONS[report.told].value,
        "message": readable(report.words),
        "updated": now,
    }
    if event is Event.CONFIRM:
        values["evidence"] = Evidence.ACCEPTED if report.told is Told.RELAYED else Evidence.COMPLETED
    else:
        values |= {"evidence": Evidence.NONE, "ended": now}
    return values


def _says_more(known: str, told: Told) -> bool:
    """A mail that is in the mailbox may still be returned (by what stands behind it); one that was read may not."""
    if told is Told.RETURNED:
        return known not in (Reason.MAIL_READ, Reason.MAIL_UNREAD)
    return known not in _RANKS or _RANKS.index(_REASONS[told]) > _RANKS.index(Reason(known))


def _is_for(found: Row, report: MailReport) -> bool:
    """Whether the delivery went to the mailbox that the report is about.

    Names of deliveries are told by those of their neighbours, which others have got; the sign in the Message-ID is not.
    One that takes a delivery back must name the mailbox besides, in whatever way: a mail to a list comes back from each
    of its members.
    """
    if found.channel != Channel.MAIL or read_delivery_name(str(found.remote_id)) != report.name:
        return False
    if report.mailbox or report.told is Told.RETURNED:
        named = (report.mailbox,) if report.mailbox else report.others
        return any(_find_uri(one) == str(found.destination).lower() for one in named)
    return True


def _find_uri(mailbox: str) -> str:
    """In small letters: servers on the way write addresses as they like."""
    try:
        return parse_address(f"mailto:{mailbox}").uri.lower()
    except AddressError:
        return ""
