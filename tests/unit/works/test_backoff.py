"""How long the sender waits for a server that is away."""

from __future__ import annotations

from mfp_client.works.backoff import MOST_SECONDS, Backoff


def test_pauses_grow_to_a_minute_and_begin_anew_after_an_answer() -> None:
    backoff = Backoff()
    pauses = [backoff.fail() for _ in range(40)]
    assert all(0.5 * 2**number <= pause <= 2.0**number for number, pause in enumerate(pauses[:6]))
    assert all(MOST_SECONDS / 2 <= pause <= MOST_SECONDS for pause in pauses[6:])
    backoff.succeed()
    assert backoff.fail() <= 1.0


def test_devices_do_not_come_back_at_the_same_instant() -> None:
    assert len({Backoff(8).fail() for _ in range(20)}) > 15
