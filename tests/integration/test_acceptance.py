"""Jobs that come in at the same moment are written together, and each has its own answer (D4, N4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError

from distserver.errors import Conflict, StoreUnavailable
from distserver.jobs.acceptance import Also
from distserver.model.jobs import JobView, Submission
from distserver.model.states import Queue
from distserver.model.stops import StopAction
from tests.support.jobs import OPERATOR, SENDER, Office
from tests.support.patience import MOST_SECONDS


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


class Crowd:
    """Submissions by threads, the first of which holds up the others until `go`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._gate, self._inside = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self.answers: dict[str, JobView | Exception] = {}
        self._document = office.document()
        self.add("first", also=self._hold_up)
        assert self._inside.wait(MOST_SECONDS)

    def add(self, title: str, also: Also = lambda *_: None, key: str | None = None) -> None:
        """One more, in a thread of its own."""
        asked = Submission(title, (self._document,), groups=("all",), idempotency_key=key)

        def submit() -> None:
            try:
                self.answers[title] = self._office.service.submit(asked, SENDER, (), also)
            except Exception as error:
                self.answers[title] = error

        self._threads.append(threading.Thread(target=submit))
        self._threads[-1].start()

    def go(self) -> int:
        """When all the others wait, let them write; how many transactions that took."""
        waiting = self._office.service._acceptance._waiting
        until = time.monotonic() + MOST_SECONDS
        while len(self._office.service._acceptance._waiting) < len(self._threads) - 1:
            assert time.monotonic() < until, waiting
            time.sleep(0.01)
        commits = 0

        def count(_: sa.Connection) -> None:
            nonlocal commits
            commits += 1

        sa.event.listen(self._office.database.engine, "commit", count)
        self._gate.set()
        for thread in self._threads:
            thread.join(MOST_SECONDS)
        sa.event.remove(self._office.database.engine, "commit", count)
        return commits

    def _hold_up(self, connection: sa.Connection, job_id: str) -> None:
        self._inside.set()
        assert self._gate.wait(MOST_SECONDS)


def test_a_crowd_is_written_in_two_transactions(office: Office) -> None:
    """The first one's, and one of all who came during it; the workers are woken for each."""
    crowd = Crowd(office)
    for number in range(6):
        crowd.add(f"job {number}")
    assert crowd.go() == 2
    assert office.rung == 2
    assert {job.title for job in office.query.list(OPERATOR)} == {"first", *(f"job {n}" for n in range(6))}
    assert all(isinstance(answer, JobView) for answer in crowd.answers.values())


def test_what_is_answered_is_what_stands_in_the_store(office: Office) -> None:
    for fields in ({}, {"hold": True}, {"not_before": office.now + 60}, {"keep": True, "destinations": ("discard:x",)}):
        job = office.submit(**fields)
        assert office.service.get(job.id, SENDER) == job


def test_turns_in_a_crowd_are_as_if_they_had_come_one_by_one(office: Office) -> None:
    crowd = Crowd(office)
    for number in range(3):
        crowd.add(f"job {number}")
    crowd.go()
    turns = [
        office.row(job.id, row.number).turn
        for job in office.query.list(OPERATOR)
        for row in office.query.deliveries(job.id, OPERATOR)
    ]
    assert sorted(turns) == list(range(1, 4 * office.size + 1))


def test_one_that_cannot_be_does_not_take_others_along(office: Office) -> None:
    def refuse(connection: sa.Connection, job_id: str) -> None:
        raise Conflict("not this one")

    crowd = Crowd(office)
    crowd.add("good")
    crowd.add("bad", also=refuse)
    crowd.add("good too")
    crowd.go()
    assert isinstance(crowd.answers["bad"], Conflict)
    assert {job.title for job in office.query.list(OPERATOR)} == {"first", "good", "good too"}


def test_who_refuses_many_costs_the_others_no_transaction_each(office: Office) -> None:
    def refuse(connection: sa.Connection, job_id: str) -> None:
        raise Conflict("not this one")

    crowd = Crowd(office)
    for number in range(8):
        crowd.add(f"good {number}")
    crowd.add("bad", also=refuse)
    assert crowd.go() == 2
    assert isinstance(crowd.answers["bad"], Conflict)
    assert len(office.query.list(OPERATOR)) == 9


def test_a_value_that_no_column_takes_harms_its_own_job_alone(office: Office) -> None:
    crowd = Crowd(office)
    crowd.add("good")
    crowd.add("bad", also=lambda connection, _: connection.execute(sa.text("SELECT :n"), {"n": "\ud800"}))
    crowd.add("good too")
    crowd.go()
    assert isinstance(crowd.answers["bad"], ValueError | DataError)
    assert {job.title for job in office.query.list(OPERATOR)} == {"first", "good", "good too"}


def test_a_job_does_not_stay_paused_by_a_try_before_the_group_went_on(office: Office) -> None:
    office.via = {"discard:branch1": ("all",)}
    office.stops.change("all", StopAction.PAUSE, OPERATOR)

    def refuse(connection: sa.Connection, job_id: str) -> None:
        connection.rollback()
        office.stops.change("all", StopAction.RESUME, OPERATOR)
        raise Conflict("not this one")

    crowd = Crowd(office)
    crowd.add("good")
    crowd.add("bad", also=refuse)
    crowd.go()
    good = crowd.answers["good"]
    assert isinstance(good, JobView)
    assert good == office.service.get(good.id, SENDER)
    assert office.row(good.id, 1).queue == Queue.READY


def test_the_same_key_twice_in_a_crowd_is_one_job(office: Office) -> None:
    crowd = Crowd(office)
    crowd.add("once", key="k")
    crowd.add("again", key="k")
    crowd.add("other")
    crowd.go()
    once, again = crowd.answers["once"], crowd.answers["again"]
    assert isinstance(once, JobView)
    assert isinstance(again, JobView)
    assert once.id == again.id
    assert len(office.query.list(OPERATOR)) == 3


def test_all_of_a_crowd_hear_that_the_database_is_away(office: Office) -> None:
    """And none waits for ever."""

    def vanish(connection: sa.Connection, job_id: str) -> None:
        raise StoreUnavailable("the database is away")

    crowd = Crowd(office)
    crowd.add("one", also=vanish)
    crowd.add("two")
    crowd.go()
    assert isinstance(crowd.answers["one"], StoreUnavailable)
    assert isinstance(crowd.answers["two"], StoreUnavailable)
    assert [job.title for job in office.query.list(OPERATOR)] == ["first"]


def test_a_fault_of_ours_is_raised_once_and_nobody_waits_for_ever(office: Office) -> None:
    def stumble(connection: sa.Connection, job_id: str) -> None:
        raise RuntimeError("a fault")

    crowd = Crowd(office)
    crowd.add("one", also=stumble)
    crowd.add("two")
    crowd.go()
    kinds = sorted(type(crowd.answers[title]).__name__ for title in ("one", "two"))
    assert kinds == ["RuntimeError", "StoreUnavailable"]
    assert isinstance(office.submit(), JobView)
