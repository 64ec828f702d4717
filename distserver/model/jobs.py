"""Jobs and deliveries as they are asked for and shown (SPEC D4, N6). Times are seconds since the epoch, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from distserver.model.address import Channel, Destination
from distserver.model.documents import Document, PrintOptions
from distserver.model.states import DeliveryState, Evidence, JobState, OutcomeKind, Priority, Resend

GUEST = "guest"
"""The role of an actor who has not signed in: the door at which they came has looked whether they may."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: the name goes to the audit log and the job's `sender`; `role` decides what is allowed. `peer` is the
    address of a guest, whose name is whatever they say. `via` is the device that a user stands before; `token` the id
    of the token that was shown."""

    name: str
    role: str
    peer: str = ""
    via: str = ""
    token: str = field(default="", compare=False)

    @property
    def note(self) -> str:
        """What the audit log says of the way that this came: nothing, but for who stands before a device."""
        return f"via {self.via}" if self.via else ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A job as a sender asks for it (SPEC D4): documents that are in the spool already, groups by name or file,
    single destinations by name or address; `addressed` are further ones with options of their own, which need not stand
    in any group. `asked` are options of every delivery, in front of its line's. `not_before` and `deadline` are
    absolute times or None. `promised`: a door has taken the job before, so that also a group takes it which an operator
    has closed since."""

    title: str
    documents: tuple[Document, ...]
    groups: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    addressed: tuple[Destination, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    options: PrintOptions = PrintOptions()
    priority: Priority = Priority.NORMAL
    not_before: float | None = None
    deadline: float | None = None
    keep: bool = False
    hold: bool = False
    idempotency_key: str | None = None
    promised: bool = False


AT_ONE_NUMBER = 8
"""So many deliveries may wait together for one number: they ride one call, which is never more than one."""


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One copy of the job: where to, and through which groups the destination was chosen (empty: singly). `via` are the
    files of those groups if it goes on their account alone, empty when it was chosen singly too. `rules` is what the
    registry of destinations says of it now: a worker looks again when the delivery goes."""

    destination: Destination
    groups: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    resend: Resend = Resend.AT_LEAST_ONCE
    rules: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Of its destination: what is asked, then the registry's, then those of its line; the last of a key counts."""
        return self.destination.under(self.rules).options

    @property
    def at_once(self) -> int:
        """How many deliveries may be at this destination at the same time."""
        said = self.destination.under(self.rules).option("at-once") or ""
        if said.isascii() and said.isdigit() and 0 < int(said) < 1000:
            return int(said)
        return AT_ONE_NUMBER if self.destination.address.channel is Channel.FAX else 1


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries of a job stand in each state."""

    pending: int = 0
    retry: int = 0
    processing: int = 0
    completed: int = 0
    aborted: int = 0
    canceled: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.retry + self.processing + self.ended

    @property
    def ended(self) -> int:
        return self.completed + self.aborted + self.canceled


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it is shown. `reasons` are keywords (`completed-with-errors`, `job-hold-until-specified` …)."""

    id: str
    title: str
    sender: str
    state: JobState
    reasons: tuple[str, ...]
    priority: Priority
    options: PrintOptions
    groups: tuple[str, ...]
    counts: Counts
    documents: tuple[Document, ...]
    keep: bool
    held: bool
    document_erased: bool
    created: float
    updated: float
    not_before: float | None
    deadline: float | None
    ended: float | None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A row of the board and a receipt. `id` is unique and is the name the device knows the job by.

    `reason` is a keyword; `message` the device's or channel's own words; `device_reasons` what the device says of
    itself (`media-empty` …). `pages` are those out so far, None when the device does not count.
    """

    id: str
    job_id: str
    number: int
    name: str
    address: str
    channel: str
    groups: tuple[str, ...]
    state: DeliveryState
    evidence: Evidence
    reason: str
    message: str
    device_reasons: tuple[str, ...]
    attempts: int
    pages: int | None
    pages_total: int
    rendition: str
    resend: Resend
    created: float
    updated: float
    started: float | None
    ended: float | None
    next_try: float | None
    cancel_requested: bool = False


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt at a delivery, as it ended."""

    number: int
    started: float
    ended: float
    outcome: str
    reason: str
    message: str
    remote_id: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation on a job really did: counts of deliveries by what happened to them, and a sentence.

    `changed` were changed at once, `asked` are under way and their device is being asked, `left` had ended before.
    """

    job: JobView
    changed: int = 0
    asked: int = 0
    left: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker now holds, with all it needs to carry it out.

    `id` is the name the device knows it by. `options` are the sender's, those of the destination's line before them.
    `uncertain`: an earlier attempt may have reached the device, ask before sending. `accepted`: the device has it as
    `remote_id`, follow it. `resent`: it was sent again though an earlier attempt may have arrived. `crashes` weighs the
    workers that died with it. `tries` counts its failed tries by kind, `strikes` those of its destination in a row,
    whatever the job; `marked`: something is remembered against that.
    """

    key: int
    id: str
    job_id: str
    number: int
    destination: Destination
    title: str
    sender: str
    options: PrintOptions
    documents: tuple[Document, ...]
    attempt: int
    crashes: float
    uncertain: bool
    accepted: bool
    resent: bool
    cancel_requested: bool
    remote_id: str | None
    resend: Resend
    deadline: float | None
    pinned: str | None = None
    learnt: str = ""
    host: str = ""
    subnet: str = ""
    tries: Mapping[OutcomeKind, int] = field(default_factory=dict)
    strikes: int = 0
    marked: bool = False
    known: KnownDevice | None = None
    priority: Priority = Priority.NORMAL
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What a destination has said of itself at the time `at`, as JSON, and the formats that it refuses all the same,
    with the time when that was seen last."""

    capabilities: str | None
    at: float
    refuses: Mapping[str, float] = field(default_factory=dict)
