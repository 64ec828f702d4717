"""What threads of the receiver do again and again ends when it is to end, and misses no call."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pc_client.receiver.rounds import Rounds


class _Counting(Rounds):
    """Does `act` in its first round."""

    def __init__(self, act: Callable[[Rounds], None]) -> None:
        super().__init__(3600.0)
        self.count = 0
        self._act = act

    def go_round(self) -> None:
        self.count += 1
        if self.count == 1:
            self._act(self)
        else:
            self.end()


class _Interrupted(threading.Event):
    """Something happens just before it is cleared."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act

    def clear(self) -> None:
        act, self._act = self._act, lambda: None
        act()
        super().clear()


def run(rounds: Rounds) -> None:
    thread = threading.Thread(target=rounds.run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize(("act", "count"), [(Rounds.end, 1), (Rounds.wake, 2)])
def test_call_within_a_round_is_heard_after_it(act: Callable[[Rounds], None], count: int) -> None:
    rounds = _Counting(act)
    run(rounds)
    assert rounds.count == count


def test_end_that_comes_as_the_bell_is_taken_back_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = _Counting(lambda _: None)
    monkeypatch.setattr(rounds, "_bell", _Interrupted(rounds.end))
    rounds.wake()
    run(rounds)
    assert rounds.count == 1
