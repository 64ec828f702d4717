"""How documents leave the memory, and what is said of one that has left."""

from __future__ import annotations

import sqlite3

from mfp_client.memory.errors import say_date
from mfp_client.memory.records import StoredDocument
from mfp_client.memory.table import Table

_WORDS = {
    "erased": "it was erased on {}",
    "moved": "it was moved to a medium on {}",
    "sent": "it was erased on {}, when it had been sent",
    "expired": "its time was over, and it was erased on {}",
    "dropped": "it was given up on {}, before it was complete",
}


def mark_erasing(connection: sqlite3.Connection, document: StoredDocument, ending: str, now: float) -> bool:
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
        "UPDATE issued SET ended = ?, ending = ? WHERE id = ? AND ended IS NULL", [now, ending, document.id]
    )
    return True


def ending_of(table: Table, image_id: int) -> str | None:
    """In words when and how a document has left; None for an image ID that was never given."""
    row = table.row("SELECT ended, ending FROM issued WHERE id = ?", (image_id,))
    if row is None:
        return None
    return _WORDS.get(row["ending"], "it has left on {}").format(say_date(row["ended"] or 0))
