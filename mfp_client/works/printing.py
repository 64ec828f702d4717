"""Paper out of the device's printer: given to it, and followed until it is out (RFC 8011 §4.3.4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from distwire.ipp import Message
from distwire.ipp.client import IppClient, TransferError
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import JobState, Status
from distwire.ipp.errors import IppError
from mfp_client.cups_queue import QueueJob, cancel_job, read_job
from mfp_client.memory.printout import PrintOrder, Printout, give_to_printer
from mfp_client.works.errand import Errand
from mfp_client.works.faults import Stopped, WorksFault
from mfp_client.works.progress import Progress, Trouble

_POLL_SECONDS = 0.5
_JOB = (
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-impressions-completed",
)
_ENDED = (JobState.COMPLETED, JobState.CANCELED, JobState.ABORTED)
_OVER = (Status.NOT_POSSIBLE, Status.NOT_FOUND, Status.GONE)
_STOPPED = "print-stopped", "printing was stopped: what was printed by then is in the tray"
NOT_STOPPED = "print-not-stopped", "the printer does not answer: what it was given may still come out"
_QUIET = "the printer does not answer: printing goes on when it is back"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A job at the printer. `done`: sides that are out, None where it does not count."""

    state: int
    words: str
    done: int | None = None


def order_of(errand: Errand) -> PrintOrder:
    """How it is printed here, as it is wished."""
    wishes = errand.wishes
    return PrintOrder(errand.tools.settings.printer, wishes.copies, wishes.sides, None, wishes.number_up)


def print_out(errand: Errand, printout: Printout, order: PrintOrder) -> None:
    """Print, and wait until it is out. Raises `NotPrinted`, `WorksFault`, `Stopped`: the printer's job is cancelled."""
    errand.enter("printing")
    errand.board.show(progress=Progress(0, count_sides(printout, order)))
    asyncio.run(_print(errand, printout, order))


def count_sides(printout: Printout, order: PrintOrder) -> int:
    """How many printed sides come out: a printer knows it only once it has read the document."""
    return -(-printout.pages // order.number_up) * order.copies


async def _print(errand: Errand, printout: Printout, order: PrintOrder) -> None:
    job = await give_to_printer(printout, errand.asker, order)
    sides = count_sides(printout, order)
    kind, _, queue = order.printer.partition(":")
    if kind == "cups":
        await _follow(errand, _QueueJob(queue, job), sides)
        return
    client = IppClient()
    try:
        await _follow(
            errand, _IppJob(client, Endpoint(order.printer), int(job), errand.asker.name or "anonymous"), sides
        )
    finally:
        await client.close()


class _IppJob:
    """A job at an IPP printer."""

    def __init__(self, client: IppClient, endpoint: Endpoint, number: int, user: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._number = number
        self._user = user

    async def look(self) -> _Seen | None:
        """How it is; None when the printer does not say."""
        try:
            said = await self._client.get_job_attributes(self._endpoint, self._number, self._user, _JOB)
        except (TransferError, IppError):
            return None
        if not said.ok:
            if said.code == Status.NOT_FOUND:
                return _Seen(JobState.ABORTED, "the printer does not know the job any more")
            return None
        state = said.job.integer("job-state")
        words = await self._find_words(said)
        return _Seen(state or JobState.PROCESSING, words, said.job.integer("job-impressions-completed"))

    async def cancel(self) -> bool:
        """Cancel it; whether nothing more comes of it: it is cancelled, over, or not there any more."""
        try:
            said = await self._client.cancel_job(self._endpoint, self._number, self._user)
        except (TransferError, IppError):
            return False
        return said.ok or said.code in _OVER

    async def _find_words(self, said: Message) -> str:
        """Why it does not go on: the printer's own words."""
        words = said.job.string("job-state-message") or ""
        if said.job.integer("job-state") in (JobState.PROCESSING, *_ENDED):
            return words
        try:
            asked = ("printer-state-reasons", "printer-state-message")
            printer = (await self._client.get_printer_attributes(self._endpoint, asked)).printer
        except (TransferError, IppError):
            return words
        reasons = [one for one in printer.strings("printer-state-reasons") if one != "none"]
        return printer.string("printer-state-message") or ", ".join(reasons) or words


class _QueueJob:
    """A job in a queue of this machine's CUPS."""

    def __init__(self, queue: str, job: str) -> None:
        self._queue = queue
        self._job = int(job)

    async def look(self) -> _Seen | None:
        """How it is; None when CUPS does not say."""
        found: QueueJob | None = await asyncio.to_thread(read_job, self._job)
        return None if found is None else _Seen(found.state, found.words, found.done)

    async def cancel(self) -> bool:
        """Cancel it; whether CUPS has taken that."""
        return await asyncio.to_thread(cancel_job, self._job)


async def _follow(errand: Errand, job: _IppJob | _QueueJob, sides: int) -> None:
    """Until it has ended. A printer that is away is waited for: it goes on by itself after a power cut."""
    while True:
        seen = await job.look()
        if seen is None:
            errand.board.show(words=_QUIET)
        else:
            _show(errand, seen, sides)
            if seen.state == JobState.COMPLETED:
                return
            if seen.state in _ENDED:
                raise WorksFault("not-printed", f"the printer did not print it: {seen.words or 'it gives no reason'}")
        try:
            errand.pause(_POLL_SECONDS)
        except Stopped:
            errand.ending = Trouble(*(_STOPPED if await job.cancel() else NOT_STOPPED))
            raise


def _show(errand: Errand, seen: _Seen, sides: int) -> None:
    progress = None if seen.done is None else Progress(seen.done, max(sides, seen.done))
    if progress is not None and seen.state == JobState.COMPLETED:  # what came out is all there was
        progress = Progress(seen.done, seen.done) if seen.done else None
    if (seen.words, progress) != (errand.task.words, errand.task.progress):
        errand.board.show(words=seen.words, progress=progress)
