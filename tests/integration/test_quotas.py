"""Quotas at the one place where jobs are made, on both kinds of database (N1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.accounts.service import Accounts
from distserver.errors import Forbidden, NotFound, QuotaExceeded
from distserver.jobs.incoming import LIMIT_REACHED, Incoming, Made, NewIppJob
from distserver.jobs.quotas import QuotaRules
from distserver.jobs.upkeep import Upkeep
from distserver.model.accounts import Role
from distserver.model.documents import PrintOptions
from distserver.model.jobs import GUEST, Actor, Submission
from distserver.model.quotas import Quota, Window, parse_quota
from distserver.store import quotas as store_quotas
from tests.support.jobs import OPERATOR, SENDER, Office

ADMIN = Actor("admin", Role.ADMINISTRATOR)
_DAY = 86400.0


class CountingOffice(Office):
    """With users."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.accounts = Accounts(self.database, clock=lambda: self.now)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[CountingOffice]:
    made = CountingOffice(tmp_path, database_url, now=1_700_000_000.0)
    yield made
    made.close()


def limit(office: CountingOffice, text: str, name: str = SENDER.name, role: Role = Role.SENDER) -> None:
    """Give somebody a quota, who is made if need be."""
    accounts = office.accounts
    try:
        accounts.find_user(name, ADMIN)
    except NotFound:
        accounts.create_user(name, role, None, ADMIN)
    accounts.set_quota(name, parse_quota(text), ADMIN)


def used(office: CountingOffice, by: Actor = SENDER) -> dict[str, tuple[int, int]]:
    """(used, left) of each limit."""
    return {str(one.limit): (one.used, one.left) for one in office.service.quotas.list_allowances(by)}


def test_jobs_are_counted_until_none_is_left_and_anew_in_the_next_window(office: CountingOffice) -> None:
    limit(office, "jobs=2/day")
    office.submit()
    office.submit()
    with pytest.raises(
        QuotaExceeded, match=r"2 jobs a day: 0 jobs left, and this takes 1 job; it is renewed 20"
    ) as told:
        office.submit()
    begin, end = Window.DAY.bounds(office.now)
    assert told.value.retry_after == end - office.now
    assert len(office.query.list(SENDER)) == 2
    assert used(office) == {"jobs=2/day": (2, 0)}
    office.now = end
    assert used(office) == {"jobs=2/day": (0, 2)}
    office.submit()
    assert used(office) == {"jobs=2/day": (1, 1)}
    assert begin < end


def test_pages_are_sides_times_copies_times_destinations(office: CountingOffice) -> None:
    """What a line of a group file says of copies counts as well: it is what comes out."""
    office.lines = {"discard:two": (("copies", "4"),)}
    limit(office, "pages=100/week")
    two = ("discard:one", "discard:two")
    office.submit(destinations=two, options=PrintOptions(copies=2))  # 3 sides: 3 × 2 there, 3 × 4 here
    assert used(office) == {"pages=100/week": (18, 82)}
    office.submit(destinations=two[:1], options=PrintOptions(copies=2, number_up=2))  # 2 sides
    assert used(office) == {"pages=100/week": (22, 78)}
    with pytest.raises(QuotaExceeded, match="78 pages left, and this takes 90 pages"):
        office.submit(destinations=two[:1], options=PrintOptions(copies=30))


def test_bytes_are_those_of_the_documents_once(office: CountingOffice) -> None:
    limit(office, "bytes=50/month")
    office.submit(documents=(office.document(b"x" * 30),))
    with pytest.raises(QuotaExceeded, match="20 bytes left, and this takes 21 bytes"):
        office.submit(documents=(office.document(b"y" * 21),))
    office.submit(documents=(office.document(b"z" * 20),))
    assert used(office) == {"bytes=50/month": (50, 0)}


def test_what_can_never_fit_is_not_told_to_come_back(office: CountingOffice) -> None:
    limit(office, "pages=10/day")
    with pytest.raises(QuotaExceeded) as told:
        office.submit()
    assert told.value.retry_after is None
    assert used(office) == {"pages=10/day": (0, 10)}


def test_several_limits_hold_together_and_the_one_renewed_last_is_told(office: CountingOffice) -> None:
    limit(office, "jobs=1/day jobs=1/month")
    office.submit()
    with pytest.raises(QuotaExceeded, match="1 job a month"):
        office.submit()


@pytest.mark.parametrize("senders", [8])
def test_of_many_that_send_at_once_none_slips_through(office: CountingOffice, senders: int) -> None:
    limit(office, "jobs=3/day pages=45/week")
    documents = (office.document(),)
    start, accepted, refused = threading.Barrier(senders), [], []

    def send() -> None:
        start.wait()
        try:
            accepted.append(office.service.submit(Submission("x", documents, ("all",)), SENDER))
        except QuotaExceeded as error:
            refused.append(str(error))

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(accepted), len(refused)) == (3, senders - 3)
    assert used(office) == {"jobs=3/day": (3, 0), "pages=45/week": (45, 0)}
    assert len(office.query.list(SENDER)) == 3


def test_a_submission_that_is_repeated_counts_once(office: CountingOffice) -> None:
    """Also when nothing is left: the first answer may have been lost on its way."""
    limit(office, "jobs=1/day")
    first = office.submit(idempotency_key="once")
    assert office.submit(idempotency_key="once").id == first.id
    office.service.meter(SENDER, idempotency_key="once")(10**9)
    with pytest.raises(QuotaExceeded):
        office.service.meter(SENDER, idempotency_key="another")


