"""Ids of jobs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from distserver.store.ids import job_id
from distserver.store.rows import delivery_name

moments = st.floats(1_600_000_000, 9_000_000_000)
bits = st.integers(0, (1 << 30) - 1)


@given(moments, bits, moments, bits)
def test_ids_sort_by_time(one: float, first: int, other: float, second: int) -> None:
    if int(one * 1000) < int(other * 1000):
        assert job_id(one, first) < job_id(other, second)


@given(moments, bits)
def test_an_id_has_sixteen_characters_that_are_not_mistaken(moment: float, chance: int) -> None:
    made = job_id(moment, chance)
    assert len(made) == 16
    assert not set(made) & set("ilou")


def test_the_device_knows_a_new_try_by_a_new_name() -> None:
    """N4: an old job that the device aborted is never taken for the new one."""
    assert delivery_name("j", 3, 0) == "j-3"
    assert delivery_name("j", 3, 2) == "j-3.2"
