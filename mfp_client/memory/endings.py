"""How documents leave the memory, and what is said of one that has left."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from mfp_client.memory.errors import Erased, MemoryFault, Moved, NotStored, say_date, say_id
from mfp_client.memory.records import StoredDocument
from mfp_client.memory.table import Table

_WORDS = {
    "erased": "it was erased on {}",
    "moved": "it was moved to {to} on {}",
    "sent": "it was erased on {}, when it had been sent",
    "expired": "its time was over, and it was erased on {}",
    "dropped": "it was given up on {}, before it was complete",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a document leaves: a word of `_WORDS`, and the medium that it was moved to, where everybody may know it."""

    why: str
    place: str = ""


ERASED, SENT, EXPIRED, DROPPED = Ending("erased"), Ending("sent"), Ending("expired"), Ending("dropped")


def mark_erasing(connection: sqlite3.Connection, document: StoredDocument, ending: Ending, now: float) -> bool:
    """In one transaction: nobody finds it any more, and its file may go. False, and nothing done, while it waits to be
    sent; True also when it is marked already."""
    free = "NOT EXISTS (SELECT 1 FROM sending WHERE sending.id = document.id)"
    values = [document.number]
    marked = connection.execute(f"UPDATE document SET state = 'erasing' WHERE number = ? AND {free}", values)  # noqa: S608
    if not marked.rowcount:
        return connection.execute("SELECT 1 FROM document WHERE number = ?", values).fetchone() is None
    connection.execute("DELETE FROM words WHERE rowid = ?", values)
    connection.execute("DELETE FROM thumbnail WHERE id = ?", [document.id])
    connection.execute("DELETE FROM copy WHERE id = ?", [document.id])
    connection.execute(
        "UPDATE issued SET ended = ?, ending = ?, place = ? WHERE id = ? AND ended IS NULL",
        [now, ending.why, ending.place, document.id],
    )
    return True


def explain_absence(table: Table, image_id: int) -> MemoryFault:
    """When and how a document has left; `NotStored` for an image ID that was never given."""
    row = table.row("SELECT ended, ending, place FROM issued WHERE id = ?", (image_id,))
    if row is None:
        return NotStored(f"there is no document {say_id(image_id)} in this memory")
    when, to = row["ended"] or 0, row["place"] or ""
    how = _WORDS.get(row["ending"], "it has left on {}").format(say_date(when), to=to or "a medium")
    words = f"document {say_id(image_id)} is not here any more: {how}"
    return Moved(words, to=to, when=when) if row["ending"] == "moved" else Erased(words)
