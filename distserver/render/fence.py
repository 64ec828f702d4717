"""Run a task in a fenced child, from any thread, and survive whatever happens to the child (SPEC N4)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from distserver.errors import DocumentRefused, NoSpace, StoreUnavailable
from distserver.model.states import Reason
from distserver.render.contract import RenderLimits
from distserver.render.tasks import (
    Answer,
    Done,
    Failed,
    Fence,
    InspectTask,
    Refused,
    Task,
    pack_task,
    unpack_answer,
)

_ANSWER_LIMIT = 1 << 20
_AFTER_KILL = 10.0
_START_SECONDS = 60.0
_GAVE_UP = (signal.SIGABRT, signal.SIGTRAP, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a task used up: wall and CPU seconds, largest resident set in MB."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a task ended for good: its answer (never `Failed`), or the error to raise; and what it used up in all."""

    answer: Done | None
    error: Exception | None
    usage: Usage

    def unwrap(self) -> Done:
        """The answer, or the error raised."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise StoreUnavailable("the converter gave no answer")
        return self.answer


@dataclass(frozen=True, slots=True)
class _Ending:
    """One child's end. `exit_code` is negative for a signal, None when the template itself went away."""

    answer: Answer | None
    exit_code: int | None
    timed_out: bool
    usage: Usage


class FencedRunner:
    """Starts the template when first needed, again when it has died, and at most `parallel` children at a time.

    Calls block and may come from any thread. `close` ends the template and with it every child.
    """

    def __init__(self, limits: RenderLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.parallel)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def run(self, task: Task) -> Verdict:
        """Run it; a child that somebody killed is started again, at most `limits.attempts` times in all.

        The verdict's error is `DocumentRefused` (also for the limits of the fence), `NoSpace` or `StoreUnavailable`.
        """
        fence = self._fence_of(task)
        total = Usage()
        error: Exception | None = None
        with self._slots:
            for _ in range(self._limits.attempts):
                ending = self._run_once(task, fence)
                total = _add(total, ending.usage)
                answer, error, again = _judge(ending, fence)
                if self._closed and answer is None:
                    return Verdict(None, StoreUnavailable("the converter is being shut down"), total)
                if not again:
                    return Verdict(answer, error, total)
        return Verdict(None, error, total)

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
        short = isinstance(task, InspectTask)
        return Fence(
            memory_mb=limits.memory_mb,
            cpu_seconds=limits.inspect_cpu_seconds if short else limits.cpu_seconds,
            wall_seconds=limits.inspect_wall_seconds if short else limits.wall_seconds,
            output_mb=limits.output_mb,
            pages=limits.pages,
            pixel_mb=limits.pixel_mb,
        )

    def _run_once(self, task: Task, fence: Fence) -> _Ending:
        begun = time.monotonic()
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    self._submit(pack_task(task, fence), theirs)
            except OSError:
                return _Ending(None, None, False, Usage(time.monotonic() - begun))
            data, timed_out = _read_all(ours, begun + fence.wall_seconds)
        return _read_ending(data, timed_out, time.monotonic() - begun)

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
        environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "distserver.render.template", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment,
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


def _read_all(job: socket.socket, deadline: float) -> tuple[bytes, bool]:
    """Everything until both child and template have closed, and whether the child had to be killed for its time."""
    data = bytearray()
    timed_out = False
    while len(data) < _ANSWER_LIMIT:
        job.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            piece = job.recv(1 << 16)
        except TimeoutError:
            if timed_out:
                break
            timed_out = True
            deadline = time.monotonic() + _AFTER_KILL
            job.shutdown(socket.SHUT_WR)
            continue
        except ConnectionError:
            break
        if not piece:
            break
        data += piece
    return bytes(data), timed_out


def _read_ending(data: bytes, timed_out: bool, seconds: float) -> _Ending:
    """The last line is the template's, the one before the child's answer."""
    lines = data.splitlines()
    try:
        ended = json.loads(lines[-1])
        exit_code = int(ended["ended"])
        usage = Usage(seconds, float(ended["cpu_seconds"]), float(ended["peak_mb"]))
    except (IndexError, ValueError, KeyError, TypeError):
        return _Ending(None, None, timed_out, Usage(seconds))
    answer = unpack_answer(lines[0]) if len(lines) > 1 else None
    return _Ending(answer, exit_code, timed_out, usage)


def _judge(ending: _Ending, fence: Fence) -> tuple[Done | None, Exception | None, bool]:
    """(answer, error, worth another try)."""
    answer = ending.answer
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
