"""A memory with very many documents, laid into its tables at once: storing them one by one takes minutes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from distwire.tiff import PageFacts
from mfp_client.memory.encoding import encode_page, make_thumbnail
from mfp_client.memory.records import FIRST_ID, Draft
from mfp_client.memory.store import ImageMemory
from mfp_client.memory.words import index_text
from tests.support.memory_pages import FAX, draw_page

SUBJECTS = ("Price list", "価格表", "Contract", "Invoice", "Floor plan", "請求書", "Safety notice", "Minutes")
OWNERS = ("anna", "bob", "carol", "dan")


def drafts(count: int) -> Iterator[Draft]:
    """Titles of all kinds; a quarter is private, of four owners."""
    for number in range(count):
        title = f"{SUBJECTS[number % len(SUBJECTS)]} {2020 + number % 7} no. {number}"
        yield Draft(title, OWNERS[number % len(OWNERS)], private=number % 16 < 4)


def fill(memory: ImageMemory, count: int) -> None:
    """Add `count` documents of one page that have no files: for lists, search and thumbnails. One after the other, as
    they come in life: the index of words is in as many pieces as it is then."""
    image = draw_page("crowd", (1728, 2292))
    facts, thumbnail = encode_page(image, FAX).facts, make_thumbnail(image, FAX)
    memory.table.rows("PRAGMA synchronous = OFF")
    for place, draft in enumerate(drafts(count)):
        with memory.table.change() as connection:
            _add(connection, FIRST_ID + place * 8999, draft, facts)
            connection.execute("INSERT INTO thumbnail VALUES (?, ?)", [FIRST_ID + place * 8999, thumbnail])
    memory.table.rows("PRAGMA synchronous = FULL")


def _add(connection: sqlite3.Connection, image_id: int, draft: Draft, facts: PageFacts) -> None:
    made = 1.7e9 + image_id
    connection.execute("INSERT INTO issued (id, issued) VALUES (?, ?)", [image_id, made])
    token = hashlib.sha256(str(image_id).encode()).digest()[:16]
    said = [draft.title, draft.owner, draft.private, made]
    added = connection.execute(
        "INSERT INTO document (id, state, token, title, owner, private, made, octets, width, height, x_dpi, y_dpi,"
        " tone, pages) VALUES (?, 'stored', ?, ?, ?, ?, ?, 5000, ?, ?, ?, ?, ?, 1)",
        [image_id, token, *said, facts.width, facts.height, *facts.dpi, facts.tone.value],
    )
    words = index_text(image_id, draft)
    connection.execute("INSERT INTO words (rowid, grams, seen) VALUES (?, ?, ?)", [added.lastrowid, *words])


def open_crowd(home: Path, count: int) -> ImageMemory:
    """A memory with `count` documents."""
    memory = ImageMemory(home)
    fill(memory, count)
    return memory
