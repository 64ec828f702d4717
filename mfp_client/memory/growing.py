"""A document whose pages come one after the other: closed when all are there, or dropped."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from distwire.tiff import PageFacts, Tail, TiffPage, TiffTooLarge, append_page, end_at
from mfp_client.memory.endings import DROPPED
from mfp_client.memory.erasing import Eraser
from mfp_client.memory.errors import MemoryFault, MemoryFull, StillOpen, WrongRequest, say_id
from mfp_client.memory.listing import find_document
from mfp_client.memory.locks import WriterLock
from mfp_client.memory.records import Asker, Draft, SendOrder, StoredDocument
from mfp_client.memory.room import Room
from mfp_client.memory.sums import digest_of
from mfp_client.memory.table import Table
from mfp_client.memory.wishes import check_draft
from mfp_client.memory.words import index_text

_DIRECTORY = 256
"""Octets of a page beside its strip, at most."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What an open document uses of the memory that it is in."""

    table: Table
    room: Room
    eraser: Eraser
    clock: Callable[[], float]


class OpenDocument:
    """Of one thread at a time. As a context it is dropped at the end unless it was closed."""

    def __init__(self, ground: Ground, document: StoredDocument, held: tuple[int, WriterLock], tail: Tail) -> None:
        self._ground = ground
        self._document = document
        self._asker = Asker(document.draft.owner)
        self._file, self._lock = held
        self._tail = tail
        self._untidy = False
        self.keys: tuple[str, ...] = ()
        """Keys of the orders that wait since it was closed."""

    @property
    def id(self) -> int:
        """Its image ID: it has one from the beginning."""
        return self._document.id

    @property
    def pages(self) -> int:
        """How many pages are stored."""
        return self._tail.pages

    @property
    def draft(self) -> Draft:
        """What was said of it last."""
        return self._document.draft

    def add_page(self, page: TiffPage, thumbnail: bytes) -> None:
        """Store a page; it is on the disk when this returns. `thumbnail` is a JPEG of it; that of the first page is
        kept. Raises `MemoryFull`, `Unusable`: the pages before it are still there then, and another may be added."""
        self._check_held()
        self._ground.room.check(len(page.strip) + _DIRECTORY, self._asker)
        self._tidy()
        before = self._tail
        with self._ground.room.disk(self._asker):
            try:
                self._tail = append_page(self._file, before, page)
                os.fdatasync(self._file)
            except TiffTooLarge as error:
                raise MemoryFull(f"{error}: close it, and store the other pages as a second one") from error
            except OSError:
                self._go_back(before)
                raise
        try:
            self.note_pages(page.facts if before.pages == 0 else None, thumbnail)
        except MemoryFault:
            self._go_back(before)
            raise

    def note_pages(self, first: PageFacts | None = None, thumbnail: bytes = b"") -> None:
        """Tell the table how far the file is."""
        with self._ground.table.change() as connection:
            connection.execute(
                "UPDATE document SET pages = ?, octets = ? WHERE number = ?",
                [self._tail.pages, self._tail.end, self._document.number],
            )
            if first is not None:
                self._note_first(connection, first, thumbnail)

    def describe(self, draft: Draft) -> None:
        """Say anew what the document is called, who may see it, and when it expires; its owner stays. Raises
        `WrongRequest`, `MemoryFull`."""
        self._check_held()
        draft = check_draft(replace(draft, owner=self._document.draft.owner), self._ground.clock())
        with self._ground.table.change() as connection:
            connection.execute(
                "UPDATE document SET title = ?, private = ?, expires = ? WHERE number = ?",
                [draft.title, draft.private, draft.expires, self._document.number],
            )
        self._document = replace(self._document, draft=draft)

    def remember(self, memo: str) -> None:
        """Keep what its maker wants to find again if the document breaks off; the memory does not read it. Raises
        `MemoryFull`, `Unusable`."""
        self._check_held()
        with self._ground.table.change() as connection:
            connection.execute("UPDATE document SET memo = ? WHERE number = ?", [memo, self._document.number])

    def close(self, orders: Sequence[SendOrder] = ()) -> StoredDocument:
        """The document is complete, and from now on found by others; `orders` wait from the same instant on. Raises
        `WrongRequest` when it has no pages; after any error it is still open."""
        self._check_held()
        if not self.pages:
            raise WrongRequest("a document needs at least one page")
        self._tidy()
        with self._ground.room.disk(self._asker):
            os.fsync(self._file)
            digest = digest_of(self._file)
        self._ground.table.change_surely(lambda connection: self._note_closed(connection, digest, orders))
        self._let_go()
        stored = find_document(self._ground.table, self.id)
        assert stored is not None
        return stored

    def drop(self) -> None:
        """Give the document up with all its pages; no error when it was closed or dropped before."""
        if self._file < 0:
            return
        try:
            self._ground.eraser.erase(self._document, DROPPED)
        finally:
            self._let_go()

    def leave(self) -> None:
        """Stop adding pages and keep those that are there: the document is `list_unclosed` until somebody resumes or
        erases it."""
        self._let_go()

    def __enter__(self) -> OpenDocument:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.drop()

    def _note_first(self, connection: sqlite3.Connection, first: PageFacts, thumbnail: bytes) -> None:
        connection.execute(
            "UPDATE document SET width = ?, height = ?, x_dpi = ?, y_dpi = ?, tone = ? WHERE number = ?",
            [first.width, first.height, *first.dpi, first.tone.value, self._document.number],
        )
        connection.execute("INSERT OR REPLACE INTO thumbnail VALUES (?, ?)", [self.id, thumbnail])

    def _note_closed(self, connection: sqlite3.Connection, digest: str, orders: Sequence[SendOrder]) -> None:
        number = self._document.number
        connection.execute(
            "UPDATE document SET state = 'stored', digest = ?, memo = '' WHERE number = ?", [digest, number]
        )
        connection.execute("INSERT INTO words (rowid, grams, seen) VALUES (?, ?, ?)", self._index())
        now = self._ground.clock()
        made = [insert_sending(connection, self.id, order, now) for order in orders]
        self.keys = tuple(key for key in made if key is not None)

    def _index(self) -> tuple[int, str, str]:
        return (self._document.number, *index_text(self.id, self._document.draft))

    def _go_back(self, tail: Tail) -> None:
        """To where the file was: what is behind has no row."""
        self._tail, self._untidy = tail, True
        with contextlib.suppress(MemoryFault):  # the next step tries again, and is refused if it cannot be
            self._tidy()

    def _tidy(self) -> None:
        if self._untidy:
            with self._ground.room.disk(self._asker):
                end_at(self._file, self._tail)
            self._untidy = False

    def _check_held(self) -> None:
        if self._file < 0:
            raise StillOpen(f"document {say_id(self.id)} was closed or dropped: no page can be added")

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
        self._lock.let_go()


def insert_sending(connection: sqlite3.Connection, image_id: int, order: SendOrder, now: float) -> str | None:
    """Let an order wait, in a transaction; its key. None when there is no such document to send."""
    key = str(uuid.uuid4())
    found = connection.execute(
        "INSERT INTO sending SELECT ?, id, ?, ?, ?, ? FROM document WHERE id = ? AND state = 'stored'",
        [key, order.server, order.request, order.erase_after, now, image_id],
    )
    return key if found.rowcount else None
