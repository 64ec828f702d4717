"""One delivery's job at a HylaFAX server: made, let run, listened to, stopped, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from distserver.deliver.channels.fax_document import read_facts
from distserver.deliver.channels.fax_evidence import CallEvidence, describe_call
from distserver.deliver.channels.fax_learnt import FaxLearnt
from distserver.deliver.channels.fax_options import FaxWay
from distserver.deliver.channels.fax_order import FaxOrder
from distserver.deliver.channels.fax_place import FaxPlace
from distserver.deliver.channels.fax_server import FaxServer
from distserver.deliver.channels.fax_words import Ending, clean_status, explain_end
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
from distserver.model.fax_calls import FaxCallRecord
from distserver.model.states import OutcomeKind, Reason
from distwire.hylafax import MISSED, Event, EventCode, JobState, JobTicket, JobView
from distwire.tiff import DamagedTiff
from distwire.tiff.fax import FaxFacts

LOOK_SECONDS = 5.0
"""How often a job is looked at where the server tells nothing of it."""
MOST_TRIES_AT_PAGE = 3
GONE_SECONDS = 3.0
"""A job that no list shows for so long is gone; one whose record is being written may be missing for a moment."""
_SENDING = "job-outgoing"
_MILLIMETRES = {1728: 215, 2048: 255, 2432: 303, 2592: 215, 3072: 255, 3648: 303, 3456: 215, 4096: 255, 4864: 303}


class FaxCall:
    """A delivery at one server. `place` is where it stands, `sent` how many pages of this job are confirmed so far."""

    def __init__(self, server: FaxServer, way: FaxWay, request: DeliveryRequest, watch: Watch, place: FaxPlace) -> None:
        self._server, self._way, self._request, self._watch = server, way, request, watch
        self.place = place
        self.sent = 0
        self._told: Progress | None = None
        self._missing: int | None = None
        self._killed = False
        self._gone = 0.0

    async def send(self) -> Outcome:
        """Have it marked on the disk that there is a job, make it, let it run, and stay. Raises `HylaFaxError`."""
        try:
            missing = (await asyncio.to_thread(read_facts, self._request.rendition.path))[self.place.done :]
            if not missing:  # it was the last page that an earlier call brought, whatever ended it then
                words = "all pages were confirmed in earlier calls"
                return Completed(self.place.done, str(self.place), words, Reason.FAXED)
            self._missing = len(missing)
            self.place = replace(self.place, server=self._server.name, made=int(time.time() * 1000))
            self._tell()
            await self._server.start_hearing()
            if not await self._watch.begin():
                return self._withdraw()
            return await self._hand_over(missing[0])
        except DamagedTiff as error:
            return Failed(Reason.DOCUMENT_ERROR, str(error))
        except OSError as error:
            return Deferred(OutcomeKind.OURS, Reason.DOCUMENT_MISSING, str(error), kept=str(self.place.between))

    async def _hand_over(self, facts: FaxFacts) -> Outcome:
        order = FaxOrder(
            number=self._way.dialled,
            source=self._request.rendition.path,
            first=self.place.done,
            make=lambda name: self._make_ticket(facts, name),
            may_go=lambda: self._watch.may_send() and not self._watch.canceled.is_set(),
        )
        try:
            async with self._server.hand_over(order):
                if order.job is None:
                    return self._withdraw()
                self.place = replace(self.place, job=order.job)
                self._tell()
                return await self._stay(order.events)
        finally:
            self.place = replace(self.place, job=order.job)  # what has broken off may run all the same

    def _withdraw(self) -> Outcome:
        if self._watch.canceled.is_set():
            return Canceled(self.place.done)
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, "another worker has it", kept=str(self.place.between))

    async def follow(self) -> Outcome | None:
        """Stay with a job that runs or has ended; None when the server does not know it. Raises `HylaFaxError`."""
        assert self.place.job is not None
        async with self._server.listen(self.place.job) as events:
            self._tell()
            return await self._stay(events) if await self.find() is not None else None

    async def find(self) -> JobView | None:
        """The job, looked for until it is certain that it is in no list. Raises `HylaFaxError`."""
        return await find_surely(self._server, self._is_meant)

    async def _stay(self, events: asyncio.Queue[Event]) -> Outcome:
        """Until it ends, or for the time that one call may stay. Events say when to look; so does the clock."""
        end = time.monotonic() + self._request.target.timeouts.follow
        while True:
            ended = await self._see_end()
            if ended is not None:
                return ended
            if self._watch.canceled.is_set():
                stopped = await self._stop()
                if stopped is not None:
                    return stopped
            if time.monotonic() > end:
                return Accepted(str(self.place), follow=True, pages=self.place.done + self.sent, reasons=(_SENDING,))
            patience = 1.0 if self._gone else LOOK_SECONDS
            await self._hear(events, min(patience, max(0.05, end - time.monotonic())))

    async def _hear(self, events: asyncio.Queue[Event], patience: float) -> None:
        """Take what is told until something wants a look at the job: its end, a cancellation, or time."""
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0:
            event = await _next_of(events, self._watch.canceled if not self._killed else None, left)
            if event is None:
                return
            if event.page is not None:
                # HylaFAX counts a job's pages from its own first one, and of several jobs in a call each for itself.
                self.sent = max(self.sent, self._limit(event.page.number))
                self._tell(event.page.traits)
            elif event.code in _WANT_A_LOOK:
                return

    async def _see_end(self) -> Outcome | None:
        job = await self._look()
        if job is None:
            self._gone = self._gone or time.monotonic()
            if time.monotonic() - self._gone < GONE_SECONDS:
                return None
            return Canceled(self.place.done + self.sent) if self._killed else _LOST
        self._gone = 0.0
        self.sent = max(self.sent, job.pages)
        return await self._conclude(job) if job.state.ended else None

    async def _look(self) -> JobView | None:
        job = await self._server.find_job(self._is_meant)
        return job and replace(job, pages=self._limit(job.pages))

    def _limit(self, pages: int) -> int:
        """Not more than there are, whatever the server says."""
        return pages if self._missing is None else min(pages, self._missing)

    def _is_meant(self, job: JobView) -> bool:
        return job.id == self.place.job and job.tag == self._tag

    @property
    def _tag(self) -> str:
        return self.place.tag(self._request.name)

    async def _stop(self) -> Outcome | None:
        """Ask the server to stop it, once."""
        if self._killed:
            return None
        if not self._watch.may_send():
            return Deferred(OutcomeKind.OURS, Reason.UNCERTAIN, "this worker may not act any more")
        self._killed = True
        assert self.place.job is not None
        await self._server.kill(self.place.job)
        return None

    async def _conclude(self, job: JobView) -> Outcome:
        """What an ended job means; what was found out of the number is kept."""
        pages = self.place.done + job.pages
        facts = await self._server.read_facts(job.id)
        log = await self._server.read_call(job.call)
        call = describe_call(job, facts, log)
        learnt = self._way.learnt.named(call.identity)
        self._log(job, call)
        if job.state is JobState.DONE:
            self._learn(learnt)
            self._tell()
            return Completed(pages, str(self.place), call.words, Reason.FAXED)
        if self._killed:
            return Canceled(pages, clean_status(job.status))
        ending = explain_end(job.status, job.tries)
        if isinstance(ending, Failed):
            return replace(ending, message=call.words) if not pages else Partial(pages, ending.reason, call.words)
        return self._explain(ending, job, learnt, call.words)

    def _explain(self, ending: Ending, job: JobView, learnt: FaxLearnt, words: str) -> Outcome:
        place = self.place.after(job.pages, stuck=ending.kind is OutcomeKind.LINE_BROKE)
        if ending.kind is OutcomeKind.TRAINING_FAILED or place.stuck > 1:
            learnt = learnt.slower(time.time())
        self._learn(learnt)
        self._tell()
        if place.stuck >= MOST_TRIES_AT_PAGE:
            words = f"page {place.done + 1}: {words}"
            return Partial(place.done, Reason.SAME_PAGE, words) if place.done else Failed(Reason.SAME_PAGE, words)
        return Deferred(ending.kind, ending.reason, words, kept=str(place))

    def _learn(self, learnt: FaxLearnt) -> None:
        if learnt != self._way.learnt:
            self._watch.progress(Progress(learnt=str(learnt)))

    def _log(self, job: JobView, call: CallEvidence) -> None:
        """Have the call come into the log of calls, if there was one."""
        if not job.call:
            return
        record = FaxCallRecord(
            server=self._server.name,
            call=job.call,
            number=self._way.number,
            pages=job.pages,
            seconds=call.seconds,
            identity=call.identity,
            traits=call.traits,
            trouble="" if job.state is JobState.DONE else clean_status(job.status),
            rate=self._way.rate,
        )
        self._watch.progress(Progress(call=record))

    def _tell(self, message: str = "") -> None:
        """Report progress, if it is news."""
        pages = self.place.done + self.sent
        said = Progress(str(self.place), pages or None, (_SENDING,) if self.sent else (), message)
        if said != self._told:
            self._told = said
            self._watch.progress(said)

    def _make_ticket(self, facts: FaxFacts, document: str) -> JobTicket:
        way, learnt = self._way, self._way.learnt.current(time.time())
        speeds = [speed for speed in (way.speed, learnt.speed) if speed is not None]
        return JobTicket(
            tag=self._tag,
            number=way.dialled,
            shown=way.number,
            sender=self._request.sender,
            documents=(document,),
            lines=facts.dpi[1],
            page=(_MILLIMETRES.get(facts.width, 215), round(facts.lines / facts.dpi[1] * 25.4 + 0.5)),
            speed=min(speeds) if speeds else None,
            error_correction=way.error_correction and learnt.error_correction,
            identity=way.identity,
            tag_line="" if way.headed else None,
        )


_WANT_A_LOOK = frozenset(
    (
        MISSED,
        EventCode.DEAD,
        EventCode.REAPED,
        EventCode.KILLED,
        EventCode.SEND_ENDED,
        EventCode.REQUEUED,
        EventCode.COMPLETED,
    )
)
_LOST = Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the fax server does not know the job any more")


async def _next_of(events: asyncio.Queue[Event], canceled: asyncio.Event | None, patience: float) -> Event | None:
    """The next event; None when it was canceled, or nothing was told for so long."""
    waiting = [asyncio.ensure_future(events.get())]
    if canceled is not None:
        waiting.append(asyncio.ensure_future(canceled.wait()))  # type: ignore[arg-type]
    try:
        done, _ = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return waiting[0].result() if waiting[0] in done else None
    finally:
        for one in waiting:
            one.cancel()


async def find_surely(server: FaxServer, is_meant: Callable[[JobView], bool]) -> JobView | None:
    """As `FaxServer.find_job`; None only when no list has shown it for a while. Raises `HylaFaxError`."""
    end = time.monotonic() + GONE_SECONDS
    while True:
        job = await server.find_job(is_meant)
        if job is not None or time.monotonic() > end:
            return job
        await asyncio.sleep(GONE_SECONDS / 3)
