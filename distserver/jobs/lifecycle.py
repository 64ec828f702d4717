"""The one transition table of deliveries, and how a job's state is derived from them (SPEC N4).

docs/explanation/states.md draws this table; a test holds both together.
"""

from __future__ import annotations

from enum import StrEnum

from distserver.model.jobs import Counts
from distserver.model.states import DeliveryState, JobState

CRASH, UNEXPLAINED = 1.0, 0.25
"""What a worker's death weighs against the deliveries in its hands: at 3 they are set aside. A crash may be their
fault; where nobody knows how it died, a person or the power is likelier."""


class Event(StrEnum):
    """What can happen to a delivery. The letter is its name in the diagram of docs/explanation/states.md."""

    CLAIM = "claim"
    COMPLETE = "complete"
    ACCEPT = "accept"
    DEFER = "defer"
    FAIL = "fail"
    CANCEL = "cancel"
    RETRY = "retry"
    GIVE_UP = "give-up"
    WAIT = "wait"
    BOUNCE = "bounce"
    CONFIRM = "confirm"


_S = DeliveryState

TRANSITIONS: dict[tuple[DeliveryState, Event], DeliveryState] = {
    (_S.PENDING, Event.CLAIM): _S.PROCESSING,
    (_S.PENDING_RETRY, Event.CLAIM): _S.PROCESSING,
    (_S.PROCESSING, Event.CLAIM): _S.PROCESSING,  # taken over from a worker that died, or looked after again
    (_S.PROCESSING, Event.ACCEPT): _S.PROCESSING,  # the device has it; it is not out yet
    (_S.PROCESSING, Event.COMPLETE): _S.COMPLETED,
    (_S.PROCESSING, Event.DEFER): _S.PENDING_RETRY,
    (_S.PROCESSING, Event.WAIT): _S.PENDING_RETRY,  # its time has not come: no try was made
    (_S.PROCESSING, Event.FAIL): _S.ABORTED,
    (_S.PROCESSING, Event.CANCEL): _S.CANCELED,
    (_S.PENDING, Event.CANCEL): _S.CANCELED,
    (_S.PENDING_RETRY, Event.CANCEL): _S.CANCELED,
    (_S.PENDING, Event.GIVE_UP): _S.ABORTED,
    (_S.PENDING_RETRY, Event.GIVE_UP): _S.ABORTED,
    (_S.COMPLETED, Event.BOUNCE): _S.ABORTED,  # what was taken has come back after all
    (_S.COMPLETED, Event.CONFIRM): _S.COMPLETED,  # a report says more of what was taken
    (_S.ABORTED, Event.RETRY): _S.PENDING,
    (_S.CANCELED, Event.RETRY): _S.PENDING,
    (_S.PENDING_RETRY, Event.RETRY): _S.PENDING,
}


def next_state(state: DeliveryState, event: Event) -> DeliveryState | None:
    """State after `event`, or None when a delivery in `state` does not take it."""
    return TRANSITIONS.get((state, event))


def sources(event: Event) -> tuple[DeliveryState, ...]:
    """States that take `event`."""
    return tuple(state for (state, what) in TRANSITIONS if what is event)


def target(event: Event) -> DeliveryState:
    """The state that `event` leads to; each event has one."""
    return next(after for (_, what), after in TRANSITIONS.items() if what is event)


def derive_job_state(counts: Counts, *, held: bool, canceled: bool) -> tuple[JobState, tuple[str, ...]]:
    """State and state reasons of a job from its deliveries (RFC 8011 §5.3.7, §5.3.8).

    Partial success is `completed` with the reason `completed-with-errors`.
    """
    if counts.ended == counts.total and counts.total:
        return _ended_state(counts)
    waiting = counts.pending + counts.retry
    if canceled:
        return JobState.PROCESSING, ("processing-to-stop-point",)
    if held and not counts.processing:
        return JobState.PENDING_HELD, ("job-hold-until-specified",)
    if counts.processing or counts.ended or counts.retry:
        reasons = ("job-hold-until-specified",) if held and waiting else ()
        return JobState.PROCESSING, reasons or ("job-transforming-or-printing",)
    return JobState.PENDING, ("job-queued",)


def _ended_state(counts: Counts) -> tuple[JobState, tuple[str, ...]]:
    if counts.completed == counts.total:
        return JobState.COMPLETED, ("job-completed-successfully",)
    if counts.completed:
        return JobState.COMPLETED, ("completed-with-errors",)
    if counts.canceled == counts.total:
        return JobState.CANCELED, ("job-canceled-by-user",)
    return JobState.ABORTED, ("aborted-by-system",)
