"""What the board makes of states, counts, times and names, without any server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.jobs import Counts
from distserver.model.states import DeliveryState, JobState
from distserver.web import formats, looks
from tests.support.views import WAITING, make_job

numbers = st.integers(0, 10_000)


@given(st.tuples(numbers, numbers, numbers, numbers, numbers, numbers))
def test_bar_is_filled_exactly_and_every_share_can_be_seen(parts: tuple[int, ...]) -> None:
    counts = Counts(*parts)
    segments = looks.split_counts(counts)
    assert sum(segment.count for segment in segments) == counts.total
    place = 0
    for segment in segments:
        assert segment.start == place
        assert segment.width >= 4
        place += segment.width
    assert place == (looks.BAR_WIDTH if counts.total else 0)


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_delivery_state_has_a_tone_and_a_word(state: DeliveryState) -> None:
    """Colour is never alone: N6."""
    look = looks.look_of_delivery(replace(WAITING, state=state))
    assert look.tone
    assert look.word


@pytest.mark.parametrize("state", list(JobState))
def test_every_job_state_has_a_tone_and_a_word(state: JobState) -> None:
    assert looks.look_of_job(make_job(state)).word


def test_out_of_paper_looks_like_what_wants_attention() -> None:
    look = looks.look_of_delivery(
        replace(WAITING, state=DeliveryState.PROCESSING, device_reasons=("media-empty-error",))
    )
    assert look.tone == "attention"


def test_partial_success_does_not_look_like_success() -> None:
    assert looks.look_of_job(make_job(JobState.COMPLETED, "completed-with-errors")).tone == "attention"


@pytest.mark.parametrize("text", ["札幌支店", "ｶﾅ", "Sales ツアー"])
def test_japanese_names_are_marked_as_japanese(text: str) -> None:
    assert formats.lang_attribute(text) == ' lang="ja"'


@pytest.mark.parametrize("text", ["Sales", "Zürich", "Ελλάδα", ""])
def test_other_names_are_not(text: str) -> None:
    assert formats.lang_attribute(text) == ""


@pytest.mark.parametrize(
    ("octets", "shown"), [(0, "1 kB"), (813_400, "813 kB"), (2_400_000, "2.4 MB"), (31_000_000, "31 MB")]
)
def test_sizes(octets: int, shown: str) -> None:
    assert formats.show_size(octets) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, "0 s"), (61, "1 min 1 s"), (7500, "2 h 5 min")])
def test_durations(seconds: float, shown: str) -> None:
    assert formats.show_duration(seconds) == shown
