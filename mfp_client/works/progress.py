"""What a task is doing, as a screen sees it: a record that never changes, and the board that shows the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from distwire.api.jobs import Delivery, Job
from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.works.description import describe_delivery, describe_document, describe_job
from mfp_client.works.person import Person
from mfp_client.works.telephone import read_fax_address
from mfp_client.works.wishes import Kind, Wishes

Step = Literal[
    "scanning",
    "asking",
    "reading",
    "review",
    "sending",
    "printing",
    "writing",
    "following",
    "done",
    "failed",
    "waiting",
]
FREE: frozenset[Step] = frozenset(("following", "done", "failed", "waiting"))
"""Steps in which another task may begin: this one goes on without its screen, or has ended."""

MOST_DELIVERIES = 500
_LAST = 10
"""Where a delivery stands whose state is not named in `_ORDER`."""
_ORDER = {"aborted": 0, "pending-retry": 1, "processing": 2, "pending": 3, "canceled": 4, "completed": 5}


@dataclass(frozen=True, slots=True)
class ScannedPart:
    """How far a scan is: pages that are kept, blank ones that were left out, and which scanner it is."""

    pages: int = 0
    removed: int = 0
    scanner: str = ""


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page of the task's document, in pixels."""

    number: int
    width: int
    height: int
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody at the device must decide; `withdraws`: so many pages are read again if it goes on."""

    error: str
    words: str
    pages: int
    withdraws: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What a page of a stack of sheets came to. `why` is a keyword, None for a document that may be used; `facts` fill
    the blanks of other languages' sentences."""

    page: int
    image_id: int | None
    why: str | None
    words: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of it is done, and how much of that has failed."""

    done: int
    total: int
    failed: int = 0
    unit: Literal["deliveries", "pages", "octets"] = "pages"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a task from going on, or ended it."""

    error: str
    words: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A task at one instant. `jobs` are those of the server, one for each document; `refused`: the server takes its
    orders as they are no more, and they wait for other wishes."""

    id: str
    kind: Kind
    step: Step
    person: Person
    wishes: Wishes
    words: str = ""
    error: Trouble | None = None
    scan: ScannedPart | None = None
    pages: tuple[PageSeen, ...] = ()
    question: Question | None = None
    documents: tuple[StoredDocument, ...] = ()
    verdicts: tuple[PageVerdict, ...] = ()
    jobs: tuple[Job, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    progress: Progress | None = None
    refused: bool = False

    @property
    def free(self) -> bool:
        """Whether another task may begin."""
        return self.step in FREE or (self.step == "review" and self.kind == "read-sheets")

    def describe(self, asker: Asker) -> dict[str, Any]:
        """As JSON for a screen."""
        wishes, waits = self.wishes, self.step in ("sending", "waiting")
        documents = [describe_document(one, asker, waiting=waits) for one in self.documents]
        ordered = sorted(self.deliveries, key=lambda one: (_ORDER.get(one.state, _LAST), one.number))
        return {
            "id": self.id,
            "kind": self.kind,
            "step": self.step,
            "words": self.words,
            "error": None if self.error is None else _describe_trouble(self.error),
            "scan": None if self.scan is None else _describe_scan(self.scan),
            "pages": [
                {"number": one.number, "width": one.width, "height": one.height, "blank": one.blank}
                for one in self.pages
            ],
            "question": None if self.question is None else _describe_question(self.question),
            "document": documents[0] if documents else None,
            "documents": documents,
            "verdicts": [_describe_verdict(one) for one in self.verdicts],
            "to": {
                "groups": list(wishes.groups),
                "destinations": [*wishes.destinations, *map(read_fax_address, wishes.to)],
            },
            "options": wishes.model_dump(mode="json", exclude_defaults=True),
            "job": describe_job(self.jobs[0]) if self.jobs else None,
            "jobs": [describe_job(one) for one in self.jobs],
            "deliveries": [describe_delivery(one) for one in ordered[:MOST_DELIVERIES]],
            "progress": None if self.progress is None else _describe_progress(self.progress),
            "refused": self.refused,
        }


class Board:
    """The task as it is now. `changed` is called after each change, in the thread that made it; `moved` is when that
    was last, of the monotonic clock."""

    def __init__(self, task: Task, changed: Callable[[], None]) -> None:
        self._task = task
        self._changed = changed
        self.moved = time.monotonic()
        self._lock = threading.Lock()

    @property
    def task(self) -> Task:
        """The record of this instant."""
        return self._task

    def show(self, **changes: Any) -> None:
        """Put up a record with these fields changed."""
        with self._lock:
            before, self._task = self._task, replace(self._task, **changes)
            if self._task == before:
                return
            self.moved = time.monotonic()
        self._changed()


def _describe_trouble(trouble: Trouble) -> dict[str, Any]:
    return {"error": trouble.error, "words": trouble.words, "facts": trouble.facts}


def _describe_scan(scan: ScannedPart) -> dict[str, Any]:
    return {"pages": scan.pages, "removed": scan.removed, "scanner": scan.scanner}


def _describe_question(question: Question) -> dict[str, Any]:
    return {
        "error": question.error,
        "words": question.words,
        "pages": question.pages,
        "withdraws": question.withdraws,
        "answers": list(question.answers),
    }


def _describe_verdict(verdict: PageVerdict) -> dict[str, Any]:
    shown = None if verdict.image_id is None else str(verdict.image_id)
    return {
        "page": verdict.page,
        "image_id": shown,
        "why": verdict.why,
        "words": verdict.words,
        "facts": verdict.facts,
    }


def _describe_progress(progress: Progress) -> dict[str, Any]:
    return {"done": progress.done, "total": progress.total, "failed": progress.failed, "unit": progress.unit}
