"""A print job and what may become of it (RFC 8011 §5.3.7, drawn in docs/reference/mfp-client.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from distwire.ipp.enums import JobState

ENDED = frozenset({JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset({JobState.PENDING_HELD, JobState.PROCESSING, JobState.CANCELED, JobState.ABORTED}),
    JobState.PENDING_HELD: frozenset({JobState.PENDING, JobState.CANCELED, JobState.ABORTED}),
    JobState.PROCESSING: frozenset(
        {JobState.PROCESSING_STOPPED, JobState.PENDING, JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED}
    ),
    JobState.PROCESSING_STOPPED: frozenset(
        {JobState.PROCESSING, JobState.PENDING, JobState.CANCELED, JobState.ABORTED}
    ),
    JobState.CANCELED: frozenset(),
    JobState.ABORTED: frozenset(),
    JobState.COMPLETED: frozenset(),
}
"""From processing back to pending: only when the device is switched off in mid-job."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the job asks of its printing; None and empty leave it to the device.

    `page_ranges` are (first, last), counted from 1.
    """

    copies: int = 1
    sides: str | None = None
    media: str | None = None
    color_mode: str = "auto"
    scaling: str = "auto"
    orientation: int | None = None
    page_ranges: tuple[tuple[int, int], ...] = ()
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """The document as it came: its format (what the request said), SHA-256 of its bytes (hex), size in bytes."""

    format: str
    sha256: str
    octets: int
    name: str | None = None


@dataclass(slots=True)
class Job:
    """One job. Only `mfp_client.printing.device` changes it; times are seconds since the epoch."""

    id: int
    uuid: str
    name: str
    user: str
    ticket: Ticket
    created: float
    state: JobState = JobState.PENDING
    reasons: tuple[str, ...] = ("job-incoming",)
    words: str = ""
    document: Received | None = None
    closed: bool = False
    pages: int | None = None
    impressions: int = 0
    sheets: int = 0
    processing_at: float | None = None
    ended_at: float | None = None
    supplied: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """True when the job will not change any more."""
        return self.state in ENDED

    @property
    def printable(self) -> bool:
        """True when all of it is here and nothing holds it."""
        return self.state is JobState.PENDING and self.closed and self.document is not None

    def move(self, state: JobState, reasons: tuple[str, ...], now: float, words: str = "") -> None:
        """Go to another state; raises ValueError for one that cannot follow."""
        if state is not self.state and state not in TRANSITIONS[self.state]:
            raise ValueError(f"job {self.id} cannot go from {self.state.name} to {state.name}")
        self.state, self.reasons, self.words = state, reasons, words
        if state is JobState.PROCESSING and self.processing_at is None:
            self.processing_at = now
        if state in ENDED:
            self.ended_at = now


def state_keyword(state: JobState) -> str:
    """The standard's word for a state, such as `processing-stopped`."""
    return state.name.lower().replace("_", "-")


def iso(moment: float | None) -> str | None:
    """A moment as text in UTC, with milliseconds."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
