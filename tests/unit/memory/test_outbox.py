"""Documents that wait to be sent."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from mfp_client.memory.errors import Erased, NotStored, NotYours, StillWaiting
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import Draft, Sending, SendOrder, StoredDocument
from tests.support.memory_pages import ANNA, BOB, FAX, Clock, add_image, draw_page, files_of, open_memory, store

KEEP, ERASE = SendOrder("https://server", "{}", erase_after=False), SendOrder("https://server", "{}", erase_after=True)


def _take(sending: Sending, document: StoredDocument, file: BinaryIO) -> str:
    assert len(file.read()) == document.octets
    return f"job of {sending.key}"


def _refuse(sending: Sending, document: StoredDocument, file: BinaryIO) -> str:
    raise ConnectionError


def test_a_document_waits_from_the_instant_it_is_closed(tmp_path: Path) -> None:
    """Server down: the document is kept, and sent under the same key when it is back."""
    with open_memory(tmp_path) as memory:
        with memory.open(Draft("notice", "anna")) as document:
            add_image(document, draw_page(), FAX)
            document.close([ERASE])
        [waiting] = Outbox(memory).list_waiting()
        with pytest.raises(ConnectionError):
            Outbox(memory).send(waiting, _refuse)
        with pytest.raises(StillWaiting):
            memory.erase(waiting.id, ANNA)
    with open_memory(tmp_path) as memory:
        assert Outbox(memory).list_waiting() == [waiting]
        assert Outbox(memory).send(waiting, _take) == f"job of {waiting.key}"
        assert Outbox(memory).list_waiting() == []
        with pytest.raises(Erased, match="when it had been sent"):
            memory.find(waiting.id, ANNA)
    assert files_of(tmp_path) == []


def test_a_document_that_is_kept_knows_which_servers_have_it(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        stored = store(memory)
        sending = Outbox(memory).add(stored.id, BOB, KEEP)
        job = Outbox(memory).send(sending, _take)
        [copy] = memory.find(stored.id, ANNA).copies
        assert (copy.server, copy.job, copy.since) == (KEEP.server, job, clock.now)
        Outbox(memory).accept(sending.key, job)


def test_a_document_stays_until_all_have_it(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        first, second = (Outbox(memory).add(stored.id, ANNA, ERASE) for _ in range(2))
        Outbox(memory).send(first, _take)
        assert memory.find(stored.id, ANNA).copies
        Outbox(memory).send(second, _take)
        assert files_of(tmp_path) == []


def test_what_expires_while_it_waits_is_sent(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        stored = store(memory, Draft("notice", "anna", expires=clock.now + 1))
        sending = Outbox(memory).add(stored.id, ANNA, KEEP)
        clock.now += 2
        memory.sweep()
        Outbox(memory).send(sending, _take)
        memory.sweep()
    assert files_of(tmp_path) == []


def test_an_order_can_be_withdrawn(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        sending = Outbox(memory).add(stored.id, ANNA, ERASE)
        with pytest.raises(NotYours):
            Outbox(memory).withdraw(sending.key, BOB)
        Outbox(memory).withdraw(sending.key, ANNA)
        Outbox(memory).withdraw(sending.key, ANNA)
        memory.erase(stored.id, ANNA)
        with pytest.raises(NotStored):
            Outbox(memory).send(sending, _take)


def test_who_may_not_erase_a_document_may_not_have_it_erased(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with pytest.raises(NotYours):
            Outbox(memory).add(stored.id, BOB, ERASE)


def test_an_order_is_changed_in_one_step(tmp_path: Path) -> None:
    """Under a key of its own: the server may have refused the old one, and would answer it again."""
    with open_memory(tmp_path) as memory:
        outbox, stored = Outbox(memory), store(memory)
        old = outbox.add(stored.id, ANNA, SendOrder("https://server", "wrong", erase_after=True))
        with pytest.raises(NotYours):
            outbox.replace(old.key, BOB, SendOrder("https://server", "right", erase_after=False))
        new = outbox.replace(old.key, ANNA, SendOrder("https://server", "right", erase_after=False))
        assert new is not None
        assert outbox.list_waiting() == [new]
        assert (new.key != old.key, new.order.request) == (True, "right")
        assert outbox.replace(old.key, ANNA, new.order) is None
        assert outbox.list_waiting() == [new]


def test_what_was_withdrawn_or_replaced_is_not_sent_by_who_had_listed_it(tmp_path: Path) -> None:
    """A sender goes through its list for as long as the orders before take: it may be an old one."""
    with open_memory(tmp_path) as memory:
        outbox, stored = Outbox(memory), store(memory)
        for _ in range(2):
            outbox.add(stored.id, ANNA, KEEP)
        withdrawn, replaced = outbox.list_waiting()
        outbox.withdraw(withdrawn.key, ANNA)
        new = outbox.replace(replaced.key, ANNA, KEEP)
        for old in (withdrawn, replaced):
            with pytest.raises(NotStored):
                outbox.send(old, _refuse)
        assert outbox.list_waiting() == [new]


def test_a_document_is_described_anew_while_it_is_open(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory, memory.open(Draft("", "anna")) as document:
        add_image(document, draw_page(), FAX)
        document.describe(Draft("価格表", "bob", private=True))
        stored = document.close()
        assert stored.draft == Draft("価格表", "anna", private=True)
        assert [one.id for one in memory.list_documents(ANNA, text="価格")] == [stored.id]
        assert memory.list_documents(BOB) == []
