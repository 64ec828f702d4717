"""What a child says, read line by line in the parent, and believed only as far as it can be true (SPEC N4)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from distserver.model.documents import PWG_RASTER, URF
from distserver.render.tasks import Answer, ConvertTask, Done, Fence, Progress, Task, unpack_answer, unpack_progress

_MOST_SAID = 1 << 20
_AFTER_KILL = 10.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a task used up: wall and CPU seconds, largest resident set in MB."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Ending:
    """One child's end. `exit_code` is negative for a signal, None when the template itself went away.

    `lied`: it said something that cannot be true, and was killed for it.
    """

    answer: Answer | None
    exit_code: int | None
    timed_out: bool
    usage: Usage
    lied: bool = False


class Track:
    """How far a conversion has come, by the word of its children, one after the other.

    A document may have taken over the child, so each step has to fit the one before it and the file itself.
    """

    def __init__(self, task: Task, fence: Fence, tell: Callable[[Progress], None]) -> None:
        self._output, self._most_pages = Path(), 0
        if isinstance(task, ConvertTask) and task.klass.format in (PWG_RASTER, URF):
            self._output, self._most_pages = Path(task.output), len(task.inputs) * (fence.pages + 1)
        self._tell = tell
        self.last: Progress | None = None

    def accept(self, progress: Progress) -> bool:
        """Take it up and tell it on; False when it cannot be true."""
        before = self.last or Progress(0, progress.total, 0)
        grown = progress.pages == before.pages + 1 and progress.octets > before.octets
        fits = progress.total == before.total and progress.pages <= progress.total <= self._most_pages
        if not (grown and fits and progress.octets <= self._measure()):
            return False
        self.last = progress
        self._tell(progress)
        return True

    def agrees(self, answer: Answer | None) -> bool:
        """Whether a child that says it is done has told of each page before, if it has told of any."""
        last = self.last
        if last is None or not isinstance(answer, Done):
            return True
        return answer.pages == last.pages == last.total and last.octets == self._measure()

    def _measure(self) -> int:
        try:
            return self._output.stat().st_size
        except OSError:
            return 0


class _Ear:
    """Takes the pieces that come from a child's socket; progress goes to the track, other lines are kept."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._rest = b""
        self._kept = 0
        self.lines: list[bytes] = []

    def take(self, piece: bytes) -> bool:
        """False when it cannot be true, or is more than a child has to say."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            progress = unpack_progress(line)
            if progress is None:
                self._kept += len(line) + 1
                self.lines.append(line)
            elif not self._track.accept(progress):
                return False
        return self._kept + len(self._rest) < _MOST_SAID


def listen(job: socket.socket, fence: Fence, track: Track, begun: float) -> Ending:
    """Until both child and template have closed `job`. `begun` is the monotonic time at which the task was given.

    A child whose time is up is killed, and so is one that lies: it has ended when this returns, unless even that does
    not help, and then `timed_out` or `lied` says that nobody should wait for it or write where it writes.
    """
    ear = _Ear(track)
    deadline = begun + fence.wall_seconds
    timed_out = lied = False
    while True:
        job.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            piece = job.recv(1 << 16)
        except TimeoutError:
            if timed_out or lied:
                break
            timed_out = True
        except ConnectionError:
            break
        else:
            if not piece:
                break
            if lied or ear.take(piece):
                continue
            lied = True
        deadline = time.monotonic() + _AFTER_KILL
        job.shutdown(socket.SHUT_WR)
    ending = _read_ending(ear.lines, timed_out, time.monotonic() - begun)
    if lied or not track.agrees(ending.answer):
        return Ending(None, ending.exit_code, timed_out, ending.usage, lied=True)
    return ending


def _read_ending(lines: list[bytes], timed_out: bool, seconds: float) -> Ending:
    """The last line is the template's, the one before the child's answer."""
    try:
        ended = json.loads(lines[-1])
        exit_code = int(ended["ended"])
        usage = Usage(seconds, float(ended["cpu_seconds"]), float(ended["peak_mb"]))
    except (IndexError, ValueError, KeyError, TypeError, RecursionError):
        return Ending(None, None, timed_out, Usage(seconds))
    answer = unpack_answer(lines[0]) if len(lines) > 1 else None
    return Ending(answer, exit_code, timed_out, usage)
