"""A distribution server as the works see it, which does what a test tells it; each submit is noted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from distwire.api.client import DocumentFile
from distwire.api.jobs import Answer, Counts, DeliveryPage, Job, JobState, Options, SubmissionForm
from mfp_client.works.link import LinkState

_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_OPTIONS = Options(
    copies=1,
    sides=None,
    media=None,
    color="auto",
    page_ranges=None,
    number_up=1,
    orientation=None,
    scaling="auto",
)


class ScriptedServer:
    """`judge` is called with the form and the key of each submit, and may wait or raise; jobs stay `state`."""

    url = "http://server.example"

    def __init__(self, judge: Callable[[SubmissionForm, str], None] = lambda _form, _key: None) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._titles: dict[str, str] = {}
        self.state_of_jobs: JobState = "processing"
        self.aborted = 0

    @property
    def keys(self) -> list[str]:
        """Of the jobs that were made."""
        return list(self._titles)

    def state(self) -> LinkState:
        return "up"

    def submit(self, _user: str, form: SubmissionForm, _document: DocumentFile, key: str) -> Job:
        self._judge(form, key)
        with self._lock:
            self._titles.setdefault(key, form.title or "")
        return self.job("", key)

    def job(self, _user: str, job: str) -> Job:
        counts = Counts(pending=0, retry=0, processing=0, completed=0, aborted=self.aborted, canceled=0, total=1)
        ended = _NOW if self.state_of_jobs in ("completed", "aborted", "canceled") else None
        return Job(
            id=job,
            title=self._titles[job],
            sender="anna",
            state=self.state_of_jobs,
            reasons=[],
            words="",
            priority="normal",
            options=_OPTIONS,
            chosen=[],
            counts=counts,
            documents=[],
            keep=False,
            held=False,
            document_erased=False,
            created=_NOW,
            updated=_NOW,
            not_before=None,
            deadline=None,
            ended=ended,
        )

    def deliveries(self, _user: str, _job: str, _after: int, _changed_since: datetime | None) -> DeliveryPage:
        return DeliveryPage(deliveries=[], next=None, as_of=_NOW, state=self.state_of_jobs)

    def retry(self, _user: str, _job: str, _deliveries: Sequence[int] | None) -> Answer:
        raise NotImplementedError
