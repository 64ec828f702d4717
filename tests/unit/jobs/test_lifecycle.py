"""The transition table and the derived job state (N4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.jobs.lifecycle import TRANSITIONS, Event, derive_job_state, next_state, sources, target
from distserver.model.jobs import Counts
from distserver.model.states import DeliveryState, JobState

counts = st.builds(Counts, *[st.integers(0, 3)] * 6).filter(lambda c: c.total > 0)


_TOLD_LATER = {(DeliveryState.COMPLETED, Event.BOUNCE), (DeliveryState.COMPLETED, Event.CONFIRM)}
"""What mail systems report after a mail was handed in (RFC 3464)."""


def test_what_has_ended_only_moves_when_it_is_asked_to_be_sent_again_or_told_of() -> None:
    moving = {(state, event) for state, event in TRANSITIONS if state.ended}
    assert moving == {(DeliveryState.ABORTED, Event.RETRY), (DeliveryState.CANCELED, Event.RETRY)} | _TOLD_LATER


def test_what_is_out_is_never_sent_again() -> None:
    """N4: nothing leads from *completed* to where it would be sent."""
    after = {next_state(DeliveryState.COMPLETED, event) for event in Event}
    assert after == {None, DeliveryState.COMPLETED, DeliveryState.ABORTED}


@pytest.mark.parametrize("event", Event)
def test_each_event_leads_to_one_state(event: Event) -> None:
    assert {TRANSITIONS[state, event] for state in sources(event)} == {target(event)}


@given(counts, st.booleans(), st.booleans())
def test_a_job_has_ended_exactly_when_all_its_deliveries_have(found: Counts, held: bool, canceled: bool) -> None:
    state, reasons = derive_job_state(found, held=held, canceled=canceled)
    assert state.ended == (found.ended == found.total)
    assert reasons


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (Counts(pending=2), JobState.PENDING, "job-queued"),
        (Counts(completed=2), JobState.COMPLETED, "job-completed-successfully"),
        (Counts(completed=1, aborted=1), JobState.COMPLETED, "completed-with-errors"),
        (Counts(completed=1, canceled=1), JobState.COMPLETED, "completed-with-errors"),
        (Counts(canceled=2), JobState.CANCELED, "job-canceled-by-user"),
        (Counts(aborted=1, canceled=1), JobState.ABORTED, "aborted-by-system"),
        (Counts(retry=1, completed=5), JobState.PROCESSING, "job-transforming-or-printing"),
    ],
)
def test_job_state_is_that_of_its_deliveries(found: Counts, state: JobState, reason: str) -> None:
    """D4: partial success is completed with the reason completed-with-errors."""
    assert derive_job_state(found, held=False, canceled=False) == (state, (reason,))


def test_a_held_job_with_work_under_way_says_both() -> None:
    assert derive_job_state(Counts(pending=1), held=True, canceled=False)[0] is JobState.PENDING_HELD
    state, reasons = derive_job_state(Counts(pending=1, processing=1), held=True, canceled=False)
    assert (state, reasons) == (JobState.PROCESSING, ("job-hold-until-specified",))
