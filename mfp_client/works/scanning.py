"""Paper into the image memory, page by page (SPEC D7).

The page that was read last is held back until the next one comes: after a jam in the middle of a sheet its front is
read again, and a document of the memory only grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from distwire.scan.contract import Color, ScanJob, Scanner, Source
from distwire.scan.session import Answer, Interruption, ScannedPage, ScanOptions, ScanSession
from mfp_client.memory.errors import MemoryFull
from mfp_client.memory.growing import OpenDocument
from mfp_client.memory.intake import read_frame
from mfp_client.works.errand import Errand
from mfp_client.works.faults import Dropped, Stopped, WorksFault, WrongWish
from mfp_client.works.progress import PageSeen, Question, ScannedPart
from mfp_client.works.wishes import ScanWish

_TONES = {Color.BI_LEVEL: "bilevel", Color.MONOCHROME: "grey", Color.COLOR: "colour"}


def scan_into(errand: Errand, document: OpenDocument) -> None:
    """Add what the scanner reads. Raises `ScanError`, `MemoryFault`, `Stopped`; whole pages before that are
    stored."""
    with errand.open_folder() as folder:
        storing = _Storing(errand, document)
        session = open_session(errand, folder)
        storing.session = session
        try:
            for page in run_session(errand, session):
                storing.take(page)
            storing.finish()
        except Stopped:
            if errand.leaves:
                storing.finish()
            raise
        except _EndedHere as ended:
            errand.board.show(words=f"ended early: {ended}")
    if not document.pages:
        raise WorksFault("all-blank", "all pages are blank: nothing was stored")


def open_session(errand: Errand, folder: Path) -> ScanSession:
    """A scan as it is wished. Raises `WrongWish`, `ScanError`."""
    wish = errand.wishes.scan
    scanner = _choose_scanner(errand, wish)
    errand.board.show(step="scanning", scan=ScannedPart(scanner=scanner.uri))
    options = ScanOptions(
        folder, ask=lambda one: ask_or_drop(errand, one), remove_blank=wish.remove_blank, stop=errand.stop
    )
    source = None if wish.source == "auto" else Source(wish.source)
    return ScanSession(scanner, ScanJob(source, wish.duplex, wish.resolution, Color(wish.color)), options)


def run_session(errand: Errand, session: ScanSession) -> Iterator[ScannedPage]:
    """Its pages. Raises `Stopped` instead of what the scanner says to that; shows why it ended early, if it did."""
    try:
        yield from session.run()
    finally:
        errand.check()
    if session.stopped_by is not None:
        errand.board.show(words=f"ended early: {session.stopped_by}")


def ask_or_drop(errand: Errand, stopped: Interruption) -> Answer:
    """What a person decides about a jam or the like; who stops wants nothing, and `run_session` tells that."""
    answers = _choose_answers(stopped.pages, may_continue=stopped.may_continue)
    question = Question(stopped.error.keyword, str(stopped.error), stopped.pages, stopped.withdraws, answers)
    try:
        return Answer(errand.ask(question))
    except Stopped:
        return Answer.END if errand.leaves else Answer.DROP


def _choose_answers(pages: int, *, may_continue: bool) -> tuple[str, ...]:
    """Those that make sense: without a page there is nothing to end with."""
    answers = [Answer.CONTINUE] if may_continue else []
    answers += [Answer.END] if pages else []
    return tuple(str(answer) for answer in (*answers, Answer.DROP))


def _choose_scanner(errand: Errand, wish: ScanWish) -> Scanner:
    known = errand.tools.settings.scanners
    if not known:
        raise WrongWish("no-scanner", "no scanner is set for this device", field="scan.scanner")
    uri = wish.scanner or known[0]
    if uri not in known:
        raise WrongWish("no-scanner", f"{uri} is no scanner of this device", field="scan.scanner")
    return errand.tools.open_scanner(uri)


class _EndedHere(Exception):
    """There is no room for more, and what is stored is kept."""


class _Storing:
    """Takes pages as they are read, and stores each when the one after it has come."""

    session: ScanSession

    def __init__(self, errand: Errand, document: OpenDocument) -> None:
        self._errand = errand
        self._document = document
        self._held: ScannedPage | None = None
        self._seen: list[PageSeen] = []

    def take(self, page: ScannedPage) -> None:
        """A page has come, be it one that is left out."""
        self._settle()
        self._held = None if page.removed else page
        if not page.removed:
            number = self._document.pages + 1
            self._seen.append(PageSeen(number, page.look.width, page.look.height, page.look.blank))
            self._errand.previews[number] = page.look.preview
        self._show()

    def finish(self) -> None:
        """The last page has come, and none follows."""
        self._settle()
        self._show()

    def _settle(self) -> None:
        """Store the page that is held, unless it was withdrawn meanwhile."""
        held, self._held = self._held, None
        if held is None:
            return
        if not any(one is held for one in self.session.pages[-2:]):
            self._seen.pop()
            return
        page, thumbnail = read_frame(held.raw.path, _TONES[held.color], held.raw.frame, held.look.resolution)
        while True:
            try:
                self._document.add_page(page, thumbnail)
            except MemoryFull as error:
                self._ask_for_room(error)
            else:
                break
        _discard(held)

    def _ask_for_room(self, error: MemoryFull) -> None:
        """Return when somebody has made room. Raises `_EndedHere`, `Dropped`, as was answered."""
        answers = _choose_answers(self._document.pages, may_continue=True)
        answer = self._errand.ask(Question(error.keyword, str(error), self._document.pages, 0, answers))
        if answer == Answer.DROP:
            raise Dropped(error.keyword, str(error)) from error
        if answer == Answer.END:
            del self._seen[self._document.pages :]
            self._show()
            raise _EndedHere(str(error)) from error

    def _show(self) -> None:
        scan = self._errand.task.scan or ScannedPart()
        part = replace(scan, pages=len(self._seen), removed=self.session.blank)
        self._errand.board.show(scan=part, pages=tuple(self._seen))


def _discard(page: ScannedPage) -> None:
    """Remove its file once all its pages are stored."""
    if page.look.drawn or page.raw.frame == page.look.frames - 1:
        page.raw.path.unlink(missing_ok=True)
