"""The process that has the imaging packages loaded and forks a fenced child for each task.

Run as `python -m distserver.render.template FD`. FD is a SOCK_SEQPACKET socket: each packet is a packed task together
with one descriptor, the job's socket. The child writes its progress and its answer there; when it has ended, this
process adds, as a line of JSON, how it ended and what it used up. A job's socket that the other side shuts down means:
kill the child.

It has one thread, so forking is safe; it never looks into a document itself; and it ends, with all its children, when
the other end of FD closes. `multiprocessing`'s forkserver would do most of this, but runs the caller's main module
again in each child, and tells nobody what a killed child had used up.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable

from distserver.render.tasks import (
    Answer,
    Done,
    Failed,
    Fence,
    InspectTask,
    LookTask,
    Progress,
    Task,
    pack_answer,
    pack_progress,
    unpack_task,
)
from distserver.render.work import preload, run_task
from distwire.fence import set_limits

_PR_SET_PDEATHSIG = 1
_MEGABYTE = 1 << 20
_ALARM_GRACE = 5
_DESCRIPTORS = 1024
_IDLE_SECONDS = 10.0
_GROWTH_KB = 32 << 10


class _Template:
    """The loop: start children, kill those nobody waits for, and tell how each ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._jobs: dict[int, tuple[int, socket.socket]] = {}
        self._sockets: dict[int, int] = {}
        self._poll = select.epoll()
        self._poll.register(control.fileno(), select.EPOLLIN)
        self._wake, wakeup = socket.socketpair()
        self._wake.setblocking(False)
        wakeup.setblocking(False)
        self._wakeup = wakeup
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        self._poll.register(self._wake.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Until the control socket closes."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._control.fileno():
                    if not self._accept():
                        self._kill_all()
                        return
                elif descriptor == self._wake.fileno():
                    self._wake.recv(4096)
                elif descriptor in self._sockets:
                    self._kill(descriptor)
            self._reap()

    def _accept(self) -> bool:
        payload, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        if not payload or not descriptors:
            return False
        job = socket.socket(fileno=descriptors[0])
        child = os.fork()
        if child == 0:
            _run_child(payload, job)
        self._jobs[child] = (job.fileno(), job)
        self._sockets[job.fileno()] = child
        self._poll.register(job.fileno(), select.EPOLLRDHUP)
        return True

    def _kill(self, descriptor: int) -> None:
        """Only children that were not waited for yet, so that the number is still theirs."""
        os.kill(self._sockets[descriptor], signal.SIGKILL)
        self._poll.unregister(descriptor)
        del self._sockets[descriptor]

    def _reap(self) -> None:
        while self._jobs:
            child, status, usage = os.wait4(-1, os.WNOHANG)
            if child == 0:
                return
            descriptor, job = self._jobs.pop(child)
            if self._sockets.pop(descriptor, None) is not None:
                self._poll.unregister(descriptor)
            ended = {
                "ended": os.waitstatus_to_exitcode(status),
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "peak_mb": usage.ru_maxrss / 1024,
            }
            with job:
                try:
                    job.send(json.dumps(ended).encode() + b"\n", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                except OSError:
                    continue

    def _kill_all(self) -> None:
        for child in self._jobs:
            os.kill(child, signal.SIGKILL)


def _run_child(payload: bytes, job: socket.socket) -> None:
    """Everything that happens in a child; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.closerange(3, job.fileno())  # other children's sockets: held open here, they would never end
        os.closerange(job.fileno() + 1, _DESCRIPTORS)
        task, fence = unpack_task(payload)
        _close_in(fence)
        if isinstance(task, LookTask):
            _look_on(job, fence)
            return
        job.sendall(pack_answer(_answer(task, fence, lambda progress: job.sendall(pack_progress(progress)))))
    finally:
        os._exit(0)


def _look_on(job: socket.socket, fence: Fence) -> None:
    """Until nobody asks any more, or something was not as usual: what comes next shall find a fresh process."""
    job.settimeout(_IDLE_SECONDS)
    lean = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + _GROWTH_KB
    with job.makefile("rb") as lines:
        for line in lines:
            signal.alarm(int(fence.wall_seconds) + _ALARM_GRACE)
            answer = _answer(InspectTask(json.loads(line)), fence, lambda _: None)
            job.sendall(pack_answer(answer))
            used = resource.getrusage(resource.RUSAGE_SELF)
            if not isinstance(answer, Done) or used.ru_maxrss > lean or used.ru_utime > fence.cpu_seconds / 2:
                return
            signal.alarm(0)


def _answer(task: Task, fence: Fence, report: Callable[[Progress], None]) -> Answer:
    try:
        return run_task(task, fence, report)
    except Exception as error:  # noqa: BLE001 - the outermost loop: whatever a document provokes is told, not raised
        return Failed(f"{type(error).__name__}: {error}")


def _close_in(fence: Fence) -> None:
    """Put the fence up: limits, no output of C libraries, death with the template."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    set_limits(
        memory=fence.memory_mb * _MEGABYTE, file_octets=fence.output_mb * _MEGABYTE, cpu_seconds=fence.cpu_seconds
    )
    signal.alarm(int(fence.wall_seconds) + _ALARM_GRACE)


def main() -> None:
    """Load everything, then serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    preload()
    gc.freeze()
    _Template(control).run()


if __name__ == "__main__":
    main()
