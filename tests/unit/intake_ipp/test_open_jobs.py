"""How many jobs one client may have open (N1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.open_jobs import OpenJobs
from distserver.jobs.incoming import IppJob
from distserver.model.jobs import GUEST, Actor
from distserver.store.ipp_jobs import OPEN, IppJobRow
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal


class Store:
    """Numbers of open jobs."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.given = 0
        self.asked = 0

    def create(self) -> IppJob:
        self.given += 1
        self.open.add(self.given)
        row = IppJobRow(self.given, "print/office", None, OPEN, "", "", "x", "sender", "", b"", 0.0, 0.0, None)
        return IppJob(row, None, ())

    def still_open(self, numbers: Iterable[int]) -> set[int]:
        self.asked += 1
        return self.open & set(numbers)


def guest(name: str, peer: str) -> Visitor:
    return Visitor(Actor(name, GUEST), False, peer)


def user(name: str, peer: str = "192.0.2.1") -> Visitor:
    return Visitor(Actor(name, "sender"), True, peer)


def test_each_user_and_each_address_of_guests_has_so_many() -> None:
    store = Store()
    jobs = OpenJobs(store.still_open, 2)
    crowd = [
        user("hanako"),
        user("hanako", "192.0.2.9"),
        user("taro"),
        guest("a", "192.0.2.1"),
        guest("b", "192.0.2.1"),
    ]
    for visitor in crowd:
        jobs.create(visitor, store.create)
    assert store.asked == 0
    for full in (user("hanako", "192.0.2.7"), guest("c", "192.0.2.1")):
        with pytest.raises(Refusal) as refused:
            jobs.create(full, store.create)
        assert refused.value.reply.status == Status.TOO_MANY_JOBS
    jobs.create(guest("c", "192.0.2.2"), store.create)
    assert store.given == 6


def test_one_host_of_ipv6_is_one_whatever_address_it_takes() -> None:
    store = Store()
    jobs = OpenJobs(store.still_open, 1)
    jobs.create(guest("a", "2001:db8::1"), store.create)
    with pytest.raises(Refusal):
        jobs.create(guest("a", "2001:db8::2"), store.create)


def test_what_is_open_no_more_makes_room() -> None:
    store = Store()
    jobs = OpenJobs(store.still_open, 2)
    for _ in range(2):
        jobs.create(user("taro"), store.create)
    store.open.remove(1)
    jobs.create(user("taro"), store.create)
    with pytest.raises(Refusal):
        jobs.create(user("taro"), store.create)


def test_what_could_not_be_created_takes_no_place() -> None:
    store = Store()
    jobs = OpenJobs(store.still_open, 1)

    def fail() -> IppJob:
        raise Refusal(Status.TEMPORARY_ERROR, "the disk is full")

    for _ in range(3):
        with pytest.raises(Refusal, match="full"):
            jobs.create(user("taro"), fail)
    jobs.create(user("taro"), store.create)


def test_a_client_is_not_harmed_by_a_creation_that_fails_while_it_is_counted() -> None:
    store, begun, ended = Store(), threading.Event(), threading.Event()

    def look(numbers: Iterable[int]) -> set[int]:
        ended.set()
        failing.join(30)
        return store.still_open(numbers)

    def fail() -> IppJob:
        begun.set()
        assert ended.wait(30)
        raise Refusal(Status.TEMPORARY_ERROR, "not now")

    def create() -> None:
        with pytest.raises(Refusal):
            jobs.create(user("hanako"), fail)

    jobs = OpenJobs(look, 1)
    failing = threading.Thread(target=create)
    failing.start()
    assert begun.wait(30)
    assert jobs.create(user("hanako"), store.create).row.number == 1