def test_what_is_not_accepted_does_not_count(office: CountingOffice) -> None:
    limit(office, "jobs=1/day")
    with pytest.raises(Exception, match="title"):
        office.submit(title="x" * 300)
    office.submit()


def test_what_is_canceled_is_not_given_back(office: CountingOffice) -> None:
    limit(office, "jobs=1/day")
    office.service.cancel(office.submit().id, SENDER)
    with pytest.raises(QuotaExceeded):
        office.submit()


def test_operators_have_a_quota_only_if_it_is_their_own(tmp_path: Path, database_url: str) -> None:
    rules = QuotaRules(users=parse_quota("jobs=0/day"))
    office = CountingOffice(tmp_path, database_url, quotas=rules)
    try:
        with pytest.raises(QuotaExceeded):
            office.submit()
        with pytest.raises(QuotaExceeded):  # a device has no quota of its own
            office.submit(Actor("ipp://mfp.example.org/ipp/print", Role.DEVICE))
        office.submit(OPERATOR)
        limit(office, "jobs=1/day", OPERATOR.name, Role.OPERATOR)
        office.submit(OPERATOR)
        with pytest.raises(QuotaExceeded):
            office.submit(OPERATOR)
        limit(office, "unlimited")
        office.submit()
        office.accounts.set_quota(SENDER.name, None, ADMIN)
        with pytest.raises(QuotaExceeded):
            office.submit()
    finally:
        office.close()


@pytest.mark.parametrize("apart", [True, False])
def test_guests_are_told_apart_by_their_address_and_not_by_their_name(
    tmp_path: Path, database_url: str, apart: bool
) -> None:
    office = CountingOffice(
        tmp_path, database_url, quotas=QuotaRules(guests=parse_quota("jobs=1/day"), guests_apart=apart)
    )
    try:
        office.submit(Actor("a (guest)", GUEST, "192.0.2.1"))
        for peer in ("192.0.2.1", "::ffff:192.0.2.1"):
            with pytest.raises(QuotaExceeded):
                office.submit(Actor("b (guest)", GUEST, peer))
        others = [Actor("c (guest)", GUEST, "192.0.2.2"), Actor("d (guest)", GUEST, "2001:db8::1")]
        for other in others:
            if apart:
                office.submit(other)
            with pytest.raises(QuotaExceeded):
                office.submit(replace(other, peer=other.peer.replace("::1", "::2")))
        office.submit()
    finally:
        office.close()


def test_only_administrators_set_quotas_and_look_at_those_of_others(office: CountingOffice) -> None:
    accounts = office.accounts
    limit(office, "jobs=1/day")
    for by in (OPERATOR, SENDER):
        with pytest.raises(Forbidden):
            accounts.set_quota(SENDER.name, Quota(), by)
    with pytest.raises(Forbidden):
        accounts.find_user(SENDER.name, OPERATOR)
    assert accounts.find_user(SENDER.name, SENDER).quota == parse_quota("jobs=1/day")
    with pytest.raises(NotFound):
        accounts.set_quota("nobody", Quota(), ADMIN)
    assert [(one.action, one.detail) for one in accounts.list_audit(ADMIN, action="user-quota")] == [
        ("user-quota", "jobs=1/day")
    ]


def test_a_job_that_came_in_parts_is_aborted_when_it_is_too_much(office: CountingOffice) -> None:
    """N1: its documents go, and it says why in the word of PWG 5100.11."""
    limit(office, "jobs=5/day pages=10/day")
    incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
    made = incoming.create(NewIppJob("print/all", "parts", b""), SENDER)
    with office.spool.receive(limit=1 << 20) as upload:
        upload.write(b"%PDF-1.4 part")
        upload.finish()
        document = replace(office.document(), digest=upload.digest)
        incoming.add_document(made.row.number, upload, document, SENDER)
    with pytest.raises(QuotaExceeded):
        incoming.close(made.row.number, lambda row, there: Made(Submission("parts", there, ("all",))), SENDER)
    found = incoming.get(made.row.number, SENDER)
    assert (found.row.state, found.row.reason, found.documents) == ("aborted", LIMIT_REACHED, ())
    assert "10 pages a day" in found.row.message
    assert used(office) == {"jobs=5/day": (0, 5), "pages=10/day": (0, 10)}


def test_an_open_job_is_aborted_when_meanwhile_none_is_left(office: CountingOffice) -> None:
    limit(office, "jobs=1/day")
    incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
    made = incoming.create(NewIppJob("print/all", "late", b""), SENDER)
    office.submit()
    with pytest.raises(QuotaExceeded):
        incoming.meter(SENDER, made.row.number)
    assert incoming.get(made.row.number, SENDER).row.reason == LIMIT_REACHED


def test_old_counts_are_forgotten_but_those_that_run_stay(office: CountingOffice) -> None:
    limit(office, "jobs=5/day jobs=9/month")
    office.submit()
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 3600)
    upkeep.forget_jobs(office.now)
    assert used(office) == {"jobs=5/day": (1, 4), "jobs=9/month": (1, 8)}
    upkeep.forget_jobs(office.now + 70 * _DAY)
    with office.database.read() as connection:
        assert store_quotas.read_uses(connection, [f"user {SENDER.name}"]) == {}
