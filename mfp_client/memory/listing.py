"""Looking documents up: each query goes along an index, and takes as long with ten thousand documents as with ten."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from distwire.tiff import PageFacts, Tone
from mfp_client.memory.records import Asker, Copy, Draft, StoredDocument
from mfp_client.memory.table import Table
from mfp_client.memory.words import ask_for

_LAST = (1 << 63) - 1
_MOST = 500
_ALIVE = "(expires IS NULL OR expires > :now)"
_PART = "SELECT * FROM (SELECT * FROM document WHERE state = 'stored' AND {} ORDER BY number DESC LIMIT :limit)"
_SHARED = _PART.format(f"private = 0 AND number < :before AND {_ALIVE}")
_OWN = _PART.format(f"private = 1 AND owner = :owner AND number < :before AND {_ALIVE}")
_VISIBLE = f"{_SHARED} UNION ALL {_OWN} ORDER BY number DESC LIMIT :limit"
_ALL = _PART.format(f"number < :before AND {_ALIVE}") + " ORDER BY number DESC"
_JOINED = "SELECT document.* FROM words JOIN document ON document.number = words.rowid WHERE words MATCH :query"
_FOUND = f"{_JOINED} AND words.rowid < :before AND state = 'stored' AND {_ALIVE} ORDER BY words.rowid DESC LIMIT :limit"


def list_documents(
    table: Table, asker: Asker, now: float, *, text: str = "", before: int | None = None, limit: int = 50
) -> list[StoredDocument]:
    """Documents that the asker may see, the newest first; those with all parts of `text` in title, owner or image
    ID. The next page are those `before` the number of the last one."""
    values = {
        "now": now,
        "before": _LAST if before is None else max(0, min(before, _LAST)),
        "limit": max(1, min(limit, _MOST)),
    }
    query = ask_for(text, asker)
    if query is not None:
        rows = table.rows(_FOUND, {**values, "query": query})
    elif asker.operator:
        rows = table.rows(_ALL, values)
    else:
        rows = table.rows(_VISIBLE, {**values, "owner": asker.name})
    return _with_copies(table, rows)


def find_document(table: Table, image_id: int) -> StoredDocument | None:
    """The row of an image ID, whatever its state; None where there is none."""
    row = table.row("SELECT * FROM document WHERE id = ?", (image_id,))
    return None if row is None else _with_copies(table, [row])[0]


def find_largest(table: Table, asker: Asker, count: int) -> list[StoredDocument]:
    """The largest documents that the asker may erase, among the fifty largest of all."""
    rows = table.rows("SELECT * FROM document WHERE state = 'stored' ORDER BY octets DESC LIMIT 50", ())
    return [one for one in map(read_document, rows) if one.may_change(asker)][:count]


def read_document(row: sqlite3.Row, copies: tuple[Copy, ...] = ()) -> StoredDocument:
    """A row as a record."""
    facts = None
    if row["width"] is not None:
        facts = PageFacts(row["width"], row["height"], (row["x_dpi"], row["y_dpi"]), Tone(row["tone"]))
    return StoredDocument(
        id=row["id"],
        number=row["number"],
        state=row["state"],
        token=row["token"],
        draft=Draft(row["title"], row["owner"], bool(row["private"]), row["expires"]),
        made=row["made"],
        pages=row["pages"],
        octets=row["octets"],
        facts=facts,
        digest=row["digest"],
        copies=copies,
        memo=row["memo"],
    )


def _with_copies(table: Table, rows: Sequence[sqlite3.Row]) -> list[StoredDocument]:
    places = ", ".join("?" * len(rows))
    found = table.rows(f"SELECT * FROM copy WHERE id IN ({places}) ORDER BY since", [row["id"] for row in rows])  # noqa: S608
    copies: dict[int, tuple[Copy, ...]] = {}
    for one in found:
        copies[one["id"]] = (*copies.get(one["id"], ()), Copy(one["server"], one["job"], one["since"]))
    return [read_document(row, copies.get(row["id"], ())) for row in rows]
