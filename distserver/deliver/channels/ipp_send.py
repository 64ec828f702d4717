"""One attempt to hand a document over to a printer (SPEC D4, N4): Create-Job and Send-Document, or Print-Job.

Right before anything leaves, the worker's lease is asked (`Watch.may_send`): a worker that was stopped for longer wakes
up in the middle of any line here, and must neither print nor cancel what another one has taken over. A job is made
before it is marked that paper may come (`Watch.begin`): a job without a document prints nothing, and its id is then
marked along.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from distserver.deliver.channels.ipp_adopt import Question, ask_device
from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_document import (
    STOPPED,
    bring_whole_unless_canceled,
    explain_unreadable,
    make_document,
    wants_length,
)
from distserver.deliver.channels.ipp_follow import Follower
from distserver.deliver.channels.ipp_job import (
    JobView,
    describe_document,
    describe_request,
    describe_ticket,
    read_job,
)
from distserver.deliver.channels.ipp_leftovers import end_leftovers
from distserver.deliver.channels.ipp_words import (
    explain_refusal,
    explain_refused_document,
    explain_silence,
    is_plain,
    is_plain_silence,
)
from distserver.deliver.contract import Absent, Deferred, DeliveryRequest, Failed, Outcome, Partial, Unknown, Watch
from distserver.model.capabilities import Capabilities
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.body import DocumentFile, bring_whole
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import JobState, Operation, Status, status_keyword
from distwire.ipp.failures import ConnectionLost, DocumentUnreadable, HttpRefused, TransferError, Unreachable
from distwire.ipp.message import Message


class Sending:
    """One attempt. Raises `Unencodable`."""

    def __init__(
        self,
        client: JobClient,
        endpoint: Endpoint,
        request: DeliveryRequest,
        watch: Watch,
        follower: Follower,
        printer: Capabilities,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._request = request
        self._watch = watch
        self._follower = follower
        self._printer = printer
        self._document = make_document(request, watch)

    async def carry_out(self) -> Outcome:
        """Send, and stay with it. A document that still grows leaves while it does only where a job without its end can
        be found and canceled by its id, and only in the first attempt."""
        creates = {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= self._printer.operations
        if not creates or self._request.attempt > 1:
            brought = await bring_whole_unless_canceled(self._document, self._request, self._watch)
            if not isinstance(brought, DocumentFile):
                return brought
            self._document = brought
        if not self._watch.may_send():
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, STOPPED)
        return await self._create() if creates else await self._print_at_once()

    async def _create(self, *, again: bool = False) -> Outcome:
        """Two steps: only an id that was reported gets a document. Once more, when the printer had closed a kept
        connection meanwhile, and says that it has no such job; or when it was busy with what a killed attempt left."""
        ticket = describe_ticket(self._request, self._printer)
        try:
            created = await self._client.create_job(self._endpoint, describe_request(self._request), ticket)
        except TransferError as error:
            outcome = await self._resolve(error, None)
            stale = isinstance(error, ConnectionLost) and error.kept and not again
            if not stale or not isinstance(outcome, Deferred) or outcome.reason == Reason.UNCERTAIN:
                return outcome
            return await self._create(again=True) if self._watch.may_send() else outcome
        if created.code == Status.OPERATION_NOT_SUPPORTED:  # what we know of it is out of date: it is asked anew
            return Deferred(
                OutcomeKind.PROTOCOL, status_keyword(created.code), "the printer knows no Create-Job any more"
            )
        if not created.ok:
            refusal = explain_refusal(created)
            blocked = self._request.attempt > 1 and refusal.reason == Reason.BUSY and not again
            if blocked and await end_leftovers(self._question(None)) and self._watch.may_send():
                return await self._create(again=True)
            return refusal
        job = read_job(created.job)
        if job is None:
            return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, "the printer made a job, but gave no job-id")
        self._follower.fresh = True
        self._follower.tell(job.remote_id, job, (Reason.SENDING.value,))
        return await self._fill(job)

    async def _fill(self, job: JobView) -> Outcome:
        if not await self._watch.begin() or not self._watch.may_send():
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, STOPPED)
        try:
            sent = await self._send_unless_canceled(self._send_document(job), job.id)
        except TransferError as error:
            return await self._resolve(error, job)
        if sent is None:
            return await self._follower.stay(job.remote_id)
        if not sent.ok:
            return await self._judge_refusal(sent, explain_refused_document(sent), job)
        return await self._go_on(sent, job)

    async def _send_document(self, job: JobView) -> Message:
        """Once more with its length, when the device refuses a document that does not tell it."""
        operation = [*describe_request(self._request)[:1], *describe_document(self._request)]
        try:
            answer = await self._client.send_document(self._endpoint, job.id, operation, self._document)
        except HttpRefused as error:
            if not wants_length(error, self._document):
                raise
        else:
            if answer.code != Status.BAD_REQUEST or self._document.size is not None:
                return answer
        self._document = await bring_whole(self._document)
        return await self._client.send_document(self._endpoint, job.id, operation, self._document)

    async def _print_at_once(self) -> Outcome:
        """Print-Job: the id is known only when the whole document is over there."""
        operation = [*describe_request(self._request), *describe_document(self._request)]
        ticket = describe_ticket(self._request, self._printer)
        if not await self._watch.begin() or not self._watch.may_send():
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, STOPPED)
        try:
            answer = await self._client.print_job(self._endpoint, operation, ticket, self._document)
        except TransferError as error:
            return await self._resolve(error, None)
        if not answer.ok:
            return await self._judge_refusal(answer, explain_refusal(answer), None)
        job = read_job(answer.job)
        if job is None:
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the printer took the document, but gave no job-id")
        self._follower.fresh = True
        self._follower.tell(job.remote_id, job, job.reasons)
        return await self._go_on(answer, job)

    async def _go_on(self, answer: Message, job: JobView) -> Outcome:
        """What the printer says of the job as it takes the document is often all there is to know.

        How far a job came that it broke off is asked for, unless it is told: half a document is not nothing.
        """
        told = read_job(answer.job)
        if told is not None and told.id == job.id and not told.lacks_document:
            self._follower.job = told = replace(told, uuid=job.uuid or told.uuid)
            if told.state == JobState.COMPLETED or (told.ended and told.pages is not None):
                return self._follower.conclude(told)
        return await self._follower.stay(job.remote_id)

    async def _send_unless_canceled(self, sending: Coroutine[Any, Any, Message], job_id: int) -> Message | None:
        """The answer; None when it was canceled in the middle: the device was told, then the connection dropped."""
        send = asyncio.ensure_future(sending)
        stop = asyncio.ensure_future(self._watch.canceled.wait())
        try:
            await asyncio.wait((send, stop), return_when=asyncio.FIRST_COMPLETED)
            if send.done():
                return send.result()
            await self._discard(job_id)
            return None
        finally:
            stop.cancel()
            send.cancel()
            await asyncio.wait((send, stop))
            if not send.cancelled():
                send.exception()

    async def _resolve(self, error: TransferError, job: JobView | None) -> Outcome:
        """No answer, and the device may have it: ask. When it cannot be asked, the engine asks again (adopt)."""
        if not self._watch.may_send():
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, STOPPED)
        ours = isinstance(error, DocumentUnreadable)
        silence = (
            explain_unreadable(error, self._request, self._watch)
            if isinstance(error, DocumentUnreadable)
            else explain_silence(error)
        )
        if not error.begun:
            if job is not None and not isinstance(error, Unreachable):
                await self._discard(job.id)
            return silence
        found = await self._ask(job, silence, whole=error.whole, plain=is_plain_silence(error))
        return replace(found, reason=silence.reason) if ours and isinstance(found, Partial) else found

    async def _judge_refusal(self, answer: Message, refusal: Deferred | Failed, job: JobView | None) -> Outcome:
        """The printer says no. Who met an error of its own behind a whole document may print it all the same: ask."""
        if answer.heard_out and answer.code >= Status.INTERNAL_ERROR and self._watch.may_send():
            return await self._ask(job, refusal, whole=True, plain=is_plain(answer.code))
        if job is not None:
            await self._discard(job.id)
        return refusal

    async def _ask(self, job: JobView | None, refusal: Deferred | Failed, *, whole: bool, plain: bool) -> Outcome:
        """What became of it; `refusal` when nothing did, and also, being `plain`, when the device cannot tell."""
        try:
            found = await ask_device(self._question(job, whole=whole), self._follower)
        except TransferError as error:
            words = f"{refusal.message}; then: {error}"
            return refusal if plain else Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, words)
        if isinstance(found, Absent) or (isinstance(found, Unknown) and plain):
            return refusal
        if isinstance(found, Unknown):
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, found.message or refusal.message)
        return found

    def _question(self, job: JobView | None, *, whole: bool = True) -> Question:
        remote_id = job.remote_id if job is not None else None
        return Question(self._client, self._endpoint, self._request, self._watch, self._printer, remote_id, whole)

    async def _discard(self, job_id: int) -> None:
        """Cancel a job; when the device cannot be told, its own time-out ends a job without a document."""
        with contextlib.suppress(TransferError):
            await self._follower.cancel(job_id)
