"""What is said when a document cannot be given to a printer."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfp_client.memory.errors import NotPrinted, NotYours
from mfp_client.memory.records import Draft
from mfp_client.memory.take_out import PrintOrder, take_out
from tests.support.memory_pages import ANNA, BOB, open_memory, store


async def test_a_printer_that_is_not_there_is_told(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with pytest.raises(NotPrinted, match="cannot be reached"):
            await take_out(memory, stored.id, ANNA, PrintOrder("ipp://127.0.0.1:9/ipp/print"))


async def test_private_documents_need_their_owner(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft("salaries", "anna", private=True))
        with pytest.raises(NotYours):
            await take_out(memory, stored.id, BOB, PrintOrder("ipp://127.0.0.1:9/ipp/print"))
