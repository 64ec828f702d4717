"""Jobs on a real store: submission, cancel, hold, release, retry (D4)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from distserver.errors import BadRequest, Conflict, NotFound, StoreUnavailable
from distserver.jobs.service import derive
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import Actor
from distserver.model.states import DeliveryState, JobState, Priority
from distserver.store import audit, spool
from distserver.store import deliveries as store_deliveries
from distserver.store import jobs as store_jobs
from distserver.store.jobs import recount
from distserver.store.tables import delivery
from tests.support.jobs import OPERATOR, SENDER, Office


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


def set_states(office: Office, states: dict[int, DeliveryState], **values: object) -> None:
    """Put deliveries by their number into a state, as a worker would."""
    with office.database.begin() as connection:
        for number, state in states.items():
            ended = office.now if state.ended else None
            connection.execute(
                delivery.update().where(delivery.c.number == number).values(state=state, ended=ended, **values)
            )


def states_of(office: Office, job_id: str) -> list[DeliveryState]:
    return [row.state for row in office.query.deliveries(job_id, SENDER)]


def queues_of(office: Office, job_id: str) -> list[str]:
    """Where each delivery stands for the workers, in order."""
    return [office.row(job_id, row.number).queue for row in office.query.deliveries(job_id, SENDER)]


def test_a_submitted_job_is_stored_in_one_go_and_the_workers_are_woken(office: Office) -> None:
    """D4, D7: accepted means durable; Japanese survives."""
    job = office.submit(priority=Priority.URGENT)
    assert job.state is JobState.PENDING
    assert (job.title, job.documents[0].name, job.counts.total) == ("価格表", "お知らせ.pdf", 5)
    assert queues_of(office, job.id) == ["ready"] * 5
    assert office.rung == 1
    rows = office.query.deliveries(job.id, SENDER)
    assert [row.name for row in rows] == [f"支店{n}" for n in range(1, 6)]
    assert {row.pages_total for row in rows} == {3}


def test_nothing_is_written_when_not_all_can_be(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: job, deliveries and the audit log's line are one transaction, and nobody is woken for nothing."""

    def broken(*_: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(audit, "record_all", broken)
    with pytest.raises(RuntimeError):
        office.submit()
    assert office.query.list(OPERATOR) == []
    with office.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(delivery)).scalar() == 0
    assert office.rung == 0


def test_one_idempotency_key_is_one_job(office: Office) -> None:
    first = office.submit(idempotency_key="k1")
    assert office.submit(idempotency_key="k1").id == first.id
    assert office.submit(idempotency_key="k2").id != first.id
    assert office.submit(by=OPERATOR, idempotency_key="k1").id != first.id


