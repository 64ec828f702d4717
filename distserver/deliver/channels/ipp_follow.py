"""Staying with a job on a device: asking how it goes, telling what changes, and stopping it when somebody cancels."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_description import read_reasons
from distserver.deliver.channels.ipp_job import SEEN, JobView, bears_name, is_ours, parse_remote_id, read_job
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

POLL_FIRST = 0.1
POLL_LAST = 5.0
_POLL_GROWTH = 1.6
_STANDS_AFTER = 2.0
_PRINTER_EVERY = 15.0
"""Seconds. A job that takes long is asked about ever more rarely, its printer only while the job does not move."""

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
    """One delivery's job on its device. `job` is what was seen of it last; `fresh` says that its id was given in
    this very call."""

    def __init__(self, client: JobClient, endpoint: Endpoint, request: DeliveryRequest, watch: Watch) -> None:
        self._client = client
        self._endpoint = endpoint
        self._request = request
        self._watch = watch
        self._told: Progress | None = None
        self._cancel_asked = False
        self._printer_reasons: tuple[str, ...] = ()
        self._printer_asked = -_PRINTER_EVERY
        self._moved = 0.0
        self._usurped = False
        self.fresh = False
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
        if job is None or job.id != number:
            return None
        if not is_ours(job, self._request, uuid, fresh=self.fresh):
            named = self.job is not None and bears_name(self.job, self._request.name)
            self._usurped = bool(uuid and job.uuid and uuid != job.uuid) or (named and job.name is not None)
            return None
        return replace(job, uuid=job.uuid or uuid)  # a device that forgets it must not make us forget it

    async def cancel(self, job_id: int) -> bool:
        """Ask the device to stop; False when it says that this is not possible (any more), or when the job may be
        another worker's by now. Raises `TransferError`."""
        if not self._watch.may_send():
            return False
        self._cancel_asked = True
        answer = await self._client.cancel_job(self._endpoint, job_id, self._request.sender)
        return answer.ok or answer.code == Status.NOT_FOUND

    async def stay(self, remote_id: str) -> Outcome:
        """Ask until the job has ended or `timeouts.follow` is over. Never raises `TransferError`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._request.target.timeouts.follow
        delay, trouble, asked = POLL_FIRST, "", False
        reasons: tuple[str, ...] = ()
        self._moved = loop.time()
        if self.fresh:  # it has only just taken the document
            await self._pause(POLL_FIRST, asked)
        while True:
            try:
                if self._watch.canceled.is_set() and not asked:
                    await self.cancel(_job_id(remote_id))
                    asked = True
                job = await self.look(remote_id)
                if job is None and self._cancel_asked:
                    return Canceled(self.job.pages if self.job is not None else None)
                if job is None:
                    return await self._lose(remote_id)
                self._note(job)
                if job.ended:
                    return self.conclude(job)
                reasons, trouble = await self._collect_reasons(job), ""
                self.tell(job.remote_id, job, reasons)
            except TransferError as error:
                reasons, trouble = (Reason.UNREACHABLE.value,), str(error)
            left = end - loop.time()
            if left <= 0:
                pages = self.job.pages if self.job is not None else None
                return Accepted(remote_id, follow=True, pages=pages, reasons=reasons, message=trouble)
            await self._pause(min(delay, left), asked)
            delay = min(delay * _POLL_GROWTH, POLL_LAST)

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
            return Completed(job.pages or None, job.remote_id, _describe_end(job))
        if self._cancel_asked:
            return Canceled(job.pages, job.message)
        canceled = job.state == JobState.CANCELED
        if job.pages:
            reason = Reason.CANCELED_AT_DEVICE if canceled else Reason.ABORTED_BY_DEVICE
            return Partial(job.pages, reason, job.message)
        if canceled:
            return Failed(Reason.CANCELED_AT_DEVICE, job.message)
        return _explain_abort(job)

    def _note(self, job: JobView) -> None:
        before, self.job = self.job, job
        if before is None or (before.state, before.pages, before.reasons) != (job.state, job.pages, job.reasons):
            self._moved = asyncio.get_running_loop().time()

    async def _lose(self, remote_id: str) -> Outcome:
        """The device knows the job no more. Finished jobs are forgotten; a restart may have lost it unprinted."""
        if self._usurped or await self._has_restarted():
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the printer has restarted, and its job is gone")
        return Accepted(remote_id, follow=False, message="the device does not know the job any more")

    async def _has_restarted(self) -> bool:
        """Its clock (printer-up-time, RFC 8011 §5.4.29) says less than when the job was last seen."""
        if self.job is None or self.job.up_time is None:
            return False
        answer = await self._client.get_printer_attributes(self._endpoint, ("printer-up-time",))
        now = answer.printer.integer("printer-up-time")
        return now is not None and now < self.job.up_time

    async def _collect_reasons(self, job: JobView) -> tuple[str, ...]:
        """Reasons of the job and, as long as it stands still, those of the printer (media-empty …)."""
        now = asyncio.get_running_loop().time()
        if job.state != JobState.PROCESSING_STOPPED and now - self._moved < _STANDS_AFTER:
            self._printer_reasons, self._printer_asked = (), -_PRINTER_EVERY
        elif now - self._printer_asked >= _PRINTER_EVERY:
            answer = await self._client.get_printer_attributes(self._endpoint, ("printer-state-reasons",))
            self._printer_reasons, self._printer_asked = read_reasons(answer.printer, "printer-state-reasons"), now
        return tuple(dict.fromkeys((*job.reasons, *job.printer_reasons, *self._printer_reasons)))

    async def _pause(self, seconds: float, asked: bool) -> None:
        """Wait, but not longer than until somebody cancels."""
        if asked:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for could miss that we are cancelled
                await self._watch.canceled.wait()


def _describe_end(job: JobView) -> str:
    """What people should know of a job that the device calls completed."""
    words = [job.message]
    if job.pages == 0:
        words.insert(0, "the device counts no page for it")
    if "job-completed-with-errors" in job.reasons:
        words.insert(0, "the device met errors on the way")
    return clean_text("; ".join(filter(None, words)))


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
