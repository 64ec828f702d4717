"""Mail to a group becomes a job, sent by another program over LMTP and SMTP (D15)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import make_pdf
from tests.support.mail_house import DOMAIN, MailHouse, last_answer, run_mail_house
from tests.support.patience import wait_until

_SALES = f"sales@{DOMAIN}"


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailHouse]:
    """Its relay, on this machine, vouches for senders."""
    with run_mail_house(tmp_path_factory.mktemp("trusting"), mail_in_senders="trusted") as house:
        yield house


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailHouse]:
    """It wants a proof."""
    with run_mail_house(tmp_path_factory.mktemp("doubting"), "smtp", mail_in_mb=1) as house:
        yield house


def attach(tmp_path: Path, *names: str) -> list[str]:
    """Options of swaks for PDF files of these names."""
    options: list[str] = []
    for name in names:
        path = tmp_path / name
        make_pdf(path)
        options += ["--attach-type", "application/pdf", "--attach-name", name, "--attach", f"@{path}"]
    return options


def test_a_user_who_signs_in_at_the_mail_server_sends_as_nobody_else(trusting: MailHouse, tmp_path: Path) -> None:
    """Mail servers bind the sender of the envelope to who has signed in, and not `From`."""
    for sender in ("taro@example.org", "stranger@example.org"):
        mail = ["--header", "From: hanako@example.org", *attach(tmp_path, "f.pdf")]
        forged = trusting.swaks(_SALES, *mail, sender=sender)
        assert last_answer(forged.stdout).startswith("250 2.0.0 held:"), forged.stdout
    assert not [one for one in trusting.jobs() if "f.pdf" in one["title"]]


def test_a_mail_to_a_group_goes_out_and_is_answered_once(trusting: MailHouse, tmp_path: Path) -> None:
    """Receipts come when all deliveries have ended; the same mail again is the same job."""
    mail = [
        "--header",
        "Subject: Prices",
        "--header",
        "Message-Id: <one@example.org>",
        *attach(tmp_path, "a.pdf", "b.pdf"),
    ]
    answer = last_answer(trusting.swaks(_SALES, *mail).stdout)
    assert re.match(r"250 2\.0\.0 job \w+: 2 destinations", answer), answer
    again = last_answer(trusting.swaks(_SALES, *mail).stdout)
    assert again == answer
    (job,) = [one for one in trusting.jobs() if one["title"] == "Prices"]
    assert (job["sender"], [one["name"] for one in job["documents"]]) == ("hanako", ["a.pdf", "b.pdf"])
    wait_until(lambda: any(one["In-Reply-To"] == "<one@example.org>" for one in trusting.answers()))
    (reply,) = [one for one in trusting.answers() if one["In-Reply-To"] == "<one@example.org>"]
    assert (reply["To"], reply["Subject"]) == ("hanako@example.org", "Re: Prices")
    assert reply["Auto-Submitted"] == "auto-replied"
    assert "2 of 2 delivered" in reply.get_content()
    assert {sender for sender, _ in trusting.office.envelopes} <= {"", "<>"}


@pytest.mark.parametrize(
    ("address", "subject", "title"),
    [
        (f"distserver+sales@{DOMAIN}", "Plus", "Plus"),
        (f"SALES@{DOMAIN}", "Large", "Large"),
        (f"distserver@{DOMAIN}", "to: sales; Named", "Named"),
        (f"distserver@{DOMAIN}", "=?utf-8?B?dG86IOWWtualremDqDsg5L6h5qC86KGo?=", "価格表"),
    ],
)
def test_address_or_subject_names_the_group(
    trusting: MailHouse, tmp_path: Path, address: str, subject: str, title: str
) -> None:
    done = trusting.swaks(address, "--header", f"Subject: {subject}", *attach(tmp_path, "a.pdf"))
    assert last_answer(done.stdout).startswith("250 2.0.0 job"), done.stdout
    assert title in [one["title"] for one in trusting.jobs()]


def test_what_cannot_be_is_refused_with_words(trusting: MailHouse, tmp_path: Path) -> None:
    """RFC 3463 codes; nothing becomes a job."""
    before = len(trusting.jobs())
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    zipped = ["--attach-type", "application/zip", "--attach-name", "a.zip", "--attach", f"@{archive}"]
    asked = {
        "550 5.1.1 there is no group 'nobody'": trusting.swaks(f"nobody@{DOMAIN}", *attach(tmp_path, "a.pdf")),
        "550 5.1.1 mail for 'example.com' is not taken": trusting.swaks("x@example.com", *attach(tmp_path, "a.pdf")),
        "550 5.6.0 no document is attached": trusting.swaks(_SALES, "--body", "Hello"),
        "550 5.6.0 the attachment 'a.zip'": trusting.swaks(_SALES, *zipped),
        "550 5.7.1 taro@example.org is nobody's address": trusting.swaks(
            _SALES, *attach(tmp_path, "a.pdf"), sender="taro@example.org"
        ),
        "550 5.6.0 the subject names no group": trusting.swaks(f"distserver@{DOMAIN}", *attach(tmp_path, "a.pdf")),
    }
    for words, done in asked.items():
        assert words in done.stdout, done.stdout
    assert len(trusting.jobs()) == before


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("Auto-Submitted: auto-replied", "550 5.6.0"),
        ("Precedence: bulk", "550 5.6.0"),
        ("List-Id: <all.example.org>", "550 5.6.0"),
        (f"X-Loop: {DOMAIN}", "250 2.0.0 dropped"),
        (f"Message-Id: <01m7y5j0k8mngfhb-17@{DOMAIN}>", "554 5.4.6 the mail comes from the server whose group"),
    ],
)
def test_what_no_person_sent_is_no_job(trusting: MailHouse, tmp_path: Path, field: str, answer: str) -> None:
    before = len(trusting.jobs())
    done = trusting.swaks(_SALES, "--add-header", field, "--header", field, *attach(tmp_path, "a.pdf"))
    assert last_answer(done.stdout).startswith(answer), done.stdout
    assert len(trusting.jobs()) == before


def test_a_forged_mail_waits_for_its_sender(doubting: MailHouse, tmp_path: Path) -> None:
    """A question goes to the address; whoever has that mailbox lets the document out, once."""
    mail = ["--header", "Subject: Forged", "--header", "Message-Id: <f@example.org>", *attach(tmp_path, "a.pdf")]
    held = last_answer(doubting.swaks(_SALES, *mail).stdout)
    assert held.startswith("250 2.0.0 held"), held
    assert "Forged" not in [one["title"] for one in doubting.jobs()]
    (question,) = [one for one in doubting.answers() if one["In-Reply-To"] == "<f@example.org>"]
    assert question["To"] == "hanako@example.org"
    back = str(question["Reply-To"])
    automatic = doubting.swaks(back, "--add-header", "Auto-Submitted: auto-replied")
    assert last_answer(automatic.stdout).startswith("550"), "a vacation program confirms nothing"
    assert last_answer(doubting.swaks(f"distserver+confirm-{'0' * 20}@{DOMAIN}").stdout).startswith("550 5.1.1")
    assert last_answer(doubting.swaks(back).stdout).startswith("250 2.0.0 job")
    assert [one["title"] for one in doubting.jobs()].count("Forged") == 1
    assert last_answer(doubting.swaks(back).stdout).startswith("550 5.1.1")
    assert list((doubting.server.home / "mail").iterdir()) == []
    code = back.partition("+confirm-")[2].partition("@")[0]
    log = (doubting.server.home / "logs" / "mail.log").read_text("utf-8")
    assert "+confirm-…" in log
    assert code not in log, "who reads logs must not let mails out"


def test_forged_mails_do_not_keep_their_sender_from_sending(tmp_path: Path) -> None:
    """A relay's word proves one; what others write under this name is counted by itself."""
    with run_mail_house(tmp_path, mail_in_hourly=1, mail_in_results="mx.example.org") as house:
        proved = ["--add-header", "Authentication-Results: mx.example.org; auth=pass smtp.auth=hanako@example.org"]
        forged = [last_answer(house.swaks(_SALES, *attach(tmp_path, "a.pdf")).stdout) for _ in range(2)]
        assert [answer[:14] for answer in forged] == ["250 2.0.0 held", "450 4.7.1 1 ma"]
        answers = [last_answer(house.swaks(_SALES, *proved, *attach(tmp_path, "a.pdf")).stdout) for _ in range(2)]
        assert [answer[:13] for answer in answers] == ["250 2.0.0 job", "450 4.7.1 1 m"]


