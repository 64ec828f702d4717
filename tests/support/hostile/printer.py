"""One simulated printer: its script, its jobs, its paper. It knows nothing of sockets."""

from __future__ import annotations

import asyncio
import time

from distwire.ipp import Operation
from distwire.ipp.enums import JobState
from tests.support.hostile.job import Job
from tests.support.hostile.paper import Paper, Sheet, split_job_name
from tests.support.hostile.script import At, Part, Script, Step

_KNOWN = (
    Operation.PRINT_JOB,
    Operation.VALIDATE_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.GET_PRINTER_ATTRIBUTES,
)

_ON_FOR_SECONDS = 10_000
"""It was switched on long before anybody asks: a restart shows."""


class Printer:
    """Jobs print one after the other, each for `print_seconds`, while there is paper."""

    def __init__(self, name: str, paper: Paper) -> None:
        self.name = name
        self.script = Script()
        self.jobs: dict[int, Job] = {}
        self.requests: dict[int, int] = {}
        self.has_paper = True
        self._paper = paper
        self._spent: list[int] = []
        self._last_id = 0
        self._started = time.monotonic() - _ON_FOR_SECONDS
        self._waiting: list[Job] = []
        self._printing: asyncio.TimerHandle | None = None
        self._loading: asyncio.TimerHandle | None = None

    @property
    def operations(self) -> tuple[int, ...]:
        """What it knows."""
        return tuple(code for code in _KNOWN if code not in self.script.traits.lacks)

    @property
    def up_time(self) -> int:
        """Seconds since it was switched on, from 1 (RFC 8011 §5.4.29)."""
        return int(time.monotonic() - self._started) + 1

    def play(self, script: Script) -> None:
        """From now on this script; jobs stay, and an empty tray is filled."""
        self.script, self._spent = script, [0] * len(script.steps)
        self.load_paper()

    def next_step(self, *places: At) -> Step | None:
        """The step that waits at such a request; it counts as used."""
        number = self._find_step(places)
        if number is None:
            return None
        self._spent[number] += 1
        return self.script.steps[number]

    def peek_step(self, *places: At) -> Step | None:
        """The same, but it stays unused."""
        number = self._find_step(places)
        return None if number is None else self.script.steps[number]

    def make_job(self, name: str) -> Job:
        """A job that waits for its document."""
        self._last_id += 1
        job = self.jobs[self._last_id] = Job(self._last_id, name)
        return job

    def take_whole(self, job: Job, digest: str, octets: int) -> None:
        """The document is there to its end: it is printed as soon as the printer comes to it."""
        self._note(job, digest, octets, whole=True)
        if not job.ended:
            job.become(JobState.PENDING, "job-queued")
            self._waiting.append(job)
            self._work()

    def take_part(self, job: Job, digest: str, octets: int) -> None:
        """The document broke off."""
        self._note(job, digest, octets, whole=False)
        if job.ended:
            return
        match self.script.traits.part:
            case Part.ABORT:
                job.become(JobState.ABORTED, "aborted-by-system", "submission-interrupted")
            case Part.KEEP:
                job.become(JobState.PROCESSING, "job-incoming")
            case Part.PRINT:
                self._come_out(job)

    def give_up(self, job: Job, reason: str) -> None:
        """End a job before anything of it is printed."""
        job.become(JobState.ABORTED, *dict.fromkeys(("aborted-by-system", reason)))

    def cancel(self, job: Job) -> None:
        """Stop a job; nothing of it comes out any more."""
        job.become(JobState.CANCELED, "job-canceled-by-user")
        self._work()

    def restart(self) -> None:
        """Off and on: all jobs are forgotten, their ids begin again. What lies in the tray stays there."""
        self.jobs.clear()
        self._waiting.clear()
        self._last_id = 0
        self._started = time.monotonic()
        if self._printing is not None:
            self._printing.cancel()
            self._printing = None

    def empty_tray(self, seconds: float | None) -> None:
        """No paper from now on, for a while or for ever."""
        self.has_paper = False
        if seconds is not None:
            self._loading = asyncio.get_running_loop().call_later(seconds, self.load_paper)

    def load_paper(self) -> None:
        """Paper is back."""
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        self.has_paper = True
        self._work()

    def _find_step(self, places: tuple[At, ...]) -> int | None:
        for number, step in enumerate(self.script.steps):
            meant = step.at is At.ANY or step.at in places
            if meant and (step.times is None or self._spent[number] < step.times):
                return number
        return None

    def _work(self) -> None:
        self._waiting = [job for job in self._waiting if not job.ended]
        while self._waiting and self._printing is None:
            if not self.has_paper:
                for job in self._waiting:
                    job.become(JobState.PROCESSING_STOPPED, "printer-stopped")
                return
            job, seconds = self._waiting.pop(0), self.script.traits.print_seconds
            if seconds:
                job.become(JobState.PROCESSING, "job-printing")
                self._printing = asyncio.get_running_loop().call_later(seconds, self._end_of_print, job)
            else:
                self._come_out(job)

    def _end_of_print(self, job: Job) -> None:
        self._printing = None
        if not job.ended:
            self._come_out(job)
        self._work()

    def _come_out(self, job: Job) -> None:
        job.become(JobState.COMPLETED, "job-completed-successfully")
        job.impressions = int(self.script.traits.counts)
        self._paper.printed.append(self._sheet(job))
        if not self.script.traits.keeps:
            self.jobs.pop(job.id, None)

    def _note(self, job: Job, digest: str, octets: int, *, whole: bool) -> None:
        job.digest, job.octets, job.whole = digest, octets, whole
        self._paper.received.append(self._sheet(job))

    def _sheet(self, job: Job) -> Sheet:
        return Sheet(self.name, *split_job_name(job.name), job.digest, job.octets, job.whole)
