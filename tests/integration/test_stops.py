"""Paused and closed groups on a real store, both kinds of database (N1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import Conflict, Forbidden, NotAccepting
from distserver.jobs.incoming import Incoming, Made, NewIppJob
from distserver.jobs.ledger import Ledger
from distserver.jobs.lifecycle import Event
from distserver.jobs.upkeep import Upkeep
from distserver.model.jobs import Actor, JobView, Submission
from distserver.model.states import DeliveryState, Priority, Queue, Reason
from distserver.model.stops import StopAction
from tests.support.jobs import OPERATOR, SENDER, Office

A, B = "a.rec", "b.rec"
ONLY_A, ONLY_B, BOTH, SINGLE = "discard:a", "discard:b", "discard:both", "discard:single"
EVERY = (ONLY_A, ONLY_B, BOTH, SINGLE)
PAUSE, RESUME, ENABLE, DISABLE = StopAction


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, destinations=EVERY)
    made.via = {ONLY_A: (A,), ONLY_B: (B,), BOTH: (A, B)}
    _LEDGERS.clear()
    yield made
    made.close()


def submit(office: Office, *groups: str, **fields: object) -> JobView:
    return office.submit(groups=groups or (A, B), **fields)


def held(office: Office, job: JobView) -> set[str]:
    """Addresses that wait because their groups are paused."""
    rows = office.query.deliveries(job.id, OPERATOR)
    found = {row.address for row in rows if office.row(job.id, row.number).queue == Queue.PAUSED}
    assert found == {row.address for row in rows if row.reason == Reason.GROUP_PAUSED}
    return found


_LEDGERS: list[Ledger] = []


async def take(office: Office) -> set[str]:
    """Addresses to which a worker, the same in all of a test, sends now; all of them arrive."""
    _LEDGERS[:] = _LEDGERS or [office.ledger("taker")]
    ledger = _LEDGERS[0]
    await ledger.bring_back()
    taken = (await ledger.claim(50, 50))[0]
    for one in taken:
        await ledger.settle(one, Event.COMPLETE)
    return {one.claimed.destination.address.written for one in taken}


async def test_a_paused_group_holds_what_is_sent_to_it_and_nothing_else(office: Office) -> None:
    office.stops.change(A, PAUSE, OPERATOR)
    job = submit(office)
    assert held(office, job) == {ONLY_A}
    assert await take(office) == {ONLY_B, BOTH, SINGLE}
    assert office.stops.change(B, PAUSE, OPERATOR)[1] == 0
    assert held(office, submit(office)) == {ONLY_A, ONLY_B, BOTH}
    assert await take(office) == {SINGLE}
    assert office.stops.change(B, RESUME, OPERATOR)[1] == 2
    assert await take(office) == {ONLY_B, BOTH}
    assert office.stops.change(A, RESUME, OPERATOR)[1] == 2
    assert await take(office) == {ONLY_A}
    assert await take(office) == {ONLY_A}


async def test_what_waits_already_is_held_and_goes_on(office: Office) -> None:
    job = submit(office)
    assert office.stops.change(A, PAUSE, OPERATOR)[1] == 1
    assert held(office, job) == {ONLY_A}
    assert office.stops.change(B, PAUSE, OPERATOR)[1] == 2
    rung = office.rung
    assert office.stops.change(B, RESUME, OPERATOR)[1] == 2
    assert office.rung == rung + 1
    assert await take(office) == {ONLY_B, BOTH, SINGLE}


async def test_what_a_device_has_is_seen_to_its_end_but_not_tried_again(office: Office) -> None:
    """RFC 8011 §4.2.7: the job under way goes on; the next try waits until the group goes on."""
    job = submit(office)
    ledger = office.ledger("w")
    taken = {one.claimed.destination.address.written: one for one in (await ledger.claim(50, 50))[0]}
    assert taken.keys() == set(EVERY)
    assert office.stops.change(A, PAUSE, OPERATOR)[1] == 0
    failed = taken[ONLY_A]
    failed.due, failed.let_go = office.now + 5, True
    await ledger.settle(failed, Event.DEFER)
    for address in (ONLY_B, BOTH, SINGLE):
        await ledger.settle(taken[address], Event.COMPLETE)
    office.now += 10
    assert await take(office) == set()
    assert held(office, job) == {ONLY_A}
    office.stops.change(A, RESUME, OPERATOR)
    assert await take(office) == {ONLY_A}
    assert office.query.get(job.id, OPERATOR).state.ended


async def test_a_job_says_so_as_long_as_it_is_why_nothing_moves(office: Office) -> None:
    office.stops.change(A, PAUSE, OPERATOR)
    job = submit(office)
    assert job.reasons == ("group-paused", "job-queued")
    ledger = office.ledger("w")
    (taken,) = [one for one in (await ledger.claim(50, 50))[0] if one.claimed.destination.name == "支店2"]
    assert office.query.get(job.id, SENDER).reasons == ("job-transforming-or-printing", "group-paused")
    await ledger.settle(taken, Event.COMPLETE)
    (listed,) = office.query.list(SENDER)
    assert "group-paused" in listed.reasons
    office.stops.change(A, RESUME, OPERATOR)
    assert "group-paused" not in office.query.get(job.id, SENDER).reasons


async def test_holding_releasing_and_retrying_a_job_leave_its_group_paused(office: Office) -> None:
    office.stops.change(A, PAUSE, OPERATOR)
    job = submit(office, hold=True)
    assert held(office, job) == set()
    office.service.release(job.id, SENDER)
    assert held(office, job) == {ONLY_A}
    office.service.hold(job.id, SENDER)
    assert office.row(job.id, 1).queue == Queue.HELD
    office.stops.change(A, RESUME, OPERATOR)
    assert office.row(job.id, 1).queue == Queue.HELD
    office.service.release(job.id, SENDER)
    office.stops.change(A, PAUSE, OPERATOR)
    office.service.cancel(job.id, SENDER)
    assert {row.state for row in office.query.deliveries(job.id, SENDER)} == {DeliveryState.CANCELED}
    office.service.retry(job.id, SENDER, [1, 2])
    assert held(office, job) == {ONLY_A}
    assert await take(office) == {ONLY_B}


async def test_an_urgent_job_waits_as_well_and_a_later_one_for_its_time_too(office: Office) -> None:
    office.stops.change(A, PAUSE, OPERATOR)
    urgent = submit(office, priority=Priority.URGENT)
    later = submit(office, not_before=office.now + 100)
    assert held(office, urgent) == held(office, later) == {ONLY_A}
    office.stops.change(A, RESUME, OPERATOR)
    assert office.row(later.id, 1).queue == Queue.TIMED
    assert await take(office) == set(EVERY)
    office.now += 101
    assert await take(office) == set(EVERY)


async def test_what_was_held_lines_up_behind_others_that_came_meanwhile(office: Office) -> None:
    """D4: a long pause gives nobody the right to go before all others."""
    office.destinations = [ONLY_A]
    office.stops.change(A, PAUSE, OPERATOR)
    submit(office)
    office.destinations = [SINGLE]
    for _ in range(3):
        submit(office, by=Actor("taro", "sender"))
    office.stops.change(A, RESUME, OPERATOR)
    turn = office.row(office.query.list(SENDER)[0].id, 1).turn
    assert turn > 0
    assert await take(office) == {ONLY_A, SINGLE}


async def test_the_usual_deadline_stands_still_while_its_group_is_paused(office: Office) -> None:
    """N1: nothing is lost over a long weekend; but a deadline that the sender named is kept."""
    usual, named = submit(office), submit(office, deadline=office.now + 3000)
    office.now += 100
    office.stops.change(A, PAUSE, OPERATOR)
    office.now += 200_000
    upkeep = Upkeep(office.database, office.spool, lambda documents: None, 3600)
    assert upkeep.expire_deadlines(office.now) == 2
    assert upkeep.expire_deadlines(office.now) == 0
    states = [[row.state for row in office.query.deliveries(job.id, OPERATOR)] for job in (usual, named)]
    aborted = DeliveryState.ABORTED
    assert states == [[DeliveryState.PENDING, aborted, aborted, aborted], [aborted] * 4]
    office.stops.change(A, RESUME, OPERATOR)
    deadline = office.query.get(usual.id, OPERATOR).deadline
    assert deadline is not None
    assert deadline == office.now + 3600 - 100
    assert upkeep.expire_deadlines(office.now) == 0
    assert await take(office) == {ONLY_A}
    late = submit(office, not_before=office.now + 500)
    office.stops.change(A, PAUSE, OPERATOR)
    office.now += 600
    office.stops.change(A, RESUME, OPERATOR)
    assert office.query.get(late.id, OPERATOR).deadline == office.now + 3600


def test_a_closed_group_takes_no_job_and_those_it_has_go_on(office: Office) -> None:
    before = submit(office)
    office.stops.change(B, DISABLE, OPERATOR)
    with pytest.raises(NotAccepting, match=r"'b\.rec' takes no jobs"):
        submit(office)
    submit(office, A)
    assert held(office, before) == set()
    assert not office.stops.get(B).accepting
    office.stops.change(B, ENABLE, OPERATOR)
    submit(office)
    assert issubclass(NotAccepting, Conflict)


def test_a_job_that_was_created_before_its_group_was_closed_is_still_taken(office: Office) -> None:
    """RFC 3998 §3.1.2: no new jobs; those that were created may get their documents."""
    incoming = Incoming(office.database, office.spool, office.service, lambda: office.now)
    made = incoming.create(NewIppJob("print/a", "parts", b""), SENDER)
    office.stops.change(A, DISABLE, OPERATOR)
    with office.spool.receive(limit=1 << 20) as upload:
        upload.write(b"%PDF-1.4 part")
        upload.finish()
        incoming.add_document(made.row.number, upload, office.document(b"%PDF-1.4 part"), SENDER)
    closed = incoming.close(made.row.number, lambda row, there: Made(Submission("parts", there, (A,))), SENDER)
    assert closed.job is not None


def test_it_is_for_operators_and_stays_on_the_record(office: Office, tmp_path: Path) -> None:
    for action in StopAction:
        with pytest.raises(Forbidden):
            office.stops.change(A, action, SENDER)
    assert office.stops.list() == {}
    office.stops.change(A, PAUSE, OPERATOR)
    office.now += 5
    same, moved = office.stops.change(A, PAUSE, Actor("another", "operator"))
    assert (same.by, same.paused, moved) == ("ops", office.now - 5, 0)
    again = Office(tmp_path, office.url, now=office.now, destinations=EVERY, via=office.via)
    try:
        assert again.stops.get(A).paused == office.now - 5
        assert held(again, submit(again)) == {ONLY_A}
    finally:
        again.close()


async def test_no_delivery_slips_through_while_a_group_is_being_paused(office: Office) -> None:
    """Those who send and the one who pauses at the same time: what is taken after the pause goes elsewhere."""
    office.destinations = [ONLY_A]
    documents = (office.document(),)
    start = threading.Barrier(5)

    def send() -> None:
        start.wait()
        for _ in range(5):
            office.service.submit(Submission("x", documents, (A,)), SENDER)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    start.wait()
    office.stops.change(A, PAUSE, OPERATOR)
    for thread in threads:
        thread.join()
    assert len(office.query.list(OPERATOR)) == 20
    assert await take(office) == set()
    assert office.stops.change(A, RESUME, OPERATOR)[1] == 20


def test_names_of_files_are_compared_whole(office: Office) -> None:
    """Also where SQL's patterns would match more."""
    office.via = {ONLY_A: ("100%_A.rec",), ONLY_B: ("100xxA.rec",), BOTH: ("100%_a.rec",), SINGLE: ("支店.rec",)}
    job = submit(office)
    assert office.stops.change("100%_A.rec", PAUSE, OPERATOR)[1] == 1
    assert office.stops.change("支店.rec", PAUSE, OPERATOR)[1] == 1
    assert held(office, job) == {ONLY_A, SINGLE}
    assert office.stops.change("100%_a.rec", RESUME, OPERATOR)[1] == 0
    assert office.stops.change("100%_A.rec", RESUME, OPERATOR)[1] == 1
