"""The device: the only code that changes a job's state; prints one job after the other, a sheet when there is paper.

Everything here runs on one event loop; nothing needs a lock. The life of a job stands in `job.TRANSITIONS`.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from distwire.ipp.enums import JobState, PrinterState
from mfp_client.printing.history import KEPT, History
from mfp_client.printing.job import Job, Received, Ticket
from mfp_client.printing.output import Bin, Output, OutputFailed
from mfp_client.printing.pages import Unprintable
from mfp_client.printing.press import Press
from mfp_client.printing.profiles import Profile
from mfp_client.printing.progress import count_sheets
from mfp_client.printing.rasterizer import Order

_log = logging.getLogger(__name__)


class NotPossible(Exception):
    """The job's state does not allow this; the message says why."""


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """What the device is called, what it can do, and how fast it pretends to be (seconds per page).

    `patience` is multiple-operation-time-out: seconds that a job may wait for its document.
    """

    name: str
    profile: Profile
    location: str = ""
    seconds_per_page: float = 0.0
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class _Run:
    """The job that is being printed, where its pages go, and the task that prints it."""

    job: Job
    bin: Bin
    task: asyncio.Task[None]


class Device:
    """Jobs, paper, and the loop that prints."""

    def __init__(self, options: DeviceOptions, history: History, output: Output) -> None:
        self.options = options
        self.identity = history.load_identity()
        self.state_changed_at = time.time()
        self.started_at = self.state_changed_at
        self.message = ""
        self._history = history
        self._output = output
        self._jobs = {job.id: job for job in history.load_jobs()}
        self.identity.next_job = max(self.identity.next_job, *(number + 1 for number in self._jobs), 1)
        self._wake = asyncio.Event()
        self._paper = asyncio.Event()
        self._current: _Run | None = None
        self._timers: dict[int, asyncio.TimerHandle] = {}
        if self.identity.paper:
            self._paper.set()
        self._recover()

    # What it is like

    @property
    def jobs(self) -> list[Job]:
        """All jobs that are remembered, oldest first."""
        return list(self._jobs.values())

    @property
    def has_paper(self) -> bool:
        """What the panel's switch says."""
        return self._paper.is_set()

    @property
    def current(self) -> Job | None:
        """The job that is being printed."""
        return self._current.job if self._current else None

    @property
    def state(self) -> PrinterState:
        """printer-state: stopped while a job waits for paper, and while the output is."""
        if self._output.state.stopped:
            return PrinterState.STOPPED
        if self._current is None:
            return PrinterState.IDLE
        stopped = self._current.job.state is JobState.PROCESSING_STOPPED
        return PrinterState.STOPPED if stopped else PrinterState.PROCESSING

    @property
    def reasons(self) -> tuple[str, ...]:
        """printer-state-reasons."""
        reasons = (() if self.has_paper else ("media-empty",)) + self._output.state.reasons
        return tuple(dict.fromkeys(reasons)) or ("none",)

    def up_time(self, moment: float | None = None) -> int:
        """printer-up-time at a moment (default now): seconds since the device was first switched on, at least 1."""
        return max(1, int((time.time() if moment is None else moment) - self.identity.since) + 1)

    def find_job(self, number: int) -> Job | None:
        """The job of that id, or None."""
        return self._jobs.get(number)

    # What may be done

    def create_job(self, name: str, user: str, ticket: Ticket, supplied: dict[str, str]) -> Job:
        """A new job that waits for its document; it is on disk when this returns."""
        job = Job(
            id=self.identity.next_job, uuid=str(uuid.uuid4()), name=name, user=user, ticket=ticket, created=time.time()
        )
        job.supplied = supplied
        if ticket.hold:
            job.move(JobState.PENDING_HELD, ("job-incoming", "job-hold-until-specified"), job.created)
        self.identity.next_job += 1
        self._history.save_identity(self.identity)
        self._jobs[job.id] = job
        self._history.save_job(job, durable=True)
        self._expect_document(job)
        self._forget_oldest()
        return job

    def begin_document(self, job: Job) -> Path:
        """Where the bytes of the job's document go while they arrive; raises `NotPossible`."""
        if job.ended or job.closed or job.document is not None:
            raise NotPossible(f"job {job.id} takes no document any more")
        self._stop_timer(job)
        job.reasons = ("job-incoming", "job-data-insufficient")
        return self._history.spool / f".{job.id:06d}-{uuid.uuid4().hex}.part"

    def take_document(self, job: Job, arrived: Path, document: Received) -> None:
        """The document is whole; raises `NotPossible` when the job ended meanwhile."""
        if job.ended:
            arrived.unlink(missing_ok=True)
            raise NotPossible(f"job {job.id} was ended while its document arrived")
        self._history.keep_document(job, arrived)
        job.document = document
        self._history.save_job(job)
        if not job.closed:
            self._expect_document(job)

    def close_job(self, job: Job) -> None:
        """No further document will come: the job may be printed; without a document it is aborted."""
        if job.ended or job.closed:
            raise NotPossible(f"job {job.id} is closed already")
        self._stop_timer(job)
        job.closed = True
        if job.document is None:
            self._end_job(job, JobState.ABORTED, ("aborted-by-system",), "the job came without a document")
            return
        held = job.state is JobState.PENDING_HELD
        job.reasons = ("job-hold-until-specified",) if held else ("none",)
        self._history.save_job(job, durable=True)
        self._wake.set()

    def cancel_job(self, job: Job, reason: str = "job-canceled-by-user") -> None:
        """End the job now, also in mid-page; raises `NotPossible` when it has ended."""
        if job.ended:
            raise NotPossible(f"job {job.id} has ended already")
        self._end_job(job, JobState.CANCELED, (reason,))

    def abort_job(self, job: Job, reason: str, words: str) -> None:
        """Give the job up, unless it has ended already."""
        if not job.ended:
            reasons = (reason,) if reason == "aborted-by-system" else (reason, "aborted-by-system")
            self._end_job(job, JobState.ABORTED, reasons, words)

    def hold_job(self, job: Job) -> None:
        """Keep a job that waits; raises `NotPossible` when it does not wait."""
        if job.state not in (JobState.PENDING, JobState.PENDING_HELD):
            raise NotPossible(f"job {job.id} does not wait any more")
        self._change(job, JobState.PENDING_HELD, ("job-hold-until-specified",))

    def release_job(self, job: Job) -> None:
        """Let a held job go on; raises `NotPossible` when it is not held."""
        if job.state is not JobState.PENDING_HELD:
            raise NotPossible(f"job {job.id} is not held")
        self._change(job, JobState.PENDING, ("none",) if job.closed else ("job-incoming",))
        self._wake.set()

    async def watch_output(self) -> None:
        """Follow how the output is, for ever."""

        def note() -> None:
            self.state_changed_at = time.time()

        await self._output.watch(note)

    def set_paper(self, filled: bool) -> None:
        """The switch of the panel."""
        if filled == self.has_paper:
            return
        self.identity.paper = filled
        self._history.save_identity(self.identity)
        self.state_changed_at = time.time()
        if filled:
            self._paper.set()
        else:
            self._paper.clear()

    # How it goes on by itself

    async def run(self) -> None:
        """Print what is there to print, for ever; cancelled, an unfinished job waits for the next start."""
        while True:
            job = next((job for job in self._jobs.values() if job.printable), None)
            if job is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._print(job)

    async def _wait_for_paper(self, job: Job) -> None:
        """Return when there is paper; until then the job is stopped and says so."""
        if not self.has_paper:
            self._change(job, JobState.PROCESSING_STOPPED, ("printer-stopped",), "the paper tray is empty")
            await self._paper.wait()
        if job.reasons != ("job-printing",):
            self._change(job, JobState.PROCESSING, ("job-printing",))

    async def _print(self, job: Job) -> None:
        """Print a job to its end; cancelled (the device is switched off) it goes on at the next start."""
        self._change(job, JobState.PROCESSING, ("job-transforming",))
        try:
            pages = self._output.open_bin(job)
        except OutputFailed as error:
            self.abort_job(job, "aborted-by-system", str(error))
            return
        task = asyncio.create_task(self._set_up(job, pages).print_all())
        self._current = _Run(job, pages, task)
        try:
            await asyncio.wait({task})
            self._conclude(self._current)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            if not job.ended:
                self._change(job, JobState.PENDING, ("none",))
            raise
        finally:
            self._current = None
            self.state_changed_at = time.time()

    def _set_up(self, job: Job, pages: Bin) -> Press:
        assert job.document is not None
        order = Order(
            document=self._history.document_path(job),
            format=job.document.format,
            ticket=job.ticket,
            profile=self.options.profile.name,
            folder=pages.folder,
        )
        return Press(job, order, pages, self.options.seconds_per_page, self._wait_for_paper)

    def _conclude(self, run: _Run) -> None:
        """What has become of a job whose printing is over."""
        job = run.job
        if job.ended:  # cancelled meanwhile
            return
        error = run.task.exception()
        if error is None:
            self._end_job(job, JobState.COMPLETED, (run.bin.done,))
        elif isinstance(error, Unprintable):
            self.abort_job(job, error.keyword, str(error))
        elif isinstance(error, OutputFailed):
            self.abort_job(job, "aborted-by-system", str(error))
        else:
            _log.error("printing job %d failed", job.id, exc_info=error)
            self.abort_job(job, "aborted-by-system", str(error))

    def _end_job(self, job: Job, state: JobState, reasons: tuple[str, ...], words: str = "") -> None:
        """Let a job end. Its pages are in the tray before anybody can learn that it has ended."""
        self._stop_timer(job)
        job.closed = True
        job.move(state, reasons, time.time(), words)
        run = self._current
        if run is not None and run.job is job:
            run.task.cancel()
            self._deliver(job, run.bin)
        elif job.processing_at is not None:
            self._deliver_interrupted(job)
        self.state_changed_at = time.time()
        self._history.save_job(job, durable=True)
        self._output.clear(job)
        _log.info("job %d is %s (%s) %s", job.id, state.name.lower(), ", ".join(reasons), words)

    def _deliver(self, job: Job, pages: Bin) -> None:
        """Put what was printed of the job where it can be taken; a job that cannot be put there is aborted."""
        if job.state is not JobState.COMPLETED and not pages.partial:
            job.impressions = job.sheets = 0
        if job.impressions == 0:
            pages.discard()
            return
        try:
            pages.finish(job)
        except OutputFailed as error:
            pages.discard()
            job.state = JobState.ABORTED
            job.reasons, job.words = ("aborted-by-system",), str(error)

    def _deliver_interrupted(self, job: Job) -> None:
        """A job that a power cut interrupted ends before it goes on: its first pages are out."""
        try:
            pages = self._output.open_bin(job)
        except OutputFailed as error:
            _log.warning("the pages of job %d are lost: %s", job.id, error)
            return
        job.impressions, job.sheets = len(pages.laid), count_sheets(pages.laid)
        self._deliver(job, pages)

    def _change(self, job: Job, state: JobState, reasons: tuple[str, ...], words: str = "") -> None:
        job.move(state, reasons, time.time(), words)
        self.state_changed_at = time.time()
        self._history.save_job(job)
        _log.info("job %d is %s (%s) %s", job.id, state.name.lower(), ", ".join(reasons), words)

    def _recover(self) -> None:
        """After a start: what was half received is aborted, what was in print goes on unless all of it is out."""
        for job in self.jobs:
            if not job.ended:
                self._recover_job(job)
            if job.ended:
                self._output.clear(job)
        self._history.clear_spool({self._history.document_path(job) for job in self.jobs if not job.ended})

    def _recover_job(self, job: Job) -> None:
        end = self._output.find_end(job)
        if end is not None:
            job.state, job.reasons, job.words = end.state, end.reasons, end.words
            job.impressions, job.sheets, job.closed = end.impressions, end.sheets, True
            job.ended_at = time.time()
            self._history.save_job(job, durable=True)
        elif job.document is None or not job.closed or not self._history.document_path(job).exists():
            self._end_job(job, JobState.ABORTED, ("aborted-by-system",), "switched off while the job was received")
        elif job.state is not JobState.PENDING_HELD:
            self._change(job, JobState.PENDING, ("none",))

    def _expect_document(self, job: Job) -> None:
        """A job that waits in vain for its document is aborted (multiple-operation-time-out-action)."""
        self._stop_timer(job)
        loop = asyncio.get_running_loop()
        self._timers[job.id] = loop.call_later(
            self.options.patience, self.abort_job, job, "job-data-insufficient", "the document did not come"
        )

    def _stop_timer(self, job: Job) -> None:
        timer = self._timers.pop(job.id, None)
        if timer is not None:
            timer.cancel()

    def _forget_oldest(self) -> None:
        ended = [job for job in self.jobs if job.ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[job.id]
            self._history.forget_job(job)
