"""A client that sends to a device as the server does: it knows a job by its name, and sends again what is not whole."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from reportlab.pdfgen import canvas

from distwire.ipp import Attribute, Group, Message, Operation, attribute
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, keyword, keywords, mime_type, name
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.power_cut import FrailDevice

ENDED = (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED)
TICKET = (
    attribute("copies", integer(2)),
    attribute("sides", keyword("two-sided-long-edge")),
    attribute("media", keyword("jpn_hagaki_100x148mm")),
)
"""Postcards: a sheet of A4 takes four times as long to draw, and these jobs are printed again and again."""
PAGES = 3
_SEEN = ("job-id", "job-name", "job-state", "job-state-reasons", "number-of-documents", "job-impressions-completed")


def make_pages() -> bytes:
    """A PDF of three pages, each with its number."""
    out = io.BytesIO()
    drawing = canvas.Canvas(out, pagesize=(298, 420))
    for number in range(1, PAGES + 1):
        drawing.drawString(100, 200, str(number))
        drawing.showPage()
    drawing.save()
    return out.getvalue()


@dataclass
class PatientClient:
    """Asks the device, whichever of its lives it is in."""

    frail: FrailDevice

    def send(self, title: str, document: bytes) -> None:
        """Create-Job and Send-Document; raises OSError when the device dies meanwhile."""
        job = self._ask(Operation.CREATE_JOB, attribute("job-name", name(title)), job=TICKET).job.integer("job-id")
        pdf = attribute("document-format", mime_type("application/pdf"))
        last = attribute("last-document", boolean(True))
        self._ask(Operation.SEND_DOCUMENT, attribute("job-id", integer(job or 0)), last, pdf, document=document)

    def send_and_lose(self, title: str, document: bytes) -> None:
        """As `send`; the device dies while it is asked, or later."""
        with contextlib.suppress(OSError, AssertionError):
            self.send(title, document)
        self.frail.wait_for_death()

    def find(self, title: str) -> list[Group]:
        """All jobs of that name."""
        asked = (
            attribute("which-jobs", keyword("all")),
            attribute("requested-attributes", *keywords(_SEEN)),
        )
        return [job for job in self._ask(Operation.GET_JOBS, *asked).jobs if job.string("job-name") == title]

    def see_through(self, title: str, document: bytes) -> Group:
        """The job, once it has ended well; what was only half received is sent again."""
        while not (whole := [job for job in self.find(title) if not _is_half(job)]):
            self.send(title, document)
        number = whole[0].integer("job-id")
        wait_until(lambda: self._state(number) in ENDED, lambda: self.find(title))
        return next(job for job in self.find(title) if job.integer("job-id") == number)

    def _state(self, number: int | None) -> int | None:
        job = attribute("job-id", integer(number or 0))
        return self._ask(Operation.GET_JOB_ATTRIBUTES, job).job.integer("job-state")

    def _ask(self, operation: Operation, *asked: Attribute, **more: object) -> Message:
        return ask(self.frail.device.uri, operation, *asked, **more)  # type: ignore[arg-type]


def _is_half(job: Group) -> bool:
    return job.integer("job-state") == JobState.ABORTED and not job.integer("job-impressions-completed")
