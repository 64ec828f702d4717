"""Plays scripts one after the other and finds what is wrong: faults told, exceptions logged, things left behind."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distwire.ipp.enums import Operation, Status, status_keyword
from distwire.ipp.message import Message
from distwire.ipp.service import Reply
from tests.fuzz.findings import Finding, Tally, is_fault, is_http_fault
from tests.fuzz.house import House, open_house
from tests.fuzz.player import WrongAnswer, play_body, play_stream
from tests.fuzz.script import Step, read_script

CLEAR_EVERY = 250
"""Requests after which the house is cleared and looked over."""
_CREATING = (Operation.PRINT_JOB, Operation.CREATE_JOB)
_MOST_JOBS = 60

Told = Callable[[Finding], None]


class Watch(logging.Handler):
    """Counts in `tally`, and tells `report` of each new kind of finding. A listener of a house (see `open_house`)."""

    def __init__(self, report: Told) -> None:
        super().__init__(logging.WARNING)
        self.tally = Tally()
        self._report = report
        self._script = b""
        self._recent: deque[bytes] = deque(maxlen=64)
        self._jobs: list[int] = []
        self._since = 0
        self._made = 0
        self._house: House | None = None
        self._still: tuple[int, int] | None = None

    @property
    def house(self) -> House:
        assert self._house is not None
        return self._house

    @contextmanager
    def over(self, home: Path, *, thorough: bool = False, database: str = "", clearing: bool = True) -> Iterator[House]:
        """Watch over a house (see `open_house`) and all that this process says; it is cleared at the end."""
        gc.collect()  # what others have left is not to be told here
        log = logging.getLogger()
        unraisable, in_thread = sys.unraisablehook, threading.excepthook
        log.addHandler(self)
        sys.unraisablehook = lambda args: self._found_exception("unraisable", args.exc_value)
        threading.excepthook = lambda args: self._found_exception("thread", args.exc_value)
        try:
            with open_house(home, self, thorough=thorough, database=database) as self._house:
                yield self._house
                if clearing:
                    self.clear()
        finally:
            log.removeHandler(self)
            sys.unraisablehook, threading.excepthook = unraisable, in_thread

    def play(self, raw: bytes) -> None:
        """One script, and what it leaves behind."""
        self._script = raw
        self._recent.append(raw)
        self._jobs.clear()
        begun = time.monotonic()
        for step in read_script(raw):
            self._play_step(step)
        self.tally.seconds += time.monotonic() - begun
        self.tally.scripts += 1
        left = list(self.house.services.spool.incoming.iterdir())
        if left:
            self.find("left-behind", "spool/incoming", f"{len(left)} files")
            for path in left:
                path.unlink()
        if self._since >= CLEAR_EVERY or self._made > _MOST_JOBS:
            self.clear()

    def _play_step(self, step: Step) -> None:
        count = 1
        try:
            if step.is_http:
                answers = play_stream(self.house, step, self._jobs)
                count = max(1, len(answers))
                for answer in answers:
                    self.tally.https[answer.status] += 1
                    if is_http_fault(answer.status):
                        self.find("http-status", str(answer.status), "")
            else:
                play_body(self.house, step, self._jobs)
        except WrongAnswer as error:
            self.find("wrong-answer", str(error)[:60], str(error))
        except TimeoutError:
            self.find("no-end", "a connection", "nothing came for half a minute")
        except Exception as error:
            self._found_exception("escaped", error)
        self.tally.requests += count
        self._since += count

    def clear(self) -> None:
        """Clear the house; nothing may remain, and nothing be open that was not before."""
        remains = self.house.clear()
        if remains:
            self.find("remains", f"{sorted(remains.rows)} {sorted(remains.files)}", str(remains), self._history())
        self._since = self._made = 0
        self.tally.clearings += 1
        still = (count_descriptors(), threading.active_count())
        if self._still is None or self.tally.clearings < 5:
            self._still = still
        elif still[0] > self._still[0] + 4 or still[1] > self._still[1] + 2:  # the store opens some when it needs them
            self.find("open", f"from {self._still} to {still}", "descriptors, threads", self._history())
            self._still = still

    def measure(self) -> dict[str, float]:
        """What this process holds: memory in MB, and blocks that Python has allocated, in thousands."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {
            "requests": self.tally.requests,
            "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), 1),
            "blocks_k": round(sys.getallocatedblocks() / 1000, 1),
            "descriptors": count_descriptors(),
            "threads": threading.active_count(),
        }

    def _history(self) -> bytes:
        """The scripts since the house was cleared: one of them is to blame."""
        return b"".join(self._recent)

    # What a house tells

    def answered(self, request: Message, reply: Reply) -> None:
        """An answer in the words of IPP."""
        self.tally.answers[request.code, int(reply.status)] += 1
        if is_fault(reply.status, reply.words):
            self.find("ipp-status", f"{status_keyword(reply.status)} to {request.code:#06x}", reply.words or "")
        if request.code in _CREATING and reply.status in (Status.OK, Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES):
            number = reply.groups[0].integer("job-id") if reply.groups else None
            if number is not None:
                self._jobs.append(number)
                self._made += 1

    def complained(self, context: dict[str, Any]) -> None:
        """The event loop."""
        self.find("loop", str(context.get("message")), repr(context))

    def emit(self, record: logging.LogRecord) -> None:
        """A line of the log, from warnings on."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._found_exception(f"logged {record.msg}", error)
        else:
            self.find("logged", f"{record.levelname} {record.name} {record.msg}", record.getMessage())

    def _found_exception(self, kind: str, error: BaseException | None) -> None:
        frames = traceback.extract_tb(error.__traceback__) if error is not None else []
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        ours = [frame for frame in frames if "distserver/intake" in frame.filename]
        if ours and ours[-1] is not frames[-1]:
            place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} > {place}"
        words = "".join(traceback.format_exception(error)) if error is not None else ""
        self.find(kind, f"{type(error).__name__} at {place}", words)

    def find(self, kind: str, where: str, details: str, script: bytes | None = None) -> None:
        """Something is wrong; told once for each place."""
        finding = Finding(kind, where, details, self._script if script is None else script)
        if finding.key not in self.tally.findings:
            self.tally.findings[finding.key] = details
            self._report(finding)


def count_descriptors() -> int:
    """How many files and sockets this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
