"""How a program is told to end (`distwire.local.ending`)."""

from __future__ import annotations

import os
import signal
import threading

from distwire.local.ending import Ending, ended_by_signals

SIGNALS = 3_000


def test_signals_at_any_point_are_heard_and_hold_nothing_up() -> None:
    def call() -> None:
        for number in range(SIGNALS):
            os.kill(os.getpid(), (signal.SIGTERM, signal.SIGINT)[number % 2])

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with ended_by_signals() as ending:
        assert not ending.wait(0)
        caller = threading.Thread(target=call)
        caller.start()
        while caller.is_alive():
            ending.wait(0)
        assert ending.is_told
        assert ending.wait()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_wait_ends_when_a_thread_tells_it() -> None:
    ending = Ending()
    threading.Timer(0.1, ending.tell).start()
    assert ending.wait()
    assert ending.is_told
    assert ending.wait(0)


def test_a_wait_lasts_no_longer_than_it_is_to() -> None:
    ending = Ending()
    assert not ending.wait(0.2)
    assert not ending.is_told
