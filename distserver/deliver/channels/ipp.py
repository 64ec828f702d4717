"""Printers that speak IPP (SPEC D4, D11, N4).

Create-Job comes first and its id is reported before the document leaves, so that after any crash the device can be
asked for the very job. What is in doubt is asked for, never sent again blindly: docs/explanation/ipp-channel.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from distserver.deliver.channels.ipp_adopt import Question, ask_device
from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_description import REQUESTED, read_capabilities
from distserver.deliver.channels.ipp_follow import Follower
from distserver.deliver.channels.ipp_job import describe_document, describe_request, describe_ticket, read_job
from distserver.deliver.channels.ipp_words import explain_refusal, explain_silence, make_error
from distserver.deliver.contract import (
    Absent,
    Canceled,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Progress,
    Target,
    Unknown,
    Watch,
)
from distserver.model.capabilities import Capabilities
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.body import DocumentFile
from distwire.ipp.client import IppClient
from distwire.ipp.endpoint import Endpoint, Patience
from distwire.ipp.enums import Operation
from distwire.ipp.errors import Unencodable
from distwire.ipp.failures import TransferError
from distwire.ipp.message import Message

_TICKET = (
    "operations-supported",
    "copies-supported",
    "sides-supported",
    "media-supported",
    "media-ready",
    "color-supported",
    "print-scaling-supported",
)
_KNOWN_FOR = 300.0
_KNOWN_MOST = 10_000


class IppChannel:
    """Delivers to `ipp:` and `ipps:` addresses. Keeps connections, and for some minutes what a printer can do."""

    def __init__(self, client: JobClient | None = None) -> None:
        self._client: JobClient = client or IppClient()
        self._known: dict[str, tuple[float, Capabilities]] = {}

    async def describe(self, target: Target) -> Capabilities:
        """Get-Printer-Attributes, asked now. Raises `DeliveryError`."""
        try:
            answer = await self._client.get_printer_attributes(_endpoint(target), REQUESTED)
        except TransferError as error:
            raise make_error(explain_silence(error)) from error
        if not answer.ok:
            raise make_error(explain_refusal(answer))
        return read_capabilities(answer.printer)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Create-Job, Send-Document, and stay; Print-Job where the printer knows no Create-Job."""
        if watch.canceled.is_set():
            return Canceled(0)
        endpoint = _endpoint(request.target, watch)
        follower = Follower(self._client, endpoint, request, watch)
        try:
            printer = await self._learn(endpoint)
            if isinstance(printer, Deferred | Failed):
                return printer
            sending = _Sending(self._client, endpoint, request, follower, printer)
            if {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= printer.operations:
                return await sending.create_and_send(watch)
            return await sending.print_at_once()
        except TransferError as error:
            return explain_silence(error)
        except Unencodable as error:
            return Failed(Reason.PROTOCOL_ERROR, str(error))

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Find the job by its id or its name and go on with it; see `ipp_adopt` for what each finding means."""
        endpoint = _endpoint(request.target, watch)
        follower = Follower(self._client, endpoint, request, watch)
        try:
            printer = await self._learn(endpoint)
            if isinstance(printer, Deferred | Failed):
                return Deferred(OutcomeKind.UNREACHABLE, printer.reason, printer.message)
            return await ask_device(Question(self._client, endpoint, request, printer, request.remote_id), follower)
        except TransferError as error:
            silence = explain_silence(error)
            kind = silence.kind if isinstance(silence, Deferred) else OutcomeKind.REFUSED
            return Deferred(kind, silence.reason, silence.message)
        except Unencodable as error:
            return Unknown(str(error))

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Stay with the job that was accepted as `request.remote_id`."""
        if request.remote_id is None:
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "there is no job to follow")
        return await Follower(self._client, _endpoint(request.target, watch), request, watch).stay(request.remote_id)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.close()

    async def _learn(self, endpoint: Endpoint) -> Capabilities | Deferred | Failed:
        """What the printer can do, from memory if it is young. Raises `TransferError`."""
        now = asyncio.get_running_loop().time()
        known = self._known.get(endpoint.uri)
        if known is not None and now - known[0] < _KNOWN_FOR:
            return known[1]
        answer = await self._client.get_printer_attributes(endpoint, _TICKET)
        if not answer.ok:
            return explain_refusal(answer)
        if len(self._known) >= _KNOWN_MOST:
            self._known.clear()
        self._known[endpoint.uri] = (now, read_capabilities(answer.printer))
        return self._known[endpoint.uri][1]


