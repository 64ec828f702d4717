"""Documents that wait to be sent: none is lost before a server has accepted it, none is left over afterwards (SPEC D7).

An order is on the disk before the first attempt, with the key by which the server knows it again; so an attempt may be
repeated after any crash. That it was accepted, and that the document goes, is one change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import BinaryIO

from mfp_client.memory.endings import SENT, mark_erasing
from mfp_client.memory.errors import NotStored, NotYours, say_id
from mfp_client.memory.growing import insert_sending
from mfp_client.memory.listing import find_document, read_document
from mfp_client.memory.records import Asker, Sending, SendOrder, StoredDocument
from mfp_client.memory.store import ImageMemory

Deliver = Callable[[Sending, StoredDocument, BinaryIO], str]
"""Gives a document to its server, once however often it is called with the same key; answers the job's name there.
Whatever it raises leaves the order waiting."""


class Outbox:
    """The orders of one memory. Safe for several processes: two that send at once send under one key."""

    def __init__(self, memory: ImageMemory) -> None:
        self._memory = memory

    def add(self, image_id: int, asker: Asker, order: SendOrder) -> Sending:
        """Let an order wait. Raises as `ImageMemory.find`; `NotYours` when it is to be erased after and may not be."""
        document = self._memory.find(image_id, asker)
        if order.erase_after and not document.may_change(asker):
            raise NotYours(f"document {say_id(image_id)} has an owner: only {document.draft.owner} may have it erased")
        now = self._memory.clock()
        key = self._memory.table.change_surely(lambda connection: insert_sending(connection, image_id, order, now))
        if key is None:
            raise NotStored(f"document {say_id(image_id)} was erased just now")
        return Sending(key, image_id, order, now)

    def list_waiting(self, image_id: int | None = None, *, limit: int = 100) -> list[Sending]:
        """Orders that wait, the oldest first; those of one document."""
        where, values = ("", [limit]) if image_id is None else ("WHERE id = ?", [image_id, limit])
        rows = self._memory.table.rows(f"SELECT * FROM sending {where} ORDER BY since LIMIT ?", values)  # noqa: S608
        return [_read_sending(row) for row in rows]

    def find(self, key: str) -> Sending | None:
        """The order with this key, if it waits."""
        row = self._memory.table.row("SELECT * FROM sending WHERE key = ?", (key,))
        return None if row is None else _read_sending(row)

    def send(self, sending: Sending, deliver: Deliver) -> str:
        """Carry an order out; the job's name on the server. Raises what `deliver` raises, `NotStored`, `Damaged`."""
        document = find_document(self._memory.table, sending.id)
        if document is None or self._memory.table.row("SELECT 1 FROM sending WHERE key = ?", (sending.key,)) is None:
            raise NotStored(f"the order for document {say_id(sending.id)} was withdrawn")
        with self._memory.read(document) as file:
            job = deliver(sending, document, file)
        self.accept(sending.key, job)
        return job

    def accept(self, key: str, job: str) -> None:
        """The server has the document, as `job`: the order is done, and the document goes if that was asked for and
        nobody else waits for it. No error when it was told before."""
        now = self._memory.clock()
        going = self._memory.table.change_surely(lambda connection: _settle(connection, key, job, now))
        if going is not None:
            self._memory.eraser.finish(going)

    def replace(self, key: str, asker: Asker, order: SendOrder) -> Sending | None:
        """Let another order wait in the place of one, under a key of its own, in one change; None when the one is done
        or withdrawn. Raises `NotYours`."""
        row = self._memory.table.row("SELECT * FROM sending WHERE key = ?", (key,))
        if row is None:
            return None
        if not self._memory.find(row["id"], asker, expired=True).may_change(asker):
            raise NotYours(f"document {row['id']} has an owner: only its owner may change what waits")
        now = self._memory.clock()

        def change(connection: sqlite3.Connection) -> str | None:
            gone = connection.execute("DELETE FROM sending WHERE key = ?", [key])
            return insert_sending(connection, row["id"], order, now) if gone.rowcount else None

        made = self._memory.table.change_surely(change)
        return None if made is None else Sending(made, row["id"], order, now)

    def withdraw(self, key: str, asker: Asker) -> None:
        """Give an order up; its document stays. Raises `NotYours`; no error when it is done or withdrawn already."""
        row = self._memory.table.row("SELECT * FROM sending WHERE key = ?", (key,))
        if row is None:
            return
        if not self._memory.find(row["id"], asker, expired=True).may_change(asker):
            raise NotYours(f"document {row['id']} has an owner: only its owner may withdraw what waits")
        self._memory.table.change_surely(
            lambda connection: connection.execute("DELETE FROM sending WHERE key = ?", [key])
        )


def _settle(connection: sqlite3.Connection, key: str, job: str, now: float) -> StoredDocument | None:
    """The document that is marked to go, if it is."""
    row = connection.execute("SELECT * FROM sending WHERE key = ?", [key]).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM sending WHERE key = ?", [key])
    connection.execute("INSERT OR IGNORE INTO copy VALUES (?, ?, ?, ?)", [row["id"], row["server"], job, now])
    if not row["erase_after"]:
        return None
    document = read_document(connection.execute("SELECT * FROM document WHERE id = ?", [row["id"]]).fetchone())
    return document if mark_erasing(connection, document, SENT, now) else None


def _read_sending(row: sqlite3.Row) -> Sending:
    order = SendOrder(row["server"], row["request"], bool(row["erase_after"]))
    return Sending(row["key"], row["id"], order, row["since"])
