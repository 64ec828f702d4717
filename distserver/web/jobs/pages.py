"""What the templates of jobs are given."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from distserver.errors import Conflict, NotFound
from distserver.groups.snapshot import Snapshot
from distserver.jobs.query import JobQuery
from distserver.model.accounts import Role
from distserver.model.jobs import Actor, AttemptView, DeliveryView, JobView
from distserver.model.states import DeliveryState, Evidence, JobState
from distserver.report import words
from distserver.report.phrase import Phrase
from distserver.web.jobs.forms import Choice, Show
from distserver.web.looks import Look, Segment, look_of_delivery, look_of_job, split_counts

ROWS_PER_PAGE = 250
_SHOWN_TARGETS = 4
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class JobItem:
    """A job in a list. `to` names the first groups and destinations it was sent to; `stuck` deliveries under way
    need somebody at their device."""

    job: JobView
    look: Look
    segments: tuple[Segment, ...]
    title: str
    to: tuple[str, ...]
    stuck: int = 0

    @property
    def share(self) -> int:
        """Per cent of the deliveries that have ended."""
        counts = self.job.counts
        return 100 * counts.ended // counts.total if counts.total else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in the table of its job. `others` is what its device says beside the reason."""

    delivery: DeliveryView
    look: Look
    reason: Phrase
    others: tuple[Phrase, ...]
    can_retry: bool
    can_cancel: bool

    @property
    def key(self) -> str:
        return str(self.delivery.number)

    @property
    def when(self) -> float | None:
        """The moment that matters: its end, else its start."""
        return self.delivery.ended or self.delivery.started

    @property
    def pages(self) -> int | None:
        """Pages out; None when the device does not count them."""
        return words.count_pages(self.delivery)

    @property
    def uncounted(self) -> bool:
        """Whether all pages are out though the device counted none."""
        done = self.delivery.state is DeliveryState.COMPLETED and self.delivery.evidence is Evidence.COMPLETED
        return done and self.pages is None and self.delivery.pages_total > 0

    @property
    def technical(self) -> bool:
        """Whether the message is our own and not the device's."""
        return words.is_technical(self.delivery.reason)

    @property
    def share(self) -> int | None:
        """Per mille of the pages that are out, while it is under way."""
        pages, total = self.delivery.pages, self.delivery.pages_total
        if pages is None or not total or self.delivery.state is not DeliveryState.PROCESSING:
            return None
        return min(1000, 1000 * pages // total)


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice of rows, and how many there are."""

    show: Show
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class RowPage:
    """The rows of one page; `first` … `last` are the delivery numbers that belong to it (`last` 0: no end)."""

    rows: Sequence[Row]
    choice: Choice
    pages: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a delivery, with its reason in words."""

    view: AttemptView
    reason: Phrase

    @property
    def technical(self) -> bool:
        """Whether the message is our own and not the device's."""
        return words.is_technical(self.view.reason)

    @property
    def seconds(self) -> float:
        return self.view.ended - self.view.started


def may_change(by: Actor) -> bool:
    """Receivers look at jobs; the others work on those they see."""
    return by.role != Role.RECEIVER


def make_items(query: JobQuery, jobs: Sequence[JobView], snapshot: Snapshot) -> list[JobItem]:
    """Jobs as lists show them, with how many of their devices need attention: asked once for all of them."""
    said = query.device_reasons([job.id for job in jobs if job.counts.processing])
    return [make_item(job, snapshot, _count_stuck(said.get(job.id, ()))) for job in jobs]


def _count_stuck(said: Iterable[tuple[tuple[str, ...], int]]) -> int:
    return sum(count for reasons, count in said if words.stopping_reasons(reasons))


def make_item(job: JobView, snapshot: Snapshot, stuck: int = 0) -> JobItem:
    """A job as lists show it; groups and destinations by their names, however the sender has named them."""
    title = job.title or next((document.name for document in job.documents), "") or "Untitled"
    to = tuple([_name_target(text, snapshot) for text in job.groups[:_SHOWN_TARGETS]])
    if len(job.groups) > _SHOWN_TARGETS:
        to = (*to, f"and {len(job.groups) - _SHOWN_TARGETS} more")
    return JobItem(job, look_of_job(job), split_counts(job.counts, stuck), title, to, stuck)


def _name_target(text: str, snapshot: Snapshot) -> str:
    """What people call a chosen group or destination; one that is gone keeps what the sender wrote."""
    groups = snapshot.find_all(text)  # not `find`: for every row of a list it would look for names like this one
    if len(groups) == 1:
        return groups[0].name or text
    with contextlib.suppress(NotFound, Conflict):
        return snapshot.find_destination(text).name or text
    return text


def make_row(delivery: DeliveryView, job: JobView, changeable: bool) -> Row:
    """A delivery as the table shows it, with the buttons that would do something."""
    reason = words.describe_delivery(delivery, job=job)
    said = () if delivery.state.ended else words.describe_device(delivery.device_reasons)
    again = delivery.state in (DeliveryState.ABORTED, DeliveryState.CANCELED, DeliveryState.PENDING_RETRY)
    return Row(
        delivery,
        look_of_delivery(delivery),
        reason,
        tuple(phrase for phrase in said if phrase.says != reason.says),
        changeable and again and not job.document_erased,
        changeable and not delivery.state.ended and not delivery.cancel_requested,
    )


def list_tabs(job: JobView, stuck: int) -> list[Tab]:
    """The choices that have rows, besides all; `stuck` deliveries need attention."""
    counts = job.counts
    tabs = [
        Tab(Show.ALL, "All", counts.total),
        Tab(Show.ATTENTION, "Needs attention", stuck),
        Tab(Show.FAILED, "Failed", counts.aborted),
        Tab(Show.ACTIVE, "Under way", counts.processing - min(stuck, counts.processing)),
        Tab(Show.WAITING, "Waiting", counts.pending + counts.retry),
        Tab(Show.DONE, "Completed", counts.completed),
        Tab(Show.CANCELED, "Canceled", counts.canceled),
    ]
    return [tab for tab in tabs if tab.count or tab.show in (Show.ALL, Show.FAILED, Show.WAITING)]


def load_rows(query: JobQuery, job: JobView, by: Actor, choice: Choice) -> RowPage:
    """One page of the rows that were chosen. Without a choice only that page is read."""
    changeable = may_change(by)
    if choice.everything:
        pages = max(1, math.ceil(job.counts.total / ROWS_PER_PAGE))
        before = (min(choice.page, pages) - 1) * ROWS_PER_PAGE
        found = query.deliveries(job.id, by, after=before, limit=ROWS_PER_PAGE)
        last = before + ROWS_PER_PAGE if choice.page < pages else 0
        return RowPage([make_row(one, job, changeable) for one in found], choice, pages, before + 1, last)
    matching = [one for one in read_all(query, job.id, by) if choice.matches(one)]
    pages = max(1, math.ceil(len(matching) / ROWS_PER_PAGE))
    place = min(choice.page, pages) - 1
    shown = matching[place * ROWS_PER_PAGE : (place + 1) * ROWS_PER_PAGE]
    first = shown[0].number if place and shown else 1
    last = shown[-1].number if place + 1 < pages else 0
    return RowPage([make_row(one, job, changeable) for one in shown], choice, pages, first, last)


def read_all(query: JobQuery, job_id: str, by: Actor) -> Iterator[DeliveryView]:
    """All deliveries of a job, in order, some at a time."""
    last, size = 0, 5000
    while found := query.deliveries(job_id, by, after=last, limit=size):
        yield from found
        last = found[-1].number
        if len(found) < size:
            return


def explain_attempts(attempts: Iterable[AttemptView]) -> list[Attempt]:
    """Attempts with their reasons in words."""
    return [Attempt(view, words.describe_reason(view.reason)) for view in attempts]


def explain_failure(query: JobQuery, job: JobView, by: Actor) -> Phrase | None:
    """Why nothing of a job was delivered; None of other jobs. The first destinations speak for all."""
    if job.state is not JobState.ABORTED:
        return None
    found = query.deliveries(job.id, by, limit=_LOOKED_AT)
    return words.describe_job(job, failures=[one for one in found if one.state is DeliveryState.ABORTED])


def say_sum(job: JobView, stuck: int = 0) -> str:
    """The state of a job in one sentence, for people who listen."""
    counts = job.counts
    parts = [f"{counts.completed} of {counts.total} completed"]
    if stuck:
        parts.append(f"{stuck} need attention")
    if counts.aborted:
        parts.append(f"{counts.aborted} failed")
    if counts.canceled:
        parts.append(f"{counts.canceled} canceled")
    return f"{words.name_job(job)}: {', '.join(parts)}"