class _Sending:
    """One attempt to hand over the document."""

    def __init__(
        self,
        client: JobClient,
        endpoint: Endpoint,
        request: DeliveryRequest,
        follower: Follower,
        printer: Capabilities,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._request = request
        self._follower = follower
        self._printer = printer
        self._document = DocumentFile(request.rendition.path, request.rendition.size)

    async def create_and_send(self, watch: Watch) -> Outcome:
        """Two steps: only an id that was reported gets a document."""
        try:
            created = await self._client.create_job(
                self._endpoint, describe_request(self._request), describe_ticket(self._request, self._printer)
            )
        except TransferError as error:
            return await self._resolve(error, None)
        if not created.ok:
            return explain_refusal(created)
        job = read_job(created.job)
        if job is None:
            return Deferred(OutcomeKind.PROTOCOL, Reason.PROTOCOL_ERROR, "the printer made a job, but gave no job-id")
        self._follower.tell(job.remote_id, job, (Reason.SENDING.value,))
        user = describe_request(self._request)[:1]
        sending = self._client.send_document(
            self._endpoint, job.id, [*user, *describe_document(self._request)], self._document
        )
        try:
            sent = await self._send_unless_canceled(sending, job.id, watch)
        except TransferError as error:
            return await self._resolve(error, job.remote_id)
        if sent is None:
            return await self._follower.stay(job.remote_id)
        if not sent.ok:
            await self._discard(job.id)
            return explain_refusal(sent)
        return await self._follower.stay(job.remote_id)

    async def print_at_once(self) -> Outcome:
        """Print-Job: the id is known only when the whole document is over there."""
        operation = [*describe_request(self._request), *describe_document(self._request)]
        ticket = describe_ticket(self._request, self._printer)
        try:
            answer = await self._client.print_job(self._endpoint, operation, ticket, self._document)
        except TransferError as error:
            return await self._resolve(error, None)
        if not answer.ok:
            return explain_refusal(answer)
        job = read_job(answer.job)
        if job is None:
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the printer took the document, but gave no job-id")
        self._follower.tell(job.remote_id, job, job.reasons)
        return await self._follower.stay(job.remote_id)

    async def _send_unless_canceled(
        self, sending: Coroutine[Any, Any, Message], job_id: int, watch: Watch
    ) -> Message | None:
        """The answer; None when it was canceled in the middle: the device was told, then the connection dropped."""
        send = asyncio.ensure_future(sending)
        stop = asyncio.ensure_future(watch.canceled.wait())
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

    async def _resolve(self, error: TransferError, remote_id: str | None) -> Outcome:
        """No answer, and the device may have it: ask. When it cannot be asked, the engine asks again (adopt)."""
        silence = explain_silence(error)
        if not error.begun:
            return silence
        try:
            question = Question(self._client, self._endpoint, self._request, self._printer, remote_id, error.whole)
            found = await ask_device(question, self._follower)
        except TransferError as second:
            return Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, f"{error}; then: {second}")
        if isinstance(found, Absent):
            return silence
        if isinstance(found, Unknown):
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, found.message or str(error))
        return found

    async def _discard(self, job_id: int) -> None:
        """Cancel a job; when the device cannot be told, its own time-out ends a job without a document."""
        with contextlib.suppress(TransferError):
            await self._follower.cancel(job_id)


def _endpoint(target: Target, watch: Watch | None = None) -> Endpoint:
    def tell_pin(fingerprint: str) -> None:
        if watch is not None:
            watch.progress(Progress(pinned=fingerprint))

    times = target.timeouts
    return Endpoint(
        uri=target.address.uri,
        user=target.user,
        secret=target.secret,
        tls=target.tls,
        pinned=target.pinned,
        on_pin=tell_pin,
        patience=Patience(times.connect, times.first_byte, times.idle),
    )