def test_two_at_once_under_one_key_are_one_job(office: Office) -> None:
    found: list[str] = []
    document = office.document()
    threads = [
        threading.Thread(target=lambda: found.append(office.submit(idempotency_key="k", documents=(document,)).id))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_job_for_later_waits_for_its_time(office: Office) -> None:
    job = office.submit(not_before=office.now + 600)
    assert queues_of(office, job.id) == ["timed"] * 5
    assert {row.next_try for row in office.query.deliveries(job.id, SENDER)} == {office.now + 600}
    assert job.deadline == office.now + 600 + 3600
    assert office.service.release(job.id, SENDER).job.not_before == office.now + 600
    assert queues_of(office, job.id) == ["timed"] * 5
    released = office.service.release(job.id, SENDER, at_once=True).job
    assert (released.state, released.not_before) == (JobState.PENDING, None)
    assert queues_of(office, job.id) == ["ready"] * 5


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"documents": ()}, "add a file"),
        ({"groups": ()}, "at least one group"),
        ({"title": "x" * 256}, "longer than 255"),
        ({"title": "a\nb"}, "control character"),
        ({"deadline": 5.0}, "deadline is before"),
    ],
)
def test_what_cannot_be_a_job_is_refused_in_words(office: Office, fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        office.submit(**fields)


def test_a_document_that_is_gone_is_told(office: Office) -> None:
    document = office.document()
    office.spool.erase_document(document.digest)
    with pytest.raises(Conflict, match="send the file again"):
        office.submit(documents=(document,))


def test_a_sender_sees_only_their_own_jobs(office: Office) -> None:
    job = office.submit()
    with pytest.raises(NotFound):
        office.query.get(job.id, Actor("taro", "sender"))
    assert office.query.list(Actor("taro", "sender")) == []
    assert office.query.get(job.id, OPERATOR).id == job.id


def test_cancel_tells_what_it_did(office: Office) -> None:
    """D4: waiting ones are canceled at once, the device of one under way is asked, what is out stays out."""
    job = office.submit()
    set_states(office, {1: DeliveryState.COMPLETED, 2: DeliveryState.PROCESSING}, owner="w")
    rung = office.rung
    answer = office.service.cancel(job.id, SENDER)
    assert (answer.changed, answer.asked, answer.left) == (3, 1, 1)
    assert states_of(office, job.id) == ["completed", "processing", *["canceled"] * 3]
    assert answer.job.state is JobState.PROCESSING
    assert queues_of(office, job.id)[2:] == ["none"] * 3
    assert office.rung == rung + 1


def test_cancel_of_all_that_waits_ends_the_job(office: Office) -> None:
    answer = office.service.cancel(office.submit().id, SENDER)
    assert answer.job.state is JobState.CANCELED
    assert answer.job.ended == office.now


def test_one_delivery_can_be_canceled_alone(office: Office) -> None:
    job = office.submit()
    answer = office.service.cancel(job.id, SENDER, [2])
    assert (answer.changed, answer.job.counts.canceled, answer.job.state) == (1, 1, JobState.PROCESSING)


@pytest.mark.parametrize("operation", ["cancel", "hold"])
def test_why_the_last_try_failed_is_no_word_about_what_was_stopped(office: Office, operation: str) -> None:
    """D4: but where nobody can tell whether it was printed, what is known of that stays."""
    job = office.submit()
    retry = DeliveryState.PENDING_RETRY
    set_states(office, {1: retry, 2: retry}, message="refused", reason="destination-unreachable")
    set_states(office, {2: retry}, uncertain=True)
    getattr(office.service, operation)(job.id, SENDER)
    assert [row.message for row in office.query.deliveries(job.id, SENDER)][:2] == ["", "refused"]


def test_hold_and_release(office: Office) -> None:
    job = office.submit(hold=True)
    assert job.state is JobState.PENDING_HELD
    assert queues_of(office, job.id) == ["held"] * 5
    rung = office.rung
    released = office.service.release(job.id, SENDER)
    assert released.job.state is JobState.PENDING
    assert queues_of(office, job.id) == ["ready"] * 5
    assert office.rung == rung + 1
    assert office.service.hold(job.id, SENDER).job.state is JobState.PENDING_HELD
    assert queues_of(office, job.id) == ["held"] * 5


def test_retry_sends_only_what_failed_under_a_new_name(office: Office) -> None:
    """D4, N6: resend only what failed."""
    job = office.submit()
    set_states(office, {1: DeliveryState.COMPLETED, 2: DeliveryState.ABORTED, 3: DeliveryState.CANCELED})
    rung = office.rung
    answer = office.service.retry(job.id, SENDER)
    assert answer.changed == 1
    assert states_of(office, job.id)[:3] == ["completed", "pending", "canceled"]
    assert office.row(job.id, 2).queue == "ready"
    assert office.rung == rung + 1
    with office.database.read() as connection:
        rows = connection.execute(sa.select(delivery.c.number, delivery.c.generation).order_by(delivery.c.number))
        assert {number: generation for number, generation in rows}[2] == 1
    assert office.service.retry(job.id, SENDER, [3]).changed == 1


def test_a_retry_of_a_held_job_lets_all_of_it_go(office: Office) -> None:
    """D4: nobody wants a part of it sent and the rest to wait, and nothing goes of what is shown as held."""
    job = office.submit()
    set_states(office, {2: DeliveryState.ABORTED}, queue="none")
    office.service.hold(job.id, SENDER)
    answer = office.service.retry(job.id, SENDER)
    assert (answer.changed, answer.job.held) == (1, False)
    assert queues_of(office, job.id) == ["ready"] * 5
    assert {row.reason for row in office.query.deliveries(job.id, SENDER)} == {"none"}


def test_retry_without_a_failure_says_so(office: Office) -> None:
    with pytest.raises(Conflict, match="no delivery of this job has failed"):
        office.service.retry(office.submit().id, SENDER)


def end_all(office: Office, job_id: str, state: DeliveryState) -> None:
    """Every delivery of the job ends in this state."""
    with office.database.begin() as connection:
        mine = delivery.c.job_id == job_id
        connection.execute(delivery.update().where(mine).values(state=state, ended=office.now))
        recount(connection, [job_id], derive, office.now)


def test_the_document_is_erased_when_all_is_out_and_only_then(office: Office) -> None:
    """D4: erased when all is out, kept if asked, kept a while where something failed or was canceled."""
    ends = {
        b"well": DeliveryState.COMPLETED,
        b"kept": DeliveryState.COMPLETED,
        b"failed": DeliveryState.ABORTED,
        b"canceled": DeliveryState.CANCELED,
    }
    documents = [office.document(content) for content in ends]
    jobs = [office.submit(documents=(document,), keep=number == 1) for number, document in enumerate(documents)]
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=100.0)
    assert upkeep.erase_documents(office.now) == 0
    for job, state in zip(jobs, ends.values(), strict=True):
        end_all(office, job.id, state)
    assert upkeep.erase_documents(office.now) == 1
    assert [office.spool.has_document(d.digest) for d in documents] == [False, True, True, True]
    assert upkeep.erase_documents(office.now + 101) == 2
    assert [office.spool.has_document(d.digest) for d in documents] == [False, True, False, False]
    with pytest.raises(Conflict, match="has been erased"):
        office.service.retry(jobs[2].id, SENDER)


