"""The delay after wrong tries grows, ends, and is bounded in memory."""

from __future__ import annotations

import pytest

from distserver.accounts.throttle import Throttle
from distserver.errors import TooManyTries


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_some_tries_are_free_and_each_further_one_doubles_the_pause() -> None:
    clock = _Clock()
    throttle = Throttle(free=2, clock=clock)
    for _ in range(3):
        throttle.attempt("key")
    pauses = []
    for _ in range(4):
        with pytest.raises(TooManyTries) as refused:
            throttle.attempt("key")
        pauses.append(refused.value.retry_after)
        clock.now += refused.value.retry_after
        throttle.attempt("key")
    assert pauses == [1, 2, 4, 8]


def test_the_pause_has_an_end() -> None:
    clock = _Clock()
    throttle = Throttle(free=0, longest=10, clock=clock)
    for _ in range(50):
        throttle.attempt("key")
        clock.now += 10
    throttle.attempt("key")
    with pytest.raises(TooManyTries) as refused:
        throttle.check("key")
    assert refused.value.retry_after == 10


def test_a_right_try_forgets_the_wrong_ones_and_keys_are_apart() -> None:
    throttle = Throttle(free=1, clock=_Clock())
    throttle.attempt("one")
    throttle.succeed("one")
    throttle.attempt("one")
    throttle.attempt("one")
    throttle.attempt("other")
    with pytest.raises(TooManyTries):
        throttle.attempt("one")


def test_wrong_tries_of_long_ago_do_not_count() -> None:
    clock = _Clock()
    throttle = Throttle(free=1, forget=100, clock=clock)
    for _ in range(50):
        throttle.attempt("key")
        clock.now += 101
    throttle.check("key")


def test_no_more_keys_are_remembered_than_allowed() -> None:
    throttle = Throttle(free=0, keys=10, clock=_Clock())
    for number in range(1000):
        throttle.attempt(number)
    assert len(throttle._tallies) == 10