def test_a_mail_that_is_too_large_is_refused_when_it_has_come(doubting: MailHouse, tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    path.write_bytes(b"%PDF-1.4\n" + b"x" * (2 << 20))
    done = doubting.swaks(_SALES, "--attach-type", "application/pdf", "--attach", f"@{path}")
    assert "552" in done.stdout, done.stdout[-500:]


def test_a_loop_of_answers_ends_by_itself(trusting: MailHouse, tmp_path: Path) -> None:
    """What was answered comes back as if it were a mail to the group: nothing follows from it."""
    trusting.swaks(
        _SALES, "--header", "Subject: Loop", "--header", "Message-Id: <l@example.org>", *attach(tmp_path, "a.pdf")
    )
    wait_until(lambda: any(one["In-Reply-To"] == "<l@example.org>" for one in trusting.answers()))
    reply = next(one for one in trusting.answers() if one["In-Reply-To"] == "<l@example.org>")
    before = len(trusting.jobs())
    assert trusting.hand_over(reply, _SALES, tmp_path, "hanako@example.org").startswith("250 2.0.0 dropped")
    assert len(trusting.jobs()) == before
    about = [one for one in trusting.answers() if one["In-Reply-To"] in ("<l@example.org>", reply["Message-ID"])]
    assert len(about) == 1  # answers to mails of other tests may still come


def test_a_report_needs_no_return_path(trusting: MailHouse, tmp_path: Path) -> None:
    """It may come to any of our addresses; one about nothing of ours is taken, for to refuse it helps nobody."""
    report = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: 01m7y5j0k8mngfhb-17\r\n\r\n"
        b"Final-Recipient: rfc822;a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
    )
    assert trusting.hand_over(report, f"bounces@{DOMAIN}", tmp_path) == "250 2.0.0 report read: unknown"
    assert trusting.hand_over(b"Subject: x\r\n\r\nSpam\r\n", f"bounces@{DOMAIN}", tmp_path).startswith("550 5.6.0")