def test_a_document_that_another_job_needs_stays(office: Office) -> None:
    document = office.document(b"shared")
    first, second = office.submit(documents=(document,)), office.submit(documents=(document,))
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    end_all(office, first.id, DeliveryState.COMPLETED)
    assert upkeep.erase_documents(office.now) == 1
    assert office.spool.has_document(document.digest)
    end_all(office, second.id, DeliveryState.COMPLETED)
    upkeep.erase_documents(office.now)
    assert not office.spool.has_document(document.digest)


def test_what_is_left_over_in_the_spool_is_removed_after_an_hour(office: Office) -> None:
    """N4: a document that no job knows, one whose erasing broke off, and half an upload; nothing that is needed."""
    needed, over, unknown, young = (office.document(content) for content in (b"needed", b"over", b"unknown", b"young"))
    office.submit(documents=(needed,))
    job = office.submit(documents=(over,))
    end_all(office, job.id, DeliveryState.COMPLETED)
    with office.database.begin() as connection:
        store_jobs.mark_erased(connection, [job.id])  # and dies before the file goes
    half = office.spool.incoming / "half"
    half.write_bytes(b"%PDF")
    for path in (half, *(office.spool.document_path(one.digest) for one in (needed, over, unknown))):
        os.utime(path, (office.now - 3700, office.now - 3700))
    os.utime(office.spool.document_path(young.digest), (office.now - 3500, office.now - 3500))
    Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0).sweep_spool(office.now)
    there = [office.spool.has_document(one.digest) for one in (needed, over, unknown, young)]
    assert (there, half.exists()) == ([True, False, False, True], False)


def test_the_document_of_a_job_that_is_sent_again_meanwhile_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4, D4: between the look for what is over and the mark somebody asks for a retry, and is told that it is done."""
    document = office.document(b"failed")
    job = office.submit(documents=(document,))
    end_all(office, job.id, DeliveryState.ABORTED)
    look = store_jobs.erasable_jobs

    def look_and_retry(connection: sa.Connection, failed_before: float) -> list[str]:
        found = look(connection, failed_before)
        office.service.retry(job.id, SENDER)
        return found

    monkeypatch.setattr(store_jobs, "erasable_jobs", look_and_retry)
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    assert upkeep.erase_documents(office.now + 1) == 0
    assert office.spool.has_document(document.digest)
    assert not office.query.get(job.id, SENDER).document_erased


def test_a_job_that_is_sent_again_at_its_deadline_is_not_given_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: between the look for late jobs and the end of one its sender gives it another day."""
    job = office.submit()
    set_states(office, {1: DeliveryState.ABORTED})
    look = store_deliveries.expired

    def look_and_retry(connection: sa.Connection, now: float) -> list[str]:
        found = look(connection, now)
        office.now = now
        office.service.retry(job.id, SENDER)
        return found

    monkeypatch.setattr(store_deliveries, "expired", look_and_retry)
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    assert upkeep.expire_deadlines(office.now + 3601) == 0
    assert set(states_of(office, job.id)) == {DeliveryState.PENDING}


def test_who_erases_does_not_wait_for_those_who_store(office: Office) -> None:
    """N4: they may follow each other without a gap, or one of them be stopped; a worker's watch has more to do."""
    end_all(office, office.submit().id, DeliveryState.COMPLETED)
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    with office.spool.guard(shared=True), pytest.raises(StoreUnavailable, match="just now"):
        upkeep.erase_documents(office.now)
    assert upkeep.erase_documents(office.now) == 1


def test_who_sends_hears_later_when_the_one_who_erases_stands_still(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N4: a worker is stopped while it erases documents."""
    monkeypatch.setattr(spool, "_STORING_SECONDS", 0.1)
    document = office.document()
    with office.spool.guard(shared=False), pytest.raises(StoreUnavailable, match="just now"):
        office.submit(documents=(document,))
    assert office.submit(documents=(document,)).counts.pending == 5


def test_past_its_deadline_a_job_gives_up_what_still_waits(office: Office) -> None:
    job = office.submit()
    set_states(office, {1: DeliveryState.PROCESSING}, owner="w")
    with office.database.begin() as connection:
        recount(connection, [job.id], derive, office.now)
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, keep_failed=0.0)
    assert upkeep.expire_deadlines(office.now) == 0
    assert upkeep.expire_deadlines(office.now + 3601) == 1
    rows = office.query.deliveries(job.id, SENDER)
    assert [row.state for row in rows] == ["processing", *["aborted"] * 4]
    assert {row.reason for row in rows[1:]} == {"job-deadline-passed"}
