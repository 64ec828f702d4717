"""Run a task in a fenced child, from any thread, and survive whatever happens to the child (SPEC N4)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from distserver.errors import DocumentRefused, NoSpace, StoreUnavailable
from distserver.model.states import Reason
from distserver.render.child import Ending, Track, Usage, listen
from distserver.render.contract import RenderLimits
from distserver.render.tasks import (
    ConvertTask,
    Done,
    Failed,
    Fence,
    InspectTask,
    LookTask,
    Progress,
    Refused,
    Task,
    pack_task,
)
from distwire.fence import find_packages

_AFTER_KILL = 10.0
_START_SECONDS = 60.0
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(64 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
"""For glibc: a page's pixels are used again for the next step and the next page, and not given back and fetched anew
each time, which took a third of the time of a page of text. What a child may use at most is limited all the same."""

_GAVE_UP = (signal.SIGABRT, signal.SIGTRAP, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a task ended for good: its answer (never `Failed`), or the error to raise; and what it used up in all.

    `progress` is how far it came by then, if it told.
    """

    answer: Done | None
    error: Exception | None
    usage: Usage
    progress: Progress | None = None

    def unwrap(self) -> Done:
        """The answer, or the error raised."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise StoreUnavailable("the converter gave no answer")
        return self.answer


class FencedRunner:
    """Starts the template when first needed, again when it has died, and at most `parallel` children at a time, and one
    more for what is urgent.

    Calls block and may come from any thread. `close` ends the template and with it every child.
    """

    def __init__(self, limits: RenderLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.parallel)
        self._urgent_slot = threading.BoundedSemaphore()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def run(self, task: Task, tell: Callable[[Progress], None] = lambda _: None, *, urgent: bool = False) -> Verdict:
        """Run it; a child that somebody killed is started again, at most `limits.attempts` times in all.

        `tell` hears, in this thread, how far the output is good. A child that is started again goes on behind that:
        what was told stays true. The verdict's error is `DocumentRefused` (also for the limits of the fence), `NoSpace`
        or `StoreUnavailable`.
        """
        fence = self._fence_of(task)
        total = Usage()
        error: Exception | None = None
        track = Track(task, fence, tell)
        with self._urgent_slot if urgent else self._slots:
            for _ in range(self._limits.attempts):
                if isinstance(task, ConvertTask):
                    task = replace(task, begun=track.last)
                ending = self._run_once(task, fence, track)
                total = _add(total, ending.usage)
                answer, error, again = _judge(ending, fence)
                if self._closed and answer is None:
                    error, again = StoreUnavailable("the converter is being shut down"), False
                if not again:
                    return Verdict(answer, error, total, track.last)
        return Verdict(None, error, total, track.last)

    def open_looker(self) -> socket.socket:
        """A child that looks into one document after the other. Raises `OSError` and `StoreUnavailable`."""
        ours, theirs = socket.socketpair()
        task = LookTask()
        try:
            with theirs:
                self._submit(pack_task(task, self._fence_of(task)), theirs)
        except BaseException:
            ours.close()
            raise
        return ours

    @property
    def template_pid(self) -> int | None:
        """Process id of the running template, if there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        """End the template; tasks under way fail."""
        with self._lock:
            self._closed = True
            self._stop()

    def _fence_of(self, task: Task) -> Fence:
        limits = self._limits
        short = isinstance(task, (InspectTask, LookTask))
        return Fence(
            memory_mb=limits.memory_mb,
            cpu_seconds=limits.inspect_cpu_seconds if short else limits.cpu_seconds,
            wall_seconds=limits.inspect_wall_seconds if short else limits.wall_seconds,
            output_mb=limits.output_mb,
            pages=limits.pages,
            pixel_mb=limits.pixel_mb,
        )

    def _run_once(self, task: Task, fence: Fence, track: Track) -> Ending:
        begun = time.monotonic()
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    self._submit(pack_task(task, fence), theirs)
            except OSError:
                return Ending(None, None, False, Usage(time.monotonic() - begun))
            return listen(ours, fence, track, begun)

    def _submit(self, payload: bytes, job: socket.socket) -> None:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the converter is being shut down")
            if self._process is None or self._process.poll() is not None or self._control is None:
                self._stop()
                self._start()
            control = self._control
            if control is None:
                raise StoreUnavailable("the converter could not be started")
            socket.send_fds(control, [payload], [job.fileno()])

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_START_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "distserver.render.template", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={**os.environ, **find_packages(), **_KEEP_MEMORY},
            )
        self._control = ours

    def _stop(self) -> None:
        """Close the socket, which ends the template; wait for it, so that no zombie stays."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_AFTER_KILL)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _judge(ending: Ending, fence: Fence) -> tuple[Done | None, Exception | None, bool]:
    """(answer, error, worth another try)."""
    answer = ending.answer
    if ending.lied:
        return None, DocumentRefused("the document makes the converter say what is not true", Reason.QUARANTINED), False
    if isinstance(answer, Done):
        return answer, None, False
    if isinstance(answer, Refused):
        return None, DocumentRefused(answer.message, answer.reason), False
    if isinstance(answer, Failed):
        if answer.no_space:
            return None, NoSpace("the disk is full: free space on it, then try again"), False
        return (
            None,
            DocumentRefused(f"the document could not be read, it is probably damaged ({answer.message})"),
            False,
        )
    if ending.timed_out or ending.exit_code == -signal.SIGALRM:
        return (
            None,
            DocumentRefused(f"the document is too complex: it took longer than {fence.wall_seconds:g} s"),
            False,
        )
    if ending.exit_code == -signal.SIGXCPU:
        return None, DocumentRefused(f"the document is too complex: it took more than {fence.cpu_seconds} s"), False
    if ending.exit_code is not None and -ending.exit_code in _GAVE_UP and ending.usage.peak_mb > fence.memory_mb / 2:
        return None, DocumentRefused(f"the document is too complex: it needs more than {fence.memory_mb} MB"), False
    if ending.exit_code is None:
        return None, StoreUnavailable("the converter cannot be started, or is killed each time"), True
    return None, DocumentRefused("the document makes the converter crash each time", Reason.QUARANTINED), True


def _add(one: Usage, other: Usage) -> Usage:
    peak = max(one.peak_mb, other.peak_mb)
    return Usage(one.seconds + other.seconds, one.cpu_seconds + other.cpu_seconds, peak)