def test_one_reply_for_each_recipient_of_lmtp(trusting: MailHouse, tmp_path: Path) -> None:
    """RFC 2033 §4.2; and one job for both groups."""
    done = trusting.swaks(
        f"{_SALES},distserver+sales@{DOMAIN}", "--header", "Subject: Both", *attach(tmp_path, "a.pdf")
    )
    answers = [line for line in done.stdout.splitlines() if "250 2.0.0 job" in line]
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert [one["title"] for one in trusting.jobs()].count("Both") == 1


_AS_STATUS = (
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
    "Final-Recipient: rfc822; osaka@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 no such mailbox\r\n"
    "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n--b--\r\n"
)
_AS_TEXT = (
    "From: MAILER-DAEMON@mx.example.org\r\nSubject: failure notice\r\n\r\n"
    "Hi. This is the qmail-send program at mx.example.org.\r\nYour mail did not get there.\r\n\r\n"
    "<osaka@example.org>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 no such mailbox\r\n\r\n"
    "--- Your mail:\r\n\r\nReturn-Path: <x@y>\r\nMessage-ID: {}\r\nTo: osaka@example.org\r\n\r\nA document.\r\n"
)


@pytest.mark.parametrize("returned", [_AS_STATUS, _AS_TEXT], ids=["status", "qmail"])
def test_a_mail_that_went_out_and_came_back_fails_its_delivery(
    trusting: MailHouse, tmp_path: Path, returned: str
) -> None:
    """The whole way: job, mail, report by LMTP, receipt (N4)."""
    terms = f"server=smtp://127.0.0.1:{trusting.office.port} from=distserver@{DOMAIN}"
    trusting.server.write_group("branches.rec", "支店", [f"mailto:osaka@example.org; Osaka; {terms}"])
    wait_until(lambda: "支店" in trusting.server.command("group", "list").stdout)
    make_pdf(tmp_path / "a.pdf")
    sent = trusting.server.send(str(tmp_path / "a.pdf"), "--to", "branches")
    assert sent["state"] == "completed", sent
    job = trusting.jobs()[0]["id"]
    name = f"{job}-1"
    (mail,) = [one for one in trusting.answers() if name in str(one["Message-ID"])]
    report = returned.format(mail["Message-ID"]).encode()
    to = f"distserver@{DOMAIN}"
    assert trusting.hand_over(report, to, tmp_path) == "250 2.0.0 report read: noted"
    assert trusting.hand_over(report, to, tmp_path) == "250 2.0.0 report read: known"
    after = trusting.server.job(job)
    assert after["state"] == "aborted"
    receipts = trusting.server.get(f"/api/v1/jobs/{job}/receipts").decode()
    assert "mail-returned" in receipts
    assert "550 no such mailbox" in receipts
    assert trusting.hand_over(bytes(mail), f"sales@{DOMAIN}", tmp_path, to).startswith("250 2.0.0 dropped")
