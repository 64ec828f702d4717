"""Which other workers are dead (N4), and what their death says of what they carried."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from distserver.engine.watchlist import Watchlist, this_host
from distserver.store.executors import Executor

LEASE = 30.0
HERE, THERE = "here/boot/1", "there/boot/1"
DEAD_PID = 2**22 + 1  # above the largest that Linux gives (PID_MAX_LIMIT)


class Watcher:
    """A watchlist with a clock that is told the time; it looks every three seconds, as the guardian does."""

    def __init__(self, *, alone: bool = False) -> None:
        self.now = 1000.0
        self.list = Watchlist("me", HERE, LEASE, alone=alone, clock=lambda: self.now)

    def look(self, *known: Executor) -> list[tuple[str, float]]:
        return [(one.id, weight) for one, weight in self.list.find_dead(known)]

    def look_for(self, seconds: float, *known: Executor) -> list[tuple[str, float]]:
        """What it finds in so long a time in which nothing changes."""
        found = []
        for _ in range(int(seconds / 3)):
            found += self.look(*known)
            self.now += 3
        return found


def other(beat: float = 5.0, host: str = THERE, pid: int = 1) -> Executor:
    return Executor("other", host, pid, 0.0, beat)


def test_a_process_of_this_machine_that_is_gone_is_dead_at_once() -> None:
    assert Watcher().look(other(host=HERE, pid=DEAD_PID)) == [("other", 0.25)]


def test_a_process_of_this_machine_that_lives_is_alive() -> None:
    assert Watcher().look(other(host=HERE, pid=os.getpid())) == []


def test_oneself_is_never_dead() -> None:
    assert Watcher().look_for(300, replace(other(host=HERE, pid=DEAD_PID), id="me")) == []


@pytest.mark.parametrize(
    ("last", "weight"),
    [
        (f"{DEAD_PID}:crashed", 1.0),
        (f"{DEAD_PID}:ended", 0.25),
        ("17:crashed", 0.25),
        ("", 0.25),
        ("nonsense", 0.25),
    ],
)
def test_a_crash_that_the_supervisor_saw_weighs_more(monkeypatch: pytest.MonkeyPatch, last: str, weight: float) -> None:
    """At 3 what it carried is set aside: three crashes, or a dozen deaths that nobody can explain."""
    monkeypatch.setenv("DISTSERVER_LAST_WORKER", last)
    assert Watcher().look(other(host=HERE, pid=DEAD_PID)) == [("other", weight)]


def test_who_is_silent_for_longer_than_its_lease_is_dead() -> None:
    watcher = Watcher()
    assert watcher.look_for(30, other()) == []
    assert watcher.look_for(6, other()) != []


def test_who_speaks_is_alive_whatever_its_clock_says() -> None:
    watcher = Watcher()
    for beat in (5.0, 4.0, 1e12, 0.0, -7.0, 2.5):
        assert watcher.look_for(27, other(beat)) == []


def test_who_could_not_be_seen_is_not_dead() -> None:
    """The database was away for ten minutes, or we were stopped: nobody could say that they live."""
    watcher = Watcher()
    assert watcher.look_for(27, other()) == []
    watcher.now += 600
    assert watcher.look_for(30, other()) == []
    assert watcher.look_for(6, other()) != []


def test_on_a_file_of_this_machine_whoever_was_there_before_the_start_is_dead() -> None:
    assert Watcher(alone=True).look(other(host="here/earlier-boot/1")) == [("other", 0.25)]


def test_who_is_forgotten_and_comes_again_is_seen_anew() -> None:
    watcher = Watcher()
    assert watcher.look_for(27, other()) == []
    assert watcher.look() == []
    assert watcher.look_for(27, other()) == []


def test_this_host_tells_one_start_of_a_machine_from_another() -> None:
    name, boot, space = this_host().rsplit("/", 2)
    assert name
    assert boot
    assert space.isdigit()
    assert this_host() == this_host()
