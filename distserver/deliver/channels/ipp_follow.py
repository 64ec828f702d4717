"""Staying with a job on a device: asking how it goes, telling what changes, and stopping it when somebody cancels."""

from __future__ import annotations

import asyncio
import contextlib

from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_description import read_reasons
from distserver.deliver.channels.ipp_job import SEEN, JobView, is_ours, parse_remote_id, read_job
from distserver.deliver.channels.ipp_words import clean_text
from distserver.deliver.contract import (
    Accepted,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Partial,
    Progress,
    Watch,
)
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import JobState, Status, status_keyword
from distwire.ipp.failures import TransferError

POLL_FIRST = 0.25
POLL_LAST = 3.0
_POLL_GROWTH = 1.6
_LOOK_AT_PRINTER_FROM = 1.0

_PASSING = frozenset(
    (
        "submission-interrupted",
        "resources-are-not-ready",
        "service-off-line",
        "printer-stopped",
        "job-data-insufficient",
    )
)
_DOCUMENT = {
    "unsupported-document-format": Reason.FORMAT_NOT_SUPPORTED,
    "document-format-error": Reason.DOCUMENT_ERROR,
    "document-unprintable-error": Reason.DOCUMENT_ERROR,
    "document-password-error": Reason.DOCUMENT_PASSWORD,
}


class Unwilling(TransferError):
    """The device answers, but not what was asked about a job."""


class Follower:
    """One delivery's job on its device. `job` is what was seen of it last."""

    def __init__(self, client: JobClient, endpoint: Endpoint, request: DeliveryRequest, watch: Watch) -> None:
        self._client = client
        self._endpoint = endpoint
        self._request = request
        self._watch = watch
        self._told: Progress | None = None
        self._cancel_asked = False
        self._printer_reasons: tuple[str, ...] = ()
        self.job: JobView | None = None

    def tell(self, remote_id: str | None, job: JobView | None = None, reasons: tuple[str, ...] = ()) -> None:
        """Report progress, if it is news."""
        pages, message = (job.pages, job.message) if job is not None else (None, "")
        news = Progress(remote_id, pages, reasons, message)
        if news != self._told:
            self._told = news
            self._watch.progress(news)

    async def look(self, remote_id: str | None) -> JobView | None:
        """The job of that id, if the device knows it and it is ours. Raises `TransferError`, also `Unwilling`."""
        parsed = parse_remote_id(remote_id)
        if parsed is None:
            return None
        number, uuid = parsed
        answer = await self._client.get_job_attributes(self._endpoint, number, self._request.sender, SEEN)
        if not answer.ok and answer.code not in (Status.NOT_FOUND, Status.GONE):
            raise Unwilling(f"the printer does not tell about the job: {status_keyword(answer.code)}")
        job = read_job(answer.job) if answer.ok else None
        return job if job is not None and is_ours(job, self._request, uuid) else None

    async def cancel(self, job_id: int) -> bool:
        """Ask the device to stop; False when it says that this is not possible (any more). Raises `TransferError`."""
        self._cancel_asked = True
        answer = await self._client.cancel_job(self._endpoint, job_id, self._request.sender)
        return answer.ok or answer.code == Status.NOT_FOUND

    async def stay(self, remote_id: str) -> Outcome:
        """Ask until the job has ended or `timeouts.follow` is over. Never raises `TransferError`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._request.target.timeouts.follow
        delay, trouble, asked = POLL_FIRST, "", False
        reasons: tuple[str, ...] = ()
        while True:
            before = self._told
            try:
                if self._watch.canceled.is_set() and not asked:
                    await self.cancel(_job_id(remote_id))
                    asked = True
                job = await self.look(remote_id)
                if job is None and self._cancel_asked:
                    return Canceled(self.job.pages if self.job is not None else None)
                if job is None:
                    return Accepted(remote_id, follow=False, message="the device does not know the job any more")
                self.job = job
                if job.ended:
                    return self.conclude(job)
                reasons, trouble = await self._collect_reasons(job, delay), ""
                self.tell(job.remote_id, job, reasons)
            except TransferError as error:
                reasons, trouble = (Reason.UNREACHABLE.value,), str(error)
            left = end - loop.time()
            if left <= 0:
                pages = self.job.pages if self.job is not None else None
                return Accepted(remote_id, follow=True, pages=pages, reasons=reasons, message=trouble)
            delay = POLL_FIRST if self._told != before else min(delay * _POLL_GROWTH, POLL_LAST)
            await self._pause(min(delay, left), asked)

    async def end(self, job: JobView) -> JobView | None:
        """Cancel a job that must not print, and wait for the device's word on it: None when it gives none.

        Raises `TransferError`.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._request.target.timeouts.follow
        await self.cancel(job.id)
        delay = POLL_FIRST
        while True:
            seen = await self.look(job.remote_id)
            if seen is None or seen.ended or loop.time() >= end:
                return seen
            await asyncio.sleep(delay)
            delay = min(delay * _POLL_GROWTH, POLL_LAST)

    def conclude(self, job: JobView) -> Outcome:
        """What the end of a job means."""
        if job.state == JobState.COMPLETED:
            words = job.message
            if job.pages == 0:
                words = clean_text(f"the device counts no page for it; {words}").rstrip("; ")
            return Completed(job.pages or None, job.remote_id, words)
        if self._cancel_asked:
            return Canceled(job.pages, job.message)
        canceled = job.state == JobState.CANCELED
        if job.pages:
            reason = Reason.CANCELED_AT_DEVICE if canceled else Reason.ABORTED_BY_DEVICE
            return Partial(job.pages, reason, job.message)
        if canceled:
            return Failed(Reason.CANCELED_AT_DEVICE, job.message)
        return _explain_abort(job)

    async def _collect_reasons(self, job: JobView, delay: float) -> tuple[str, ...]:
        """Reasons of the job and, when it stands still, those of the printer (media-empty …)."""
        stands = job.state == JobState.PROCESSING_STOPPED or delay >= _LOOK_AT_PRINTER_FROM
        if stands or self._printer_reasons:
            answer = await self._client.get_printer_attributes(self._endpoint, ("printer-state-reasons",))
            self._printer_reasons = read_reasons(answer.printer, "printer-state-reasons")
        return tuple(dict.fromkeys((*job.reasons, *job.printer_reasons, *self._printer_reasons)))

    async def _pause(self, seconds: float, asked: bool) -> None:
        """Wait, but not longer than until somebody cancels."""
        if asked:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._watch.canceled.wait(), seconds)


def _explain_abort(job: JobView) -> Deferred | Failed:
    """The device gave up before the first page."""
    for word in job.reasons:
        if word in _DOCUMENT:
            return Failed(_DOCUMENT[word], job.message)
    passing = next((word for word in job.reasons if word in _PASSING), None)
    if passing is not None:
        return Deferred(OutcomeKind.PROTOCOL, passing, job.message)
    return Failed(Reason.ABORTED_BY_DEVICE, job.message or " ".join(job.reasons))


def _job_id(remote_id: str) -> int:
    parsed = parse_remote_id(remote_id)
    return parsed[0] if parsed is not None else 0
