"""`pc:NAME`: the document is left in the PC's mailbox, and the PC takes it over a connection of its own (SPEC D14).

Completed means that it is on that PC's disk and that the PC has compared its digest. Where the PC does not take it for
a while, it is withdrawn, and offered anew when the PC is back. Withdrawing and storing exclude each other in the
store, so that no letter is both.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from distserver.deliver.channels.pc_mailbox import Mailbox
from distserver.deliver.contract import (
    Absent,
    Accepted,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Progress,
    Target,
    Unknown,
    Watch,
)
from distserver.errors import DeliveryError, DocumentRefused, LaterError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF
from distserver.model.letters import Attendance, Letter, LetterStanding, LetterState
from distserver.model.states import OutcomeKind, Reason

_SIP_SECONDS = 20.0
"""A transfer of which nothing was fetched for so long has stopped."""
_OTHERS = "another worker carries this delivery by now"
_NOT_TAKEN = "the PC did not take it: it gets it when it is back"
_NEVER_SEEN = "no PC has come under this address yet: enrol it with a code (page Devices of the board)"


class PcChannel:
    """Leaves letters and waits until they are taken."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """PDF; it prints any number of copies. Raises `DeliveryError` for a PC that never came."""
        try:
            attendance = await self._mailbox.find_attendance(target.address.uri)
        except LaterError as error:
            raise DeliveryError(str(error), OutcomeKind.OURS, Reason.INTERRUPTED) from error
        if attendance is None:
            raise DeliveryError(_NEVER_SEEN, OutcomeKind.UNREACHABLE, Reason.PC_NEVER_CAME)
        return Capabilities(formats=(PDF,), copies_max=999)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Leave it, if the PC is there, and stay until it is stored."""
        if watch.canceled.is_set():
            return Canceled(0)
        try:
            return await self._leave(request, watch)
        except LaterError as error:
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, str(error))

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """The mailbox knows every letter that was ever left in it."""
        try:
            found = await self._mailbox.find(request.name)
            if found is not None and found.state is not LetterState.WITHDRAWN:
                return await self._stay(request, watch, found)
            if found is None and await self._mailbox.find_attendance(request.target.address.uri) is None:
                return Deferred(OutcomeKind.UNREACHABLE, Reason.PC_NEVER_CAME, _NEVER_SEEN)
        except LaterError as error:
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, str(error))
        return Absent()

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Stay until it is stored."""
        found = await self.adopt(request, watch)
        if isinstance(found, Absent | Unknown):
            return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the letter is not in the mailbox any more")
        return found

    async def close(self) -> None:
        """Nothing to give back."""

    async def _leave(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        attendance = await self._mailbox.find_attendance(request.target.address.uri)
        if attendance is None or attendance.until < self._mailbox.now():
            return _away(attendance)
        letter = await self._write(request, watch)
        if not isinstance(letter, Letter):
            return letter
        if not await watch.begin():
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, _OTHERS)
        await self._mailbox.put(letter)
        return await self._stay(request, watch, LetterStanding(letter, LetterState.OFFERED))

    async def _write(self, request: DeliveryRequest, watch: Watch) -> Letter | Canceled | Deferred | Failed:
        rendition = request.rendition
        try:
            if rendition.growth is not None and not await _is_whole(request, watch):
                return Canceled(0)
            digest, size, place = await self._mailbox.digest(rendition.path)
        except OSError as error:
            return _unreadable(request, error)
        return Letter(
            name=request.name,
            pc=request.target.address.uri,
            delivery=request.id,
            title=request.title,
            sender=request.sender,
            format=rendition.format,
            size=size,
            digest=digest,
            pages=rendition.pages,
            copies=request.options.copies,
            place=place,
            created=self._mailbox.now(),
        )

    async def _stay(self, request: DeliveryRequest, watch: Watch, found: LetterStanding) -> Outcome:
        """Until the letter is stored, or canceled, or the PC shows no sign of taking it."""
        ear = _Ear(watch)
        until = asyncio.get_running_loop().time() + request.target.timeouts.follow
        standing: LetterStanding | None = found
        while standing is not None and standing.state is LetterState.OFFERED:
            ear.tell(standing)
            left = until - asyncio.get_running_loop().time()
            if watch.canceled.is_set() or standing.trouble or left <= 0:
                if left <= 0 and not watch.canceled.is_set() and self._is_moving(standing):
                    return Accepted(request.name, follow=True, reasons=(Reason.SENDING.value,))
                if not watch.may_send():
                    return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, _OTHERS)
                standing = await self._mailbox.withdraw(request.name)
                break
            standing = await self._wait(request.name, standing, left, watch)
        return self._conclude(request, watch, standing, found)

    async def _wait(self, name: str, standing: LetterStanding, seconds: float, watch: Watch) -> LetterStanding | None:
        """How it stands when that has changed, time is up or somebody cancels."""
        waiting = asyncio.ensure_future(self._mailbox.wait(name, standing, seconds))
        stop = asyncio.ensure_future(watch.canceled.wait())
        try:
            await asyncio.wait((waiting, stop), return_when=asyncio.FIRST_COMPLETED)
            return waiting.result() if waiting.done() else standing
        finally:
            stop.cancel()
            waiting.cancel()
            await asyncio.wait((waiting, stop))

    def _is_moving(self, standing: LetterStanding) -> bool:
        return standing.touched is not None and standing.touched > self._mailbox.now() - _SIP_SECONDS

    def _conclude(
        self, request: DeliveryRequest, watch: Watch, standing: LetterStanding | None, before: LetterStanding
    ) -> Outcome:
        if standing is None:
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, "the letter is not in the mailbox any more")
        letter = standing.letter
        if standing.state is LetterState.STORED:
            return Completed(letter.pages * letter.copies, letter.name, describe_evidence(standing), Reason.STORED)
        if watch.canceled.is_set():
            return Canceled(0)
        if standing.trouble:
            return Deferred(OutcomeKind.BUSY, Reason.NOT_ACCEPTING, standing.trouble)
        return Deferred(OutcomeKind.UNREACHABLE, Reason.PC_AWAY, _NOT_TAKEN)


@dataclass(slots=True)
class _Ear:
    """Tells the engine how a letter stands, when that has changed."""

    watch: Watch
    told: Progress | None = None

    def tell(self, standing: LetterStanding) -> None:
        reasons = (Reason.SENDING.value,) if standing.touched is not None else ()
        said = Progress(standing.letter.name, None, reasons, standing.trouble)
        if said != self.told:
            self.told = said
            self.watch.progress(said)


def describe_evidence(standing: LetterStanding) -> str:
    """What a receipt rests on: disk, digest, time."""
    at = datetime.fromtimestamp(standing.stored or 0.0, UTC)
    return f"on that PC's disk since {at:%Y-%m-%d %H:%M:%S} UTC, SHA-256 checked there: {standing.letter.digest}"


def _away(attendance: Attendance | None) -> Deferred:
    if attendance is None:
        return Deferred(OutcomeKind.UNREACHABLE, Reason.PC_NEVER_CAME, _NEVER_SEEN)
    at = datetime.fromtimestamp(attendance.seen, UTC)
    words = f"the PC was last heard of at {at:%Y-%m-%d %H:%M} UTC: it gets the document when it is back"
    return Deferred(OutcomeKind.UNREACHABLE, Reason.PC_AWAY, words)


async def _is_whole(request: DeliveryRequest, watch: Watch) -> bool:
    """Wait for the end of a rendition that is being made; False when somebody cancels. Raises OSError."""
    growth = request.rendition.growth
    assert growth is not None
    good = -1
    while (more := await growth.beyond(max(good, 0))) != good:
        if watch.canceled.is_set():
            return False
        good = more
    return True


def _unreadable(request: DeliveryRequest, error: OSError) -> Deferred | Failed:
    growth = request.rendition.growth
    failure = growth.failure if growth is not None else None
    if isinstance(failure, DocumentRefused):
        return Failed(failure.reason, str(failure))
    if failure is not None:
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, str(failure))
    return Deferred(OutcomeKind.OURS, Reason.DOCUMENT_MISSING, f"the document cannot be read: {error.strerror}")
