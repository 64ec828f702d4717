"""A document of the memory while a task makes it: scanned, or taken up where it broke off; closed, or dropped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from distwire.scan.faults import ScanError
from mfp_client.memory.errors import MemoryFault
from mfp_client.memory.growing import OpenDocument
from mfp_client.memory.records import Draft, StoredDocument
from mfp_client.works.errand import Errand
from mfp_client.works.faults import Dropped, Stopped
from mfp_client.works.memo import write_memo
from mfp_client.works.pictures import list_pages
from mfp_client.works.scanning import scan_into

_DAY = 86400.0


def draft_of(errand: Errand, document: OpenDocument | None = None) -> Draft:
    """What is said of the document; without a new title its old one stays, and its owner does. One that only waits to
    be sent is its owner's alone, where it has one, and does not expire."""
    wishes, owner = errand.wishes, document.draft.owner if document else errand.task.person.name
    stays = errand.task.kind == "store" or bool(wishes.keep)
    expires = time.time() + wishes.keep_days * _DAY if wishes.keep_days and stays else None
    title = wishes.title or (document.draft.title if document else "")
    return Draft(title, owner, wishes.private if stays else bool(owner), expires)


@contextmanager
def open_document(errand: Errand) -> Iterator[OpenDocument]:
    """A document with its pages, still open. Whoever stops drops it, unless it had broken off before; who walks away,
    or what fails otherwise, leaves it as one that broke off, with what it was meant for. Raises what `explain`
    explains, `Stopped`."""
    unfinished = errand.wishes.unfinished
    memory = errand.memory
    document = memory.resume(unfinished, errand.asker) if unfinished else memory.open(draft_of(errand))
    try:
        show_open(errand, document)
        document.remember(write_memo(errand.task))
        if not unfinished:
            scan_into(errand, document)
            show_open(errand, document)
        yield document
    except BaseException as error:
        given_up = isinstance(error, Stopped | Dropped | ScanError) and not errand.leaves
        if (unfinished and not errand.drops) or (document.pages and not given_up):
            _leave(errand, document)
        else:
            document.drop()
        raise
    document.leave()  # closed by now, or it broke off


def _leave(errand: Errand, document: OpenDocument) -> None:
    """Where nothing can be noted any more, what was noted before stays."""
    with contextlib.suppress(MemoryFault):
        document.describe(draft_of(errand, document))
        document.remember(write_memo(errand.task))
    document.leave()


def show_open(errand: Errand, document: OpenDocument) -> StoredDocument:
    """Tell what the table knows of it; with its pages, if there are any and none were told."""
    found = errand.memory.find(document.id, errand.asker, unclosed=True)
    pages = errand.task.pages or list_pages(errand.memory, found)
    errand.board.show(documents=(found,), pages=pages)
    return found
