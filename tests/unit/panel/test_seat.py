"""One person at a time at a panel."""

from __future__ import annotations

import threading

import pytest

from mfp_client.panel.changes import Changes
from mfp_client.panel.log_in import Arrival
from mfp_client.panel.seat import Seats, warning_of
from mfp_client.works.person import Person

ANNA, BOB = Arrival(Person("anna"), "sender"), Arrival(Person("bob"), "sender")


def test_whoever_logs_in_takes_the_seat() -> None:
    seats = Seats(120.0)
    first = seats.take(ANNA)
    assert seats.find(first.token) is first
    second = seats.take(BOB)
    assert seats.find(first.token) is None
    assert seats.find(second.token) is second
    assert seats.find("") is None
    assert seats.find("schlüssel") is None


def test_a_seat_that_is_left_is_nobodys() -> None:
    seats = Seats(120.0)
    seat = seats.take(ANNA)
    assert seats.leave() is seat
    assert seats.find(seat.token) is None
    assert seats.leave() is None


def test_whoever_leaves_takes_nobody_elses_seat() -> None:
    seats = Seats(120.0)
    first = seats.take(ANNA)
    second = seats.take(BOB)
    assert seats.leave(first) is None
    assert seats.find(second.token) is second
    assert seats.leave(second) is second


def test_who_does_nothing_is_logged_out_and_who_does_something_is_not() -> None:
    now = [0.0]
    seats = Seats(120.0, lambda: now[0])
    seat = seats.take(ANNA)
    now[0] = 119.0
    assert seats.leave_idle() is None
    seats.touch(seat)
    now[0] = 238.0
    assert seats.leave_idle() is None
    now[0] = 239.0
    assert seats.leave_idle() is seat
    assert seats.find(seat.token) is None


def test_what_was_done_a_moment_ago_counts_from_then() -> None:
    now = [0.0]
    seats = Seats(120.0, lambda: now[0])
    seat = seats.take(ANNA)
    now[0] = 30.0
    seats.touch(seat, 12.0)
    now[0] = 137.0
    assert seats.leave_idle() is None
    now[0] = 138.0
    assert seats.leave_idle() is seat


@pytest.mark.parametrize(("idle", "warning"), [(120, 20), (40, 20), (30, 15), (10, 5)])
def test_the_warning_comes_20_seconds_before_or_after_half_the_time(idle: int, warning: int) -> None:
    assert warning_of(idle) == warning


def test_screens_are_answered_as_soon_as_something_changes() -> None:
    changes = Changes()
    known = changes.serial
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(changes.wait(known, 60.0)))
    waiting.start()
    changes.note()
    waiting.join()
    assert answers == [known + 1]
    assert changes.wait(known, 60.0) == known + 1


def test_at_the_end_nobody_waits() -> None:
    changes = Changes()
    changes.end()
    assert changes.wait(changes.serial, 60.0) == changes.serial


def test_a_device_that_is_seen_at_work_counts_as_a_touch() -> None:
    now = [1000.0]
    seats = Seats(120.0, lambda: now[0])
    seats.take(ANNA)
    now[0] += 119.0
    seen = now[0]
    now[0] += 100.0
    assert seats.leave_idle(seen) is None
    now[0] += 20.0
    left = seats.leave_idle(seen)
    assert left is not None
    assert (left.person.name, seats.user) == ("anna", None)
