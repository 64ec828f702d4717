"""When a delivery is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.deliver.retry import RULES, next_wait
from distserver.model.states import OutcomeKind


@given(st.sampled_from(OutcomeKind), st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_are_positive_and_capped(kind: OutcomeKind, attempt: int, chance: float) -> None:
    wait = next_wait(kind, attempt, chance)
    assert wait is None or 0 < wait <= RULES[kind].cap * 1.25


@pytest.mark.parametrize("kind", OutcomeKind)
def test_waits_grow_until_the_cap(kind: OutcomeKind) -> None:
    waits = [w for attempt in range(1, 30) if (w := next_wait(kind, attempt, 0.5)) is not None]
    assert waits == sorted(waits)
    assert waits[0] == RULES[kind].first


def test_chance_spreads_the_tries() -> None:
    low, high = next_wait(OutcomeKind.BUSY, 1, 0.0), next_wait(OutcomeKind.BUSY, 1, 0.999)
    assert low is not None
    assert high is not None
    assert high > low * 1.5


def test_a_device_that_is_off_is_tried_for_as_long_as_the_job_lives() -> None:
    """D15: only the job's deadline ends it."""
    assert next_wait(OutcomeKind.UNREACHABLE, 100_000, 0.5) is not None
    assert next_wait(OutcomeKind.PROTOCOL, 100, 0.5) is None
