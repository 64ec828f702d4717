"""One scan from the first sheet to the last, over jams and double feeds: what was read is kept, a person decides."""

from __future__ import annotations

import contextlib
import errno
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from distwire.scan.contract import Color, Limits, RawPage, ScanJob, Scanner, ScanOrder
from distwire.scan.eye import Eye
from distwire.scan.faults import MENDABLE, BrokenAnswer, FeedFault, LimitExceeded, NoRoom, ScanCanceled, ScanError
from distwire.scan.matching import match_job
from distwire.scan.picture import Look, name_drawn

_ROOM_OF_A_PAGE = 1 << 16
_FULL = "the disk is full: free space on it, then scan again"


class Answer(StrEnum):
    """What a person decides when a scan stops in the middle."""

    CONTINUE = "continue"
    END = "end"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Interruption:
    """A scan has stopped with `pages` kept. `may_continue` False: only `end` and `drop` make sense.

    `withdraws`: so many pages at the end are read again when it goes on, because their sheet goes in again.
    """

    error: ScanError
    pages: int
    may_continue: bool
    withdraws: int = 0


Ask = Callable[[Interruption], Answer]


def end_here(_interruption: Interruption) -> Answer:
    """Where nobody can be asked, what was read is kept."""
    return Answer.END


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page on disk. `number` counts what the scanner read, from 1; `blank` pages may have been `removed`."""

    number: int
    raw: RawPage
    look: Look
    color: Color
    removed: bool = False


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Where pages go (a folder of this scan alone), and how. `stop` ends the scan from another thread."""

    folder: Path
    ask: Ask = end_here
    remove_blank: bool = False
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)


class ScanSession:
    """Runs a scan once. `pages` is what is kept; `stopped_by` is the error after which it was ended early."""

    def __init__(self, scanner: Scanner, job: ScanJob, options: ScanOptions) -> None:
        self._scanner = scanner
        self._wanted = job
        self._options = options
        self._read = 0
        self._octets = 0
        self._eye = Eye(options.limits)
        self.pages: list[ScannedPage] = []
        self.blank = 0
        self.stopped_by: ScanError | None = None

    def run(self) -> Iterator[ScannedPage]:
        """Pages as they come, removed ones too. Raises `ScanError` when nothing was read, or it was to be dropped."""
        with _tell_full_disk(), self._eye:
            job = match_job(self._scanner, self._wanted)
            while True:
                try:
                    yield from self._feed(job)
                except ScanCanceled:
                    self._drop()
                    raise
                except ScanError as error:
                    if not self._goes_on(error, self._count_withdrawn(job)):
                        return
                else:
                    return

    def _feed(self, job: ScanJob) -> Iterator[ScannedPage]:
        options = self._options
        order = ScanOrder(job, options.folder, options.limits, options.stop)
        with contextlib.closing(self._scanner.scan(order)) as feed:
            for raw in feed:
                self._octets += raw.path.stat().st_size
                page = self._take(raw, job)
                yield page
                for frame in range(1, page.look.frames):
                    yield self._take(replace(raw, frame=frame), job)

    def _take(self, raw: RawPage, job: ScanJob) -> ScannedPage:
        """Look at a page and keep it. Raises `BrokenAnswer` for one that is refused; its file is gone then."""
        try:
            self._check_limits()
            look = self._eye.examine(raw)
        except BrokenAnswer as error:
            full = shutil.disk_usage(self._options.folder).free < _ROOM_OF_A_PAGE
            name_drawn(raw).unlink(missing_ok=True)
            if not raw.frame:
                raw.path.unlink(missing_ok=True)
            if full and not isinstance(error, LimitExceeded):
                raise NoRoom(_FULL) from error  # whoever wrote the page, scanimage for one, did not say so
            raise
        self._read += 1
        if look.drawn:
            raw = RawPage(name_drawn(raw), None)
        removed = self._options.remove_blank and look.blank
        page = ScannedPage(self._read, raw, look, job.color, removed)
        if removed:
            _erase(page)
            self.blank += 1
        else:
            self.pages.append(page)
        return page

    def _check_limits(self) -> None:
        limits = self._options.limits
        if self._read >= limits.pages:
            raise LimitExceeded(f"there are still more pages: no more than {limits.pages} are taken in one scan")
        if self._octets > limits.total_octets:
            raise LimitExceeded(f"the scan is larger than {limits.total_octets >> 20} MB: scan it in parts")

    def _count_withdrawn(self, job: ScanJob) -> int:
        """1 when a front was read whose back was not: the sheet is laid back and both sides are read again."""
        return int(job.duplex and self._read % 2 == 1)

    def _goes_on(self, error: ScanError, withdrawn: int) -> bool:
        """Ask, and do as was said. Raises the error when there is nothing to keep."""
        may_continue = isinstance(error, MENDABLE)
        if not self._read and not isinstance(error, FeedFault):
            raise error
        answer = self._options.ask(Interruption(error, len(self.pages), may_continue, withdrawn))
        if answer is Answer.CONTINUE and may_continue:
            if withdrawn:
                self._withdraw()
            return True
        if answer is Answer.DROP or not self.pages:
            self._drop()
            raise error
        self.stopped_by = error
        return False

    def _withdraw(self) -> None:
        """Forget the front that was read last; it may have been blank, and removed already."""
        if self.pages and self.pages[-1].number == self._read:
            _erase(self.pages.pop())
        else:
            self.blank -= 1
        self._read -= 1

    def _drop(self) -> None:
        while self.pages:
            _erase(self.pages.pop())


def _erase(page: ScannedPage) -> None:
    """Remove its file, unless it has more pages."""
    if page.look.frames == 1 or page.look.drawn:
        page.raw.path.unlink(missing_ok=True)


@contextlib.contextmanager
def _tell_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(_FULL) from error
        raise
