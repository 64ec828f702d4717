"""Printers that speak IPP (SPEC D4, D11, N4).

Create-Job comes first and its id is reported before the document leaves, so that after any crash the device can be
asked for the very job. What is in doubt is asked for, never sent again blindly: docs/explanation/ipp-channel.md.
"""

from __future__ import annotations

from distserver.deliver.channels.ipp_adopt import Question, ask_device
from distserver.deliver.channels.ipp_client import JobClient
from distserver.deliver.channels.ipp_description import (
    MARKS,
    REQUESTED,
    read_capabilities,
    read_mark,
    update_condition,
)
from distserver.deliver.channels.ipp_follow import Follower
from distserver.deliver.channels.ipp_send import Sending
from distserver.deliver.channels.ipp_supplies import CONDITION
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
from distwire.ipp.client import IppClient
from distwire.ipp.endpoint import Endpoint, Patience
from distwire.ipp.errors import Unencodable
from distwire.ipp.failures import TransferError

_TICKET = (
    "operations-supported",
    "copies-supported",
    "sides-supported",
    "media-supported",
    "media-ready",
    "color-supported",
    "print-scaling-supported",
    "print-quality-supported",
)


class IppChannel:
    """Delivers to `ipp:` and `ipps:` addresses. Keeps connections, and nothing else."""

    def __init__(self, client: JobClient | None = None) -> None:
        self._client: JobClient = client or IppClient()

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """Get-Printer-Attributes, asked now: of one that marks its changes first only whether there is one, which costs
        half. Raises `DeliveryError`."""
        endpoint = _endpoint(target)
        try:
            if known is not None and known.mark:
                told = await self._client.get_printer_attributes(endpoint, (*MARKS, *CONDITION))
                if told.ok and read_mark(told.printer) == known.mark:
                    return update_condition(known, told.printer)
            answer = await self._client.get_printer_attributes(endpoint, REQUESTED)
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
            printer = await self._learn(request, endpoint)
            if isinstance(printer, Deferred | Failed):
                return printer
            return await Sending(self._client, endpoint, request, watch, follower, printer).carry_out()
        except TransferError as error:
            return explain_silence(error)
        except Unencodable as error:
            return Failed(Reason.PROTOCOL_ERROR, str(error))

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Find the job by its id or its name and go on with it; see `ipp_adopt` for what each finding means."""
        endpoint = _endpoint(request.target, watch)
        follower = Follower(self._client, endpoint, request, watch)
        try:
            printer = await self._learn(request, endpoint)
            if isinstance(printer, Deferred | Failed):
                return Deferred(OutcomeKind.UNREACHABLE, printer.reason, printer.message)
            question = Question(self._client, endpoint, request, watch, printer, request.remote_id)
            return await ask_device(question, follower)
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

    async def _learn(self, request: DeliveryRequest, endpoint: Endpoint) -> Capabilities | Deferred | Failed:
        """What the engine knows of the printer, else what it says now. Raises `TransferError`."""
        if request.capabilities is not None:
            return request.capabilities
        answer = await self._client.get_printer_attributes(endpoint, _TICKET)
        return read_capabilities(answer.printer) if answer.ok else explain_refusal(answer)


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
