"""Mark sheets: printed for stored documents, and read back from a stack of paper (SPEC D7, D8)."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from distwire.fence import start_child
from distwire.scan.session import ScannedPage
from distwire.tiff import PageFacts, TiffPage, Tone
from mfp_client.marksheet.key import KeyUnusable, load_key
from mfp_client.marksheet.reader import SheetPage, SheetReader
from mfp_client.marksheet.verdict import Rule
from mfp_client.memory.errors import MemoryFault
from mfp_client.memory.printout import PDF, Form, PrintOrder, Printout, Target, fit_name
from mfp_client.memory.raster import write_raster
from mfp_client.memory.records import StoredDocument
from mfp_client.works.errand import Errand
from mfp_client.works.faults import WorksFault, explain
from mfp_client.works.printing import print_out
from mfp_client.works.progress import PageVerdict, ScannedPart, Trouble
from mfp_client.works.scanning import open_session, run_session

_DRAW_SECONDS = 120
_LAST_DAY = date(2052, 5, 17)
_FOUND = "the document is here"
_AGAIN = "the document was named by a page before"


def print_sheets(errand: Errand, documents: Sequence[StoredDocument]) -> None:
    """Print a mark sheet for each. Raises as `print_out`, `KeyUnusable`."""
    key = load_key(errand.tools.home)
    order = PrintOrder(errand.tools.settings.printer, sides="one-sided")
    for document in documents:
        told, strip = _describe(errand, document, key)
        name = fit_name(f"{document.id} {document.draft.title}".strip())
        print_out(errand, Printout(name, Tone.GREY, 1, _Drawer(told, strip).write), order)


def try_sheet(errand: Errand, document: StoredDocument) -> None:
    """Print the mark sheet. When that fails it is said, and the task goes on: a sheet can be printed later.
    Raises `Stopped`."""
    try:
        print_sheets(errand, [document])
    except (WorksFault, MemoryFault, KeyUnusable) as error:
        errand.lasting = Trouble(*explain(error))
        errand.board.show(error=errand.lasting)


def print_mark_sheets(errand: Errand) -> None:
    """The task `sheet`. Raises as `print_sheets`, `ImageMemory.find`."""
    print_sheets(errand, errand.find_documents())


def read_sheets(errand: Errand) -> None:
    """The task `read-sheets`: which documents the pages of a stack name, and what is wrong with the others. Raises
    `ScanError`, `KeyUnusable`, `Stopped`."""
    rule = Rule(load_key(errand.tools.home), datetime.now().astimezone().date())
    with errand.open_folder() as folder, SheetReader(rule) as reader:
        session = open_session(errand, folder)
        reading = _Reading(errand, reader)
        for page in run_session(errand, session):
            reading.take(page)
        reading.finish()
    if not errand.task.verdicts:
        raise WorksFault("all-blank", "all pages are blank: no mark sheet was found")
    errand.board.show(step="review", words="")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a page of the stack came to."""

    verdict: PageVerdict | None = None
    document: StoredDocument | None = None
    blank: bool = False


class _Reading:
    """Pages of a stack as they come, and what each comes to."""

    def __init__(self, errand: Errand, reader: SheetReader) -> None:
        self._errand = errand
        self._reader = reader
        self._seen: dict[int, _Seen] = {}
        self._file: Path | None = None
        self._found: dict[int, SheetPage] = {}

    def take(self, page: ScannedPage) -> None:
        """A page has come; nothing is said of blank ones, such as the backs of sheets."""
        self._seen = {number: one for number, one in self._seen.items() if number < page.number}  # may be read again
        self._seen[page.number] = _Seen(blank=True) if page.look.blank or page.removed else self._judge(page)
        seen = self._seen.values()
        blank = sum(one.blank for one in seen)
        scan = self._errand.task.scan or ScannedPart()
        self._errand.board.show(
            scan=ScannedPart(len(seen) - blank, blank, scan.scanner),
            verdicts=tuple(one.verdict for one in seen if one.verdict is not None),
            documents=tuple(self._named.values()),
        )

    def finish(self) -> None:
        """The stack is through."""
        self._errand.enter("reading")

    @property
    def _named(self) -> dict[int, StoredDocument]:
        """What the pages that stand name, each document once."""
        return {one.document.id: one.document for one in self._seen.values() if one.document is not None}

    def _judge(self, page: ScannedPage) -> _Seen:
        found = self._read(page.raw.path).get(page.raw.frame + 1)
        self._errand.check()
        return _Seen() if found is None else self._check(page.number, found)

    def _read(self, path: Path) -> dict[int, SheetPage]:
        """What the pages of a file come to; one of several is read once, for its first page."""
        if self._file != path:
            self._file = path
            self._found = {found.page: found for found in self._reader.read_file(path)}
        return self._found

    def _check(self, number: int, found: SheetPage) -> _Seen:
        mark = found.verdict.mark
        if mark is None:
            keyword, _, words = (found.verdict.why or "").partition(": ")
            return _Seen(PageVerdict(number, None, keyword, words))
        image_id = int(mark.image_id)
        try:
            document = self._errand.memory.find(image_id, self._errand.asker)
        except MemoryFault as fault:
            return _Seen(PageVerdict(number, image_id, fault.keyword, str(fault), fault.facts))
        words = _AGAIN if image_id in self._named else _FOUND
        return _Seen(PageVerdict(number, image_id, None, words), document)


class _Drawer:
    """Draws one sheet in the form that the printer takes."""

    def __init__(self, told: dict[str, object], strip: bytes) -> None:
        self._told = told
        self._strip = strip

    def write(self, form: Form, target: Target) -> None:
        """Raises `WorksFault`."""
        if form.format == PDF:
            target.write(self._draw("pdf"))
            return
        head, _, strip = self._draw("page").partition(b"\n")
        facts = json.loads(head)
        size = facts["width"], facts["height"]
        page = TiffPage(PageFacts(*size, tuple(facts["dpi"]), Tone(facts["tone"])), strip)
        if form.raster is None:
            raise WorksFault("not-printed", "the printer takes no PDF, and no raster either: mark sheets need one")
        write_raster(target, [page], form.raster, 1)

    def _draw(self, form: str) -> bytes:
        told = json.dumps(self._told).encode() + b"\n" + self._strip
        with start_child("mfp_client.works.sheet_child", form) as child:
            try:
                drawn, _ = child.communicate(told, _DRAW_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                drawn = b""
        if not drawn:
            raise WorksFault("sheet-not-drawn", "the mark sheet cannot be drawn over this page: it is damaged")
        return drawn


def _describe(errand: Errand, document: StoredDocument, key: bytes) -> tuple[dict[str, object], bytes]:
    """What the child is told, and the strip of the document's first page."""
    with errand.memory.read(document) as file:
        page = errand.memory.page(file, document, 1)
    facts = page.facts
    told: dict[str, object] = {
        "image_id": str(document.id),
        "made": _day(document.made).isoformat(),
        "expires": None if document.draft.expires is None else min(_day(document.draft.expires), _LAST_DAY).isoformat(),
        "title": document.draft.title,
        "language": errand.tools.settings.language,
        "key": key.hex(),
        "page": {"width": facts.width, "height": facts.height, "dpi": facts.dpi, "tone": facts.tone.value},
    }
    return told, page.strip


def _day(moment: float) -> date:
    return date(*time.localtime(moment)[:3])
