"""Documents go: marked in the table, their file removed, then forgotten. Each step may be repeated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from mfp_client.memory.endings import Ending, mark_erasing
from mfp_client.memory.folder import ImageFolder
from mfp_client.memory.records import StoredDocument
from mfp_client.memory.room import Room
from mfp_client.memory.table import Table


class Eraser:
    """Erases, whoever asks: rights are the memory's affair."""

    def __init__(self, table: Table, folder: ImageFolder, room: Room, clock: Callable[[], float]) -> None:
        self._table = table
        self._folder = folder
        self._room = room
        self._clock = clock

    def erase(self, document: StoredDocument, ending: Ending) -> bool:
        """Erase a document; False, and nothing done, while it waits to be sent. Raises `MemoryFull`, `Unusable`."""
        now = self._clock()
        if not self._table.change_surely(lambda connection: mark_erasing(connection, document, ending, now)):
            return False
        self.finish(document)
        return True

    def finish(self, document: StoredDocument) -> None:
        """Remove the file of a document that is marked as `erasing`, then its row."""
        with self._room.disk():
            self._folder.remove(document.id, document.token)

        def forget(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM document WHERE number = ? AND state = 'erasing'", [document.number])

        self._table.change_surely(forget)
        self._table.forget_leavings()
