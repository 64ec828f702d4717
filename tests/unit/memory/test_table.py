"""The table of the image memory when several processes make it in one moment."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from tests.support.memory_pages import open_memory


def test_a_table_that_others_are_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses the change to WAL at once, without waiting, while another connection writes."""
    (tmp_path / "memory").mkdir(mode=0o700)
    other = sqlite3.connect(tmp_path / "memory" / "table.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, other.rollback)
    ending.start()
    with open_memory(tmp_path) as memory:
        assert [tuple(row) for row in memory.table.rows("PRAGMA journal_mode")] == [("wal",)]
    ending.join()
    other.close()
