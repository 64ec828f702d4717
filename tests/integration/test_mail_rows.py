"""Addresses of users, answers that are owed, and mails that wait, on each database (N7)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.accounts.mailboxes import Mailboxes
from distserver.accounts.service import Accounts
from distserver.errors import BadRequest, Conflict, Forbidden, NotFound, QuotaExceeded, TooManyTries
from distserver.intake.mail.held import HeldMail, HeldMails
from distserver.intake.mail.sending_rate import SendingRate
from distserver.jobs.service import derive
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.store import jobs, mail_answers
from distserver.store.mail_answers import OwedAnswer
from distserver.store.tables import delivery
from tests.support.jobs import SENDER, Office

ADMINISTRATOR = Actor("admin", Role.ADMINISTRATOR)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=1)
    yield made
    made.close()


def test_an_address_is_one_users(office: Office) -> None:
    accounts, mailboxes = Accounts(office.database), Mailboxes(office.database)
    for name in ("hanako", "taro"):
        accounts.create_user(name, Role.SENDER, None, ADMINISTRATOR)
    found = mailboxes.set_addresses("hanako", ["B@Example.org", "a@example.org"], ADMINISTRATOR)
    assert found == ["a@example.org", "b@example.org"]
    owner = mailboxes.find_owner("A@EXAMPLE.ORG")
    assert owner is not None
    assert owner.name == "hanako"
    assert mailboxes.find_owner("c@example.org") is None
    with pytest.raises(Conflict, match="another user's"):
        mailboxes.set_addresses("taro", ["c@example.org", "a@example.org"], ADMINISTRATOR)
    assert mailboxes.list_addresses("taro", ADMINISTRATOR) == []
    mailboxes.set_addresses("hanako", [], ADMINISTRATOR)
    assert mailboxes.set_addresses("taro", ["a@example.org"], ADMINISTRATOR) == ["a@example.org"]


def test_who_may_not_and_what_is_none_changes_nothing(office: Office) -> None:
    mailboxes = Mailboxes(office.database)
    with pytest.raises(Forbidden):
        mailboxes.set_addresses("hanako", ["a@example.org"], SENDER)
    with pytest.raises(NotFound):
        mailboxes.set_addresses("nobody", ["a@example.org"], ADMINISTRATOR)
    for address in ("hanako", "a b@example.org", "<a@example.org>", "a@example.org, b@example.org", "@", "a@b\r\n.org"):
        with pytest.raises(BadRequest):
            mailboxes.set_addresses("hanako", [address], ADMINISTRATOR)


def test_an_answer_is_in_one_hand_when_its_job_has_ended(office: Office) -> None:
    def take() -> OwedAnswer | None:
        with office.database.begin() as connection:
            return mail_answers.take_answer(connection, office.now, office.now + 100.0)

    job = office.submit()
    owed = OwedAnswer(job.id, "hanako@example.org", "<1@x>", "Prices")
    with office.database.begin() as connection:
        mail_answers.insert_answer(connection, owed, office.now)
    assert take() is None
    with office.database.begin() as connection:
        connection.execute(delivery.update().values(state="completed", queue="none", ended=office.now))
        jobs.recount(connection, [job.id], derive, office.now)
    assert take() == owed
    assert take() is None  # it is in somebody's hands
    office.now += 101
    assert take() == owed
    with office.database.begin() as connection:
        mail_answers.settle_answer(connection, job.id, office.now + 50)
    assert take() is None
    office.now += 51
    assert take() == replace(owed, tries=1)
    with office.database.begin() as connection:
        mail_answers.settle_answer(connection, job.id, None)
    office.now += 1000
    assert take() is None


def test_a_mail_waits_for_its_code_and_not_for_ever(tmp_path: Path) -> None:
    now = [1_000_000.0]
    held = HeldMails(tmp_path / "mail", 3600, lambda: now[0])
    mail = HeldMail("hanako@example.org", ("sales@print.example.org",))
    code = held.hold(mail, io.BytesIO(b"Subject: x\r\n\r\nHello"))
    assert code not in "".join(path.name for path in (tmp_path / "mail").iterdir())
    with pytest.raises(NotFound), held.open("0" * 20):
        pass
    with pytest.raises(Conflict), held.open(code) as (found, file):
        assert (found, file.read()) == (mail, b"Subject: x\r\n\r\nHello")
        raise Conflict("not now: it still waits")
    with held.open(code):
        pass
    with pytest.raises(NotFound), held.open(code):
        pass
    late = held.hold(mail, io.BytesIO(b""))
    now[0] += 3601
    with pytest.raises(NotFound), held.open(late):
        pass


def test_a_mail_to_many_long_addresses_can_be_confirmed(tmp_path: Path) -> None:
    held = HeldMails(tmp_path / "mail", 3600, lambda: 1_000_000.0)
    mail = HeldMail("a@example.org", tuple(f"{'営' * 150}{number}@print.example.org" for number in range(100)))
    with held.open(held.hold(mail, io.BytesIO(b"Hello"))) as (found, file):
        assert (found, file.read()) == (mail, b"Hello")


def test_nobody_fills_the_disk_with_mails_that_wait(tmp_path: Path) -> None:
    held = HeldMails(tmp_path / "mail", 3600, lambda: 1_000_000.0)
    for _ in range(5):
        held.hold(HeldMail("a@example.org", ()), io.BytesIO(b""))
    with pytest.raises(QuotaExceeded):
        held.hold(HeldMail("a@example.org", ()), io.BytesIO(b""))
    held.hold(HeldMail("b@example.org", ()), io.BytesIO(b""))


def test_a_sender_has_so_many_mails_an_hour() -> None:
    now = [0.0]
    rate = SendingRate(2, lambda: now[0])
    rate.count("a", proved=True)
    rate.count("a", proved=True)
    rate.count("b", proved=True)
    rate.count("a", proved=False)
    with pytest.raises(TooManyTries):
        rate.count("a", proved=True)
    now[0] = 3601.0
    rate.count("a", proved=True)
