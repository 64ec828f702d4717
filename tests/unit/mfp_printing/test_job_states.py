"""The life of a job (RFC 8011 §5.3.7; SPEC N4): ended jobs never change, a stopped one goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp.enums import JobState
from mfp_client.printing.job import ENDED, TRANSITIONS, Job, Ticket, state_keyword


def make_job() -> Job:
    return Job(id=1, uuid="u", name="n", user="u", ticket=Ticket(), created=100.0)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(JobState)
    assert all(not TRANSITIONS[state] for state in ENDED)


@given(st.lists(st.sampled_from(list(JobState)), max_size=12))
def test_a_job_goes_only_where_the_table_allows(path: list[JobState]) -> None:
    job = make_job()
    for at, state in enumerate(path):
        before = job.state
        allowed = state is before or state in TRANSITIONS[before]
        if allowed:
            job.move(state, ("none",), 100.0 + at)
        else:
            with pytest.raises(ValueError, match="cannot go"):
                job.move(state, ("none",), 100.0 + at)
        assert job.state is (state if allowed else before)
        assert job.ended == (job.ended_at is not None)


def test_the_first_moment_of_printing_is_kept() -> None:
    job = make_job()
    for moment, state in enumerate((JobState.PROCESSING, JobState.PROCESSING_STOPPED, JobState.PROCESSING)):
        job.move(state, ("none",), float(moment))
    assert job.processing_at == 0.0


def test_states_are_said_in_the_words_of_the_standard() -> None:
    assert [state_keyword(state) for state in JobState] == [
        "pending",
        "pending-held",
        "processing",
        "processing-stopped",
        "canceled",
        "aborted",
        "completed",
    ]
