"""What comes back for mails is noted on deliveries that have ended (RFC 3464, RFC 3798; N4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distserver.jobs.mail_reports import MailReports, Noted
from distserver.jobs.service import derive
from distserver.model.jobs import JobView
from distserver.model.mail_reports import DeliveryName, MailReport, Told, read_delivery_name
from distserver.model.states import DeliveryState, Evidence, JobState, Reason
from distserver.store import counters, jobs
from distserver.store.tables import delivery
from tests.support.jobs import SENDER, Office

_MAILBOXES = ("mailto:Osaka@example.org", "mailto:kobe@example.org")


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, destinations=_MAILBOXES)
    yield made
    made.close()


def sent(office: Office, state: DeliveryState = DeliveryState.COMPLETED) -> JobView:
    """A job whose mails the relay has taken."""
    job = office.submit()
    values = {"state": state, "queue": "none", "evidence": Evidence.ACCEPTED, "reason": Reason.ACCEPTED.value}
    with office.database.begin() as connection:
        connection.execute(delivery.update().values(**values, ended=office.now if state.ended else None))
        for number in (1, 2):
            sent_as = {"remote_id": f"<{job.id}-{number}_{sign(number)}@example.com>"}
            connection.execute(delivery.update().where(delivery.c.number == number).values(**sent_as))
        jobs.recount(connection, [job.id], derive, office.now)
    return job


def sign(number: int) -> str:
    """What stands in the Message-ID of that delivery's mail alone."""
    return f"5eed{number}"


def note(office: Office, job: JobView, told: Told, number: int = 1, **fields: Any) -> Noted:
    """A report that names the delivery's mailbox as where the mail ended up."""
    where = _MAILBOXES[number - 1 : number] or _MAILBOXES
    named = {"others": (where[0].removeprefix("mailto:").lower(),), **fields}
    signed = named.pop("sign", sign(number))
    report = MailReport(DeliveryName(job.id, number, 0, signed), told, **named)
    return MailReports(office.database, lambda: office.now).note(report)


def test_a_mail_in_the_mailbox_is_evidence(office: Office) -> None:
    job = sent(office)
    assert note(office, job, Told.DELIVERED, mailbox="Osaka@Example.org".lower(), words="250 stored") is Noted.NOTED
    row = office.query.deliveries(job.id, SENDER)[0]
    assert (row.state, row.evidence, row.reason) == (DeliveryState.COMPLETED, Evidence.COMPLETED, "mail-delivered")
    assert row.message == "250 stored"


def test_a_mail_that_was_handed_on_is_no_evidence_of_a_mailbox(office: Office) -> None:
    """RFC 3464 §2.3.3; what says more may still come."""
    job = sent(office)
    assert note(office, job, Told.RELAYED, words="2.1.5") is Noted.NOTED
    row = office.query.deliveries(job.id, SENDER)[0]
    assert (row.state, row.evidence, row.reason) == (DeliveryState.COMPLETED, Evidence.ACCEPTED, "mail-relayed")
    assert note(office, job, Told.RELAYED) is Noted.KNOWN
    assert note(office, job, Told.READ) is Noted.NOTED
    assert note(office, job, Told.RELAYED) is Noted.KNOWN


def test_a_returned_mail_is_a_failed_delivery_and_the_job_says_so(office: Office) -> None:
    job = sent(office)
    ended = office.service.get(job.id, SENDER).ended
    office.now += 100
    assert note(office, job, Told.RETURNED, words="550 5.1.1 no such user") is Noted.NOTED
    row = office.query.deliveries(job.id, SENDER)[0]
    assert (row.state, row.evidence, row.reason) == (DeliveryState.ABORTED, Evidence.NONE, "mail-returned")
    after = office.service.get(job.id, SENDER)
    assert (after.state, after.reasons) == (JobState.COMPLETED, ("completed-with-errors",))
    assert (after.counts.completed, after.counts.aborted, after.ended) == (1, 1, ended)
    assert note(office, job, Told.RETURNED, number=2) is Noted.NOTED
    assert office.service.get(job.id, SENDER).state is JobState.ABORTED
    with office.database.read() as connection:
        counted = counters.read_all(connection)
    assert sum(value for (_, labels), value in counted.items() if "mail-returned" in labels) == 2


def test_a_report_counts_once_and_an_older_one_changes_nothing(office: Office) -> None:
    job = sent(office)
    assert note(office, job, Told.READ) is Noted.NOTED
    for told in (Told.READ, Told.DELIVERED, Told.RETURNED):
        assert note(office, job, told) is Noted.KNOWN
    assert note(office, job, Told.RETURNED, number=2) is Noted.NOTED
    assert note(office, job, Told.RETURNED, number=2) is Noted.KNOWN
    assert office.service.get(job.id, SENDER).counts.aborted == 1


def test_a_mail_in_a_mailbox_may_still_come_back(office: Office) -> None:
    job = sent(office)
    note(office, job, Told.DELIVERED)
    assert note(office, job, Told.RETURNED) is Noted.NOTED


def test_reports_about_others_change_nothing(office: Office) -> None:
    job = sent(office)
    assert note(office, job, Told.RETURNED, mailbox="somebody@example.org") is Noted.UNKNOWN
    assert note(office, job, Told.RETURNED, number=9) is Noted.UNKNOWN
    assert note(office, job, Told.RETURNED, mailbox="kobe@example.org") is Noted.UNKNOWN
    for others in ((), ("kobe@example.org",), ("nonsense", "@")):
        assert note(office, job, Told.RETURNED, others=others) is Noted.UNKNOWN, "a list's members send it back too"
    reports = MailReports(office.database, lambda: office.now)
    assert reports.note(MailReport(DeliveryName(job.id, 1, 3), Told.RETURNED)) is Noted.UNKNOWN
    assert office.service.get(job.id, SENDER).counts.completed == 2


@pytest.mark.parametrize("told", list(Told))
def test_who_has_not_seen_the_mail_itself_can_report_nothing(office: Office, told: Told) -> None:
    """Another who got the document knows names of deliveries from its own, and mailboxes of its colleagues."""
    job = sent(office)
    for forged in ("", sign(2), "5eed"):
        assert note(office, job, told, sign=forged, mailbox="osaka@example.org") is Noted.UNKNOWN
    assert note(office, job, told, mailbox="osaka@example.org") is Noted.NOTED


def test_a_report_that_overtakes_the_worker_is_to_come_again(office: Office) -> None:
    job = sent(office, DeliveryState.PROCESSING)
    assert note(office, job, Told.RETURNED) is Noted.EARLY


def test_what_was_returned_can_be_sent_again_under_a_new_name(office: Office) -> None:
    job = sent(office)
    note(office, job, Told.RETURNED)
    office.service.retry(job.id, SENDER)
    assert office.row(job.id, 1).generation == 1
    assert note(office, job, Told.RETURNED) is Noted.UNKNOWN  # of the first sending


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<01m7-12.3_0af9@example.org>", DeliveryName("01m7", 12, 3, "0af9")),
        ("01m7-12_0af9", DeliveryName("01m7", 12, 0, "0af9")),
        ("01m7-12_", None),
        ("01m7-1", DeliveryName("01m7", 1)),
        ("hello@example.org", None),
        ("01m7-1.x", None),
        ("", None),
    ],
)
def test_names_are_read(text: str, name: DeliveryName | None) -> None:
    assert read_delivery_name(text) == name
