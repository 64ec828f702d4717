"""The fuzzer's own tools: scripts, tokens, changes."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.ipp_mutation import change_body
from tests.fuzz.mutation import mutate_script
from tests.fuzz.script import MOST_STEPS, Step, fill_in, read_script, write_script
from tests.fuzz.seeds import make_bodies, make_seeds
from tests.fuzz.tokens import read_body

STEPS = st.builds(Step, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60))


@given(st.lists(STEPS, max_size=MOST_STEPS))
def test_a_script_survives_being_written(steps: list[Step]) -> None:
    assert list(read_script(write_script(steps))) == steps


@given(st.binary(max_size=200))
def test_any_octets_are_a_script(raw: bytes) -> None:
    for step in read_script(raw):
        assert b"".join(step.pieces(step.data)) == step.data


@given(st.binary(max_size=200))
def test_a_body_is_put_together_as_it_was(raw: bytes) -> None:
    assert read_body(raw).write() == raw


def test_good_bodies_are_taken_apart() -> None:
    for bodies in make_bodies():
        for raw in bodies:
            body = read_body(raw)
            assert body.write() == raw
            assert body.tokens[body.find_end()].tag == 3


def test_numbers_of_jobs_are_filled_in_without_moving_anything() -> None:
    raw = b"x/00000000@1" + b"\x7f\0\0\0" + b"\x7f\0\0\5"
    assert fill_in(raw, [12, 34]) == b"x/0000000034" + b"\0\0\0\x0c" + b"\0\x0f\x42\x3f"


@given(st.integers(0, 1 << 32))
def test_changes_are_the_same_for_the_same_seed_and_keep_within_their_size(seed: int) -> None:
    script = list(make_seeds())[seed % 100]
    changed = mutate_script(script, 5_000, random.Random(seed))
    assert changed == mutate_script(script, 5_000, random.Random(seed))
    assert len(changed) <= 5_000


@given(st.binary(max_size=60), st.integers(0, 1 << 32))
def test_whatever_is_changed_can_be_changed(raw: bytes, seed: int) -> None:
    assert isinstance(change_body(raw, random.Random(seed)), bytes)
