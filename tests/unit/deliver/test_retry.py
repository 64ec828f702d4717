"""When a delivery is tried again (N4, D15)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.deliver.retry import RULES, next_wait, read_persistence
from distserver.model.states import OutcomeKind

COUNTS = st.dictionaries(st.sampled_from(OutcomeKind), st.integers(0, 10_000))


@given(st.sampled_from(OutcomeKind), COUNTS, st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_are_positive_and_capped(
    kind: OutcomeKind, tries: dict[OutcomeKind, int], strikes: int, chance: float
) -> None:
    wait = next_wait(kind, tries, strikes, chance)
    assert wait is None or 0 < wait <= RULES[kind].cap * 1.25


@pytest.mark.parametrize("kind", OutcomeKind)
def test_waits_grow_until_the_cap(kind: OutcomeKind) -> None:
    waits = [w for tries in range(30) if (w := next_wait(kind, {kind: tries}, 0, 0.5)) is not None]
    assert waits == sorted(waits)
    assert waits[0] == RULES[kind].first


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if RULES[kind].everybody])
def test_the_wait_is_the_destinations_whatever_the_job(kind: OutcomeKind) -> None:
    """N4: a new delivery to a device that has been off for hours does not begin to count anew."""
    fresh = [next_wait(kind, {}, strikes, 0.5) for strikes in range(30)]
    assert fresh == sorted(fresh)  # type: ignore[type-var]
    assert fresh[-1] == RULES[kind].cap


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if not RULES[kind].everybody])
def test_what_is_the_deliverys_own_fault_does_not_depend_on_the_destinations_past(kind: OutcomeKind) -> None:
    assert next_wait(kind, {}, 25, 0.5) == next_wait(kind, {}, 0, 0.5)


@given(st.sampled_from(OutcomeKind), COUNTS, st.integers(0, 100))
def test_tries_are_counted_by_kind(kind: OutcomeKind, tries: dict[OutcomeKind, int], strikes: int) -> None:
    """D15: twelve times busy, then one answer that makes no sense: it is not given up for that."""
    others = {other: count for other, count in tries.items() if other is not kind}
    assert next_wait(kind, others, strikes, 0.5) is not None
    most = RULES[kind].tries
    if most is not None:
        assert next_wait(kind, {**others, kind: most - 2}, strikes, 0.5) is not None
        assert next_wait(kind, {**others, kind: most - 1}, strikes, 0.5) is None


def test_chance_spreads_the_tries() -> None:
    low, high = next_wait(OutcomeKind.BUSY, {}, 0, 0.0), next_wait(OutcomeKind.BUSY, {}, 0, 0.999)
    assert low is not None
    assert high is not None
    assert high > low * 1.5


def test_a_device_that_is_off_is_tried_for_as_long_as_the_job_lives() -> None:
    """D15: only the job's deadline ends it."""
    assert next_wait(OutcomeKind.UNREACHABLE, {OutcomeKind.UNREACHABLE: 100_000}, 100_000, 0.5) is not None
    assert next_wait(OutcomeKind.PROTOCOL, {OutcomeKind.PROTOCOL: 100}, 0, 0.5) is None


def test_a_delivery_is_tried_again_as_often_as_it_asks() -> None:
    """PWG 5100.15 §7.2: of whatever kind its ends were."""
    asked = read_persistence([("number-of-retries", "2")])
    unreachable, busy = OutcomeKind.UNREACHABLE, OutcomeKind.BUSY
    assert next_wait(unreachable, {busy: 1}, 0, 0.5, asked) is not None
    assert next_wait(unreachable, {busy: 1, unreachable: 1}, 0, 0.5, asked) is None
    assert next_wait(busy, {}, 0, 0.5, read_persistence([("number-of-retries", "0")])) is None


@pytest.mark.parametrize(("said", "wait"), [("60", 60.0), ("1", 10.0), ("5000", 900.0), ("soon", 2.0)])
def test_the_time_between_tries_is_what_it_asks_for_within_bounds(said: str, wait: float) -> None:
    """N4: the pause is the destination's, so nobody can make it short or long at will."""
    asked = read_persistence([("retry-interval", said)])
    assert next_wait(OutcomeKind.BUSY, {}, 0, 0.5, asked) == wait
