"""Reports of mail systems are read, whoever wrote them (RFC 3464, RFC 3798, RFC 3461)."""

from __future__ import annotations

import io

import pytest

from distserver.intake.mail.parts import read_parts
from distserver.intake.mail.reports import is_report, read_reports, read_returned_text
from distserver.model.mail_reports import DeliveryName, MailReport, Told

NAME = DeliveryName("01m7y5j0k8mngfhb", 17)


def report(kind: str, fields: str, returned: str = "", head: str = "") -> bytes:
    """A multipart/report with these fields, and headers of the mail that it is about."""
    back = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n" if returned else ""
    return (
        f"{head}Content-Type: multipart/report; report-type=x; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        f"--b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n{back}--b--\r\n"
    ).encode()


def read(data: bytes) -> list[MailReport]:
    head, parts = read_parts(io.BytesIO(data))
    assert is_report(head)
    return read_reports(head, parts)


@pytest.mark.parametrize(
    ("fields", "returned", "told"),
    [
        (
            "Reporting-MTA: dns; mx\r\nOriginal-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\n"
            "Original-Recipient: rfc822;osaka+2Bx@example.org\r\nFinal-Recipient: rfc822;o@b\r\nAction: failed\r\n"
            "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n",
            "",
            MailReport(NAME, Told.RETURNED, "osaka+x@example.org", "5.1.1 550 no such user", ("o@b",)),
        ),
        (
            "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822;o@b\r\nAction: delivered (to)\r\nStatus: 2.0.0\r\n",
            "Message-Id: <01m7y5j0k8mngfhb-17@print.example.org>\r\nTo: Osaka <osaka@example.org>\r\n",
            MailReport(NAME, Told.DELIVERED, "", "2.0.0", ("o@b", "osaka@example.org")),
        ),
        (
            "Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\nFinal-Recipient: rfc822;a@b\r\n"
            "Action: RELAYED\r\nStatus: 2.1.5\r\n",
            "",
            MailReport(NAME, Told.RELAYED, "", "2.1.5", ("a@b",)),
        ),
    ],
)
def test_a_delivery_status_is_read(fields: str, returned: str, told: MailReport) -> None:
    assert read(report("delivery-status", fields, returned)) == [told]


SIGNED = "01m7y5j0k8mngfhb-17_0af90af90af90af90af9"
FAILED = "Reporting-MTA: dns; mx\r\n{}\r\nFinal-Recipient: rfc822;o@b\r\nAction: failed\r\nStatus: 5.1.1\r\n"


@pytest.mark.parametrize(
    ("fields", "returned", "head"),
    [
        (FAILED.format(f"Original-Envelope-Id: {SIGNED}\r\n"), "", ""),
        (FAILED.format(f"X-Original-Message-ID: <{SIGNED}@x>\r\n"), "Message-ID: <CAF+1@mail.gmail.com>\r\n", ""),
        (FAILED.format(""), f"X-Google-Original-Message-ID: <{SIGNED}@x>\r\nMessage-ID: <CAF+1@y>\r\n", ""),
        (FAILED.format(""), f"Message-ID:\r\n\t<{SIGNED}@x>\r\n", "In-Reply-To: <hello@b>\r\n"),
        (FAILED.format(""), "", f"In-Reply-To:\r\n <{SIGNED}@x>\r\n"),
    ],
)
def test_a_mail_is_known_in_the_fields_of_postfix_gmail_and_exchange(fields: str, returned: str, head: str) -> None:
    (found,) = read(report("delivery-status", fields, returned, head))
    assert found.name == DeliveryName("01m7y5j0k8mngfhb", 17, 0, SIGNED.partition("_")[2])
    assert found.told is Told.RETURNED


def test_what_a_report_answers_counts_only_where_it_says_no_more() -> None:
    answered = "In-Reply-To: <01m7y5j0k8mngfhb-18_5eed@x>\r\n"
    (found,) = read(report("delivery-status", FAILED.format(f"Original-Envelope-Id: {SIGNED}\r\n"), "", answered))
    assert found.name.number == 17


def test_why_a_mail_came_back_may_stand_in_the_text_for_people_alone() -> None:
    """So Exim tells of what it could not hand on by itself."""
    fields = (
        "Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\n"
        "Action: failed\r\nFinal-Recipient: rfc822;Osaka@example.org\r\nStatus: 5.0.0\r\n"
    )
    text = "These failed:\r\n\r\n  osaka@example.org\r\n    Unrouteable\taddress\r\n    here\r\n\r\nYours.\r\n"
    said = report("delivery-status", fields).replace(b"Sorry.\r\n", text.encode())
    assert read(said)[0].words == "5.0.0 Unrouteable address here"
    assert read(said.replace(b"osaka@", b"kyoto@"))[0].words == "5.0.0"


RETURNED = (
    "From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n\n"
    "Hi. This is the qmail-send program at mx.example.org.\n"
    "Your mail did not get to where it should.\n\n{said}--- What you sent:\n\n"
    "Return-Path: <distserver@print.example.org>\nReceived: (qmail 317 invoked by uid 7)\n{head}\nHello.\n\n<a@b>:\nx\n"
)


