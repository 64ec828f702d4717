"""What the works need of the distribution server; `mfp_client.server` has the real one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from distwire.api.client import DocumentFile
from distwire.api.jobs import Answer, DeliveryPage, Job, SubmissionForm

LinkState = Literal["up", "down", "refused", "none"]
"""It answers; it does not; it does not take the device's token, or its certificate is wrong; none is set."""


class ServerLink(Protocol):
    """One server, asked in the name of a user of this device; "" is the device itself. Each call blocks, and raises
    `ApiError` (`distwire.api.failures`) and `SignInNeeded` (`faults`). For any number of threads."""

    @property
    def url(self) -> str:
        """Where the server is; empty when none is set."""

    def state(self) -> LinkState:
        """As it was last time."""

    def submit(self, user: str, form: SubmissionForm, document: DocumentFile, key: str) -> Job:
        """Send a job; the same key again answers the same job."""

    def job(self, user: str, job: str) -> Job:
        """A job."""

    def deliveries(self, user: str, job: str, after: int, changed_since: datetime | None) -> DeliveryPage:
        """A page of its deliveries."""

    def retry(self, user: str, job: str, deliveries: Sequence[int] | None) -> Answer:
        """Send again what failed, or these."""
