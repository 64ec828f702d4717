"""The image memory: stores documents, hands them out to who may have them, erases them, and mends what a crash left.

What a document is stands in the table alone; its file is there before the table calls it stored, and gone before the
table forgets it. So whatever instant a process dies at, `sweep` knows what to do (docs/reference/image-memory.md).
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from distwire.tiff import DamagedTiff, PagePlace, Tail, TiffPage, end_at, find_tail, read_strip, walk_pages
from mfp_client.memory import listing
from mfp_client.memory.ballast import Ballast
from mfp_client.memory.endings import DROPPED, ERASED, EXPIRED, Ending, explain_absence
from mfp_client.memory.erasing import Eraser
from mfp_client.memory.errors import (
    Damaged,
    Expired,
    MemoryFault,
    MemoryFull,
    NotStored,
    NotYours,
    StillOpen,
    StillWaiting,
    WrongRequest,
    say_date,
    say_id,
)
from mfp_client.memory.folder import ImageFolder
from mfp_client.memory.growing import Ground, OpenDocument
from mfp_client.memory.listing import find_document, read_document
from mfp_client.memory.locks import WriterLock, is_locked, take_lock
from mfp_client.memory.records import (
    DEFAULT_LIMITS,
    FIRST_ID,
    LAST_ID,
    Asker,
    Draft,
    Limits,
    StoredDocument,
)
from mfp_client.memory.room import Room, map_disk
from mfp_client.memory.sums import digest_of
from mfp_client.memory.table import Table
from mfp_client.memory.wishes import check_draft

_log = logging.getLogger(__name__)

TOKEN_OCTETS = 16
_TRIES = 1000
_AT_ONCE = 200
_EXPIRED = (
    "SELECT * FROM document WHERE expires <= ? AND state = 'stored'"
    " AND NOT EXISTS (SELECT 1 FROM sending WHERE sending.id = document.id) ORDER BY expires LIMIT ?"
)


def draw_id() -> int:
    """Eight digits, at random: a mistyped ID names nothing."""
    return FIRST_ID + secrets.randbelow(LAST_ID - FIRST_ID + 1)


class ImageMemory:
    """The documents below one folder. Any number of processes and threads may use it at the same time."""

    def __init__(
        self,
        home: Path,
        limits: Limits = DEFAULT_LIMITS,
        *,
        clock: Callable[[], float] = time.time,
        draw: Callable[[], int] = draw_id,
    ) -> None:
        """Open `home/memory`, make it where it is not there, and mend it. Raises `Unusable`, `MemoryFull`."""
        self.limits = limits
        self.clock = clock
        self._draw = draw
        self._path = home / "memory"
        self._ballast = Ballast(self._path / "ballast")
        with contextlib.ExitStack() as opened, map_disk(self._path, "free some room on it"):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.table = Table(self._path / "table.db", self._ballast)
            opened.callback(self.table.close)
            self._folder = ImageFolder(self._path / "images")
            opened.callback(self._folder.close)
            self.room = Room(self._path, self.table, limits)
            self.eraser = Eraser(self.table, self._folder, self.room, clock)
            self.sweep()
            opened.pop_all()

    @property
    def device(self) -> int:
        """The number of the disk that it lies on."""
        return self._path.stat().st_dev

    def open(self, draft: Draft) -> OpenDocument:
        """A new document, without pages yet, under an image ID that was never given before. Raises `MemoryFull`,
        `WrongRequest`, `Unusable`."""
        draft = check_draft(draft, self.clock())
        asker = Asker(draft.owner)
        self.room.check(0, asker)
        for _ in range(_TRIES):
            opened = self._try_open(self._draw(), draft)
            if opened is not None:
                return opened
        raise MemoryFull("hardly any image ID is left: this memory has given nearly all of them")

    def resume(self, image_id: int, asker: Asker) -> OpenDocument:
        """Go on with a document that broke off while it was made, behind its last whole page. Raises `StillOpen` while
        somebody adds pages to it, else as `find`."""
        lock = self._lock(image_id)
        if lock is None:
            raise StillOpen(f"pages are being added to document {say_id(image_id)} just now")
        try:
            document, file, tail = self._take_up(image_id, asker)
        except BaseException:
            lock.let_go()
            raise
        opened = OpenDocument(self._ground(), document, (file, lock), tail)
        try:
            opened.note_pages()
        except BaseException:
            opened.leave()
            raise
        return opened

    def find(self, image_id: int, asker: Asker, *, unclosed: bool = False, expired: bool = False) -> StoredDocument:
        """A document for somebody. Raises `NotStored`, `Erased`, `NotYours`; `StillOpen` unless `unclosed` are wanted
        too, which are their owner's alone, `Expired` unless `expired` are."""
        if not FIRST_ID <= image_id <= LAST_ID:
            raise NotStored(f"there is no document {say_id(image_id)} in this memory")
        document = find_document(self.table, image_id)
        if document is None or document.state == "erasing":
            raise explain_absence(self.table, image_id)
        if not document.may_see(asker):
            raise NotYours(f"document {say_id(image_id)} is private: only its owner may use it")
        if document.state == "open" and not unclosed:
            raise StillOpen(f"document {say_id(image_id)} is not complete: close it, or drop it")
        if document.state == "open" and not document.may_change(asker):
            raise NotYours(f"document {say_id(image_id)} is not complete: until then only its owner may use it")
        expires = document.draft.expires
        if expires is not None and expires <= self.clock() and not expired:
            raise Expired(f"the time of document {say_id(image_id)} was over on {say_date(expires)}")
        return document

    def list_documents(
        self, asker: Asker, *, text: str = "", before: int | None = None, limit: int = 50
    ) -> list[StoredDocument]:
        """See `list_documents`."""
        return listing.list_documents(self.table, asker, self.clock(), text=text, before=before, limit=limit)

    def list_unclosed(self, asker: Asker) -> list[StoredDocument]:
        """Documents that the asker may change which broke off while they were made: to be resumed, or erased."""
        rows = self.table.rows(
            "SELECT * FROM document WHERE state <> 'stored' AND state = 'open' ORDER BY number DESC LIMIT 100"
        )
        found = [one for one in map(read_document, rows) if one.may_change(asker)]
        with self.room.disk():
            return [one for one in found if not is_locked(self._path / "lock", one.id)]

    def thumbnail(self, image_id: int, asker: Asker) -> bytes:
        """A small JPEG of the first page. Raises as `find`."""
        document = self.find(image_id, asker, unclosed=True)
        row = self.table.row("SELECT jpeg FROM thumbnail WHERE id = ?", (image_id,))
        if row is None:
            raise NotStored(f"document {say_id(document.id)} has no page yet")
        return bytes(row["jpeg"])

    @contextlib.contextmanager
    def read(self, document: StoredDocument, *, verify: bool = True) -> Iterator[BinaryIO]:
        """The TIFF file of a document; it can be read to its end also when the document is erased meanwhile. Raises
        `Damaged` when it is not what was stored; without `verify` only when it is not ours."""
        with os.fdopen(self._folder.open(document.id, document.token), "rb", buffering=0) as file:
            if verify and document.digest and digest_of(file.fileno()) != document.digest:
                raise Damaged(
                    f"the file of document {say_id(document.id)} is not what was stored: the disk may be failing"
                )
            yield file

    def pages(self, file: BinaryIO, document: StoredDocument) -> Iterator[TiffPage]:
        """The pages of what `read` gives, one after the other. Raises `Damaged`."""
        for place in self._places(file, document):
            yield TiffPage(place.facts, read_strip(file.fileno(), place))

    def page(self, file: BinaryIO, document: StoredDocument, number: int) -> TiffPage:
        """One page of what `read` gives, counted from 1. Raises `Damaged`, `WrongRequest`."""
        for found, place in enumerate(self._places(file, document), 1):
            if found == number:
                return TiffPage(place.facts, read_strip(file.fileno(), place))
        raise WrongRequest(f"document {say_id(document.id)} has {document.pages} pages, and no page {number}")

    def erase(self, image_id: int, asker: Asker, ending: Ending = ERASED) -> None:
        """Remove a document, for good. Raises as `find`, `NotYours`, `StillOpen`, and `StillWaiting` while it waits to
        be sent. It may be called again after any error."""
        document = self.find(image_id, asker, unclosed=True, expired=True)
        if not document.may_change(asker):
            raise NotYours(f"document {say_id(image_id)} has an owner: only {document.draft.owner} may erase it")
        with contextlib.ExitStack() as held:
            if document.state == "open":
                lock = self._lock(image_id)
                if lock is None:
                    raise StillOpen(f"pages are being added to document {say_id(image_id)} just now")
                held.enter_context(lock)
            if not self.eraser.erase(document, ending):
                raise StillWaiting(f"document {say_id(image_id)} waits to be sent: withdraw that first")

    def sweep(self) -> None:
        """Finish what a crash cut off, and erase what has expired. Quick when there is nothing to do; call it now and
        then. A document that cannot be erased holds up no other. Raises `Unusable` when the table cannot be read."""
        found = self.table.rows("SELECT * FROM document WHERE state <> 'stored'")
        found += self.table.rows(_EXPIRED, (self.clock(), _AT_ONCE))
        for document in map(read_document, found):
            try:
                self._sweep_one(document)
            except MemoryFault as fault:
                _log.warning("document %d is not erased yet: %s", document.id, fault)
        self._ballast.take_back()

    def close(self) -> None:
        """Close the files; documents that are open stay so."""
        self._folder.close()
        self.table.close()

    def __enter__(self) -> ImageMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_up(self, image_id: int, asker: Asker) -> tuple[StoredDocument, int, Tail]:
        """The file of a document that broke off, without what is no whole page."""
        document = self.find(image_id, asker, unclosed=True)
        if not document.may_change(asker):
            raise NotYours(f"document {say_id(image_id)} has an owner: only {document.draft.owner} may add pages")
        if document.state != "open":
            raise StillOpen(f"document {say_id(image_id)} is complete: no page can be added")
        file = self._folder.open(image_id, document.token, writing=True)
        try:
            with self.room.disk():
                tail = find_tail(file, document.token)
                end_at(file, tail)
        except BaseException:
            os.close(file)
            raise
        return document, file, tail

    def _try_open(self, image_id: int, draft: Draft) -> OpenDocument | None:
        lock = self._lock(image_id)  # before the row is there: nobody takes it for one that was left
        if lock is None:
            return None
        try:
            document = self._issue(image_id, draft)
            file = None if document is None else self._create(document)
        except BaseException:
            lock.let_go()
            raise
        if document is None or file is None:
            lock.let_go()
            return None
        with self.room.disk():
            return OpenDocument(self._ground(), document, (file, lock), find_tail(file, document.token))

    def _issue(self, image_id: int, draft: Draft) -> StoredDocument | None:
        """Give the ID, for ever; None when it was given before."""
        now, token = self.clock(), secrets.token_bytes(TOKEN_OCTETS)
        with self.table.change() as connection:
            given = connection.execute("INSERT OR IGNORE INTO issued (id, issued) VALUES (?, ?)", [image_id, now])
            if not given.rowcount:
                return None
            values = [image_id, token, draft.title, draft.owner, draft.private, now, draft.expires]
            connection.execute(
                "INSERT INTO document (id, state, token, title, owner, private, made, expires)"
                " VALUES (?, 'open', ?, ?, ?, ?, ?, ?)",
                values,
            )
        return find_document(self.table, image_id)

    def _create(self, document: StoredDocument) -> int | None:
        """The document's file; None when something foreign has its name: the ID is given up then."""
        try:
            with self.room.disk(Asker(document.draft.owner)):
                try:
                    return self._folder.create(document.id, document.token)
                except FileExistsError:
                    self.eraser.erase(document, DROPPED)
                    return None
        except MemoryFault:
            with contextlib.suppress(MemoryFault):  # the next sweep will
                self.eraser.erase(document, DROPPED)
            raise

    def _sweep_one(self, document: StoredDocument) -> None:
        if document.state == "erasing":
            self.eraser.finish(document)
        elif document.state == "stored":
            self.eraser.erase(document, EXPIRED)
        else:
            self._sweep_open(document)

    def _sweep_open(self, document: StoredDocument) -> None:
        stale = document.made < self.clock() - self.limits.unclosed_seconds
        if document.pages and not stale:  # somebody may be about to go on with it: not even its lock is touched
            return
        lock = self._lock(document.id)
        if lock is None:
            return
        with lock:
            now = find_document(self.table, document.id)
            if now is not None and now.state == "open" and (now.pages == 0 or stale):
                self.eraser.erase(now, DROPPED)

    def _ground(self) -> Ground:
        return Ground(self.table, self.room, self.eraser, self.clock)

    def _lock(self, image_id: int) -> WriterLock | None:
        with self.room.disk():
            return take_lock(self._path / "lock", image_id)

    def _places(self, file: BinaryIO, document: StoredDocument) -> Iterator[PagePlace]:
        try:
            yield from walk_pages(file.fileno())
        except DamagedTiff as error:
            raise Damaged(f"the file of document {say_id(document.id)} is damaged: {error}") from error