def read_text(said: str, head: str) -> list[MailReport] | None:
    return read_returned_text(read_parts(io.BytesIO(RETURNED.format(said=said, head=head).encode()))[1])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Sorry, no mailbox here\nby that name. (#5.1.1)\n", "5.1.1 Sorry, no mailbox here by that name. (#5.1.1)"),
        (
            "192.0.2.1 does not like recipient.\nRemote host said: 552 5.2.2 mailbox full\nGiving up on 192.0.2.1.\n",
            "5.2.2 192.0.2.1 does not like recipient. Remote host said: 552 5.2.2 mailbox full Giving up on 192.0.2.1.",
        ),
        (
            "10.5.1.1 does not like recipient.\nRemote host said: 552 mailbox full\n",
            "10.5.1.1 does not like recipient. Remote host said: 552 mailbox full",
        ),
        ("4.2.2.4 failed.\nRemote host said: 554-5.7.1.\n", "5.7.1 4.2.2.4 failed. Remote host said: 554-5.7.1."),
        ("Not here.\n", "Not here."),
    ],
)
def test_a_mail_that_qmail_returns_is_read(said: str, words: str) -> None:
    found = read_text(f"<osaka@example.org>:\n{said}\n", f"Message-ID: <{SIGNED}@x>\nTo: Osaka <osaka@example.org>\n")
    name = DeliveryName("01m7y5j0k8mngfhb", 17, 0, SIGNED.partition("_")[2])
    assert found == [MailReport(name, Told.RETURNED, "osaka@example.org", words, ("osaka@example.org",))]


@pytest.mark.parametrize(
    ("said", "head"),
    [
        ("<osaka@example.org>:\nNot here.\n\n", "Message-ID: <hello@b>\n"),
        ("", f"Message-ID: <{SIGNED}@x>\n"),
        (f"Message-ID: <{SIGNED}@x>\n\n<osaka@example.org>:\nNot here.\n\n", "To: osaka@example.org\n"),
        ("<\n\n>:\n\n<>:\n\n", "\0\xff: :\n;;;"),
    ],
)
def test_what_qmail_returns_of_others_counts_for_nothing(said: str, head: str) -> None:
    assert read_text(said, head) == []


def test_another_text_is_none_of_qmails() -> None:
    assert read_returned_text(read_parts(io.BytesIO(b"Subject: x\n\nHi. I was away.\n"))[1]) is None
    assert read_returned_text(read_parts(io.BytesIO(b"Content-Type: text/html\n\nHi. This is the\n"))[1]) is None


@pytest.mark.parametrize("coding", ["8-bit", "utf-8", "base64", "x-uuencode"])
def test_a_report_is_read_whatever_the_text_for_people_is_encoded_as(coding: str) -> None:
    said = report("delivery-status", FAILED.format(f"Original-Envelope-Id: {SIGNED}\r\n"))
    wrong = said.replace(b"--b\r\n\r\nSorry.", f"--b\r\nContent-Transfer-Encoding: {coding}\r\n\r\nx".encode())
    assert wrong != said
    assert read(wrong) == read(said)


@pytest.mark.parametrize(
    ("disposition", "told"),
    [
        ("manual-action/MDN-sent-manually; displayed", Told.READ),
        ("automatic-action/MDN-sent-automatically; deleted/error", Told.REFUSED),
        ("automatic-action/MDN-sent-automatically; processed", Told.DELIVERED),
    ],
)
def test_a_disposition_is_read(disposition: str, told: Told) -> None:
    fields = (
        "\r\nFinal-Recipient: rfc822;o@b\r\nOriginal-Message-ID: <01m7y5j0k8mngfhb-17@print.example.org>\r\n"
        f"Disposition: {disposition}\r\n"
    )
    (found,) = read(report("disposition-notification", fields))
    assert (found.name, found.told) == (NAME, told)


@pytest.mark.parametrize(
    ("fields", "returned"),
    [
        ("Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\nFinal-Recipient: rfc822;a@b\r\nAction: delayed\r\n", ""),
        (
            "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822;a@b\r\nAction: failed\r\n",
            "Message-Id: <hello@b>\r\n",
        ),
        ("", ""),
        ("\0\xff: :\r\n\r\n\r\n\r\n;;;", ""),
        (
            "Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\nFinal-Recipient: rfc822;a@b\r\nAction: failed\r\n",
            "Message-Id: <01m7y5j0k8mngfhb-18@b>\r\n",
        ),
    ],
)
def test_what_says_nothing_of_one_delivery_counts_for_nothing(fields: str, returned: str) -> None:
    """The last one names two."""
    assert read(report("delivery-status", fields, returned)) == []


def test_one_report_does_not_tell_a_thousand_things() -> None:
    """Each would be looked up."""
    group = "Final-Recipient: rfc822;a%d@b\r\nAction: failed\r\n\r\n"
    fields = "Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\n" + "".join(group % n for n in range(1000))
    assert len(read(report("delivery-status", fields))) == 10
    same = "Original-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\n" + group % 1 * 50
    assert len(read(report("delivery-status", same))) == 1
