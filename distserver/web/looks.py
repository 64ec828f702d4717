"""How states look: a tone (colour and sign), a word, and the shares of a counts bar. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.model.jobs import Counts, DeliveryView, JobView
from distserver.model.states import DeliveryState, JobState
from distserver.report import words

BAR_WIDTH = 1000
_LEAST_WIDTH = 8
_ENDED_TONES = ("done", "failed", "canceled")

_DELIVERY_TONES = {
    DeliveryState.PENDING: "waiting",
    DeliveryState.PENDING_RETRY: "attention",
    DeliveryState.PROCESSING: "active",
    DeliveryState.CANCELED: "canceled",
    DeliveryState.ABORTED: "failed",
    DeliveryState.COMPLETED: "done",
}
_JOB_TONES = {
    JobState.PENDING: "waiting",
    JobState.PENDING_HELD: "held",
    JobState.PROCESSING: "active",
    JobState.PROCESSING_STOPPED: "attention",
    JobState.CANCELED: "canceled",
    JobState.ABORTED: "failed",
    JobState.COMPLETED: "done",
}


@dataclass(frozen=True, slots=True)
class Look:
    """`tone` names a colour and a sign of the style sheet; `turning` lets the sign move."""

    tone: str
    word: str
    turning: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a counts bar; `start` and `width` on a scale of `BAR_WIDTH`. What has not `ended` is drawn pale:
    a bar full of it is not 100 %."""

    tone: str
    word: str
    count: int
    start: int
    width: int
    ended: bool


def look_of_delivery(delivery: DeliveryView) -> Look:
    """A device that stopped for want of something looks like what wants attention, not like progress."""
    word = words.name_state(delivery.state)
    if delivery.state is not DeliveryState.PROCESSING:
        return Look(_DELIVERY_TONES[delivery.state], word)
    if words.needs_attention(delivery):
        return Look("attention", "Needs attention")
    return Look("active", word, turning=True)


def look_of_job(job: JobView) -> Look:
    """Partial success looks like what wants attention."""
    word = words.name_job(job)
    if "completed-with-errors" in job.reasons:
        return Look("attention", word)
    if job.held and not job.state.ended:
        return Look("held", word)
    return Look(_JOB_TONES[job.state], word, turning=job.state is JobState.PROCESSING)


def split_counts(counts: Counts, stuck: int = 0) -> tuple[Segment, ...]:
    """The counts that are not zero, as parts that fill the bar; the smallest can still be seen.

    `stuck` of those under way need attention: their device has stopped.
    """
    stuck = min(stuck, counts.processing)
    shown = [
        ("done", "completed", counts.completed),
        ("failed", "failed", counts.aborted),
        ("canceled", "canceled", counts.canceled),
        ("attention", "needs attention" if stuck == 1 else "need attention", stuck),
        ("active", "under way", counts.processing - stuck),
        ("retry", "trying again", counts.retry),
        ("waiting", "waiting", counts.pending),
    ]
    present = [entry for entry in shown if entry[2]]
    spare = BAR_WIDTH - _LEAST_WIDTH * len(present)
    segments, start = [], 0
    for place, (tone, word, count) in enumerate(present):
        width = _LEAST_WIDTH + spare * count // counts.total
        if place == len(present) - 1:
            width = BAR_WIDTH - start
        segments.append(Segment(tone, word, count, start, width, tone in _ENDED_TONES))
        start += width
    return tuple(segments)
