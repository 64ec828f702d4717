"""Until when a worker may act (N4)."""

from __future__ import annotations

import pytest

from distserver.engine import lease as module
from distserver.engine.lease import Lease


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that goes on while a process is stopped; its one item is the time."""
    clock = [100.0]
    monkeypatch.setattr(module, "steady_time", lambda: clock[0])
    return clock


def test_before_its_first_sign_of_life_a_worker_may_do_nothing() -> None:
    assert not Lease(30.0).holds()


def test_it_ends_before_others_can_think_it_over(now: list[float]) -> None:
    lease = Lease(30.0)
    lease.renew(lease.start())
    assert lease.holds()
    now[0] += 23.9
    assert lease.holds()
    now[0] += 0.2
    assert not lease.holds()


def test_it_counts_from_before_the_sign_of_life_was_written(now: list[float]) -> None:
    """The database took 20 s to write it: others have seen it for as long."""
    lease = Lease(30.0)
    started = lease.start()
    now[0] += 20
    lease.renew(started)
    now[0] += 5
    assert not lease.holds()


def test_each_sign_of_life_renews_it(now: list[float]) -> None:
    lease = Lease(30.0)
    for _ in range(10):
        lease.renew(lease.start())
        now[0] += 20
        assert lease.holds()


def test_who_was_taken_for_dead_may_do_nothing_any_more(now: list[float]) -> None:
    lease = Lease(30.0)
    lease.renew(lease.start())
    lease.end()
    assert not lease.holds()


def test_its_clock_is_one_that_goes_on() -> None:
    assert Lease(30.0).start() > 0
