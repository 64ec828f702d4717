"""Lists and search."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfp_client.memory.errors import WrongRequest
from mfp_client.memory.records import Draft
from mfp_client.memory.wishes import read_id
from tests.support.memory_pages import ANNA, BOB, OPERATOR, Clock, open_memory, store

TITLES = ["Price list 2026", "価格表 ２０２６", "Straßenkarte", "50% off*", 'say "hello"', "été", "a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("price", ["Price list 2026"]),
        ("RICE L", ["Price list 2026"]),
        ("2026", ["価格表 ２０２６", "Price list 2026"]),
        ("価格", ["価格表 ２０２６"]),
        ("表", ["価格表 ２０２６"]),
        ("STRASSE", ["Straßenkarte"]),
        ("0%", ["50% off*"]),
        ("*", ["50% off*"]),
        ('"', ['say "hello"']),
        ("ÉTÉ", ["été"]),
        ("list price", ["Price list 2026"]),
        ("　2026  list", ["Price list 2026"]),
        ("list 表", []),
        ("NEAR(", []),
    ],
)
def test_any_parts_of_a_title_find_it(tmp_path: Path, text: str, found: list[str]) -> None:
    with open_memory(tmp_path) as memory:
        for title in TITLES:
            store(memory, Draft(title))
        assert [one.draft.title for one in memory.list_documents(ANNA, text=text)] == found


def test_owners_and_image_ids_find_documents_too(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft("notice", "anna"))
        for text in ("anna", str(stored.id), str(stored.id)[3:]):
            assert [one.id for one in memory.list_documents(BOB, text=text)] == [stored.id]
        memory.erase(stored.id, ANNA)
        assert memory.list_documents(BOB, text="anna") == []


def test_the_newest_come_first_and_pages_follow_each_other(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        mine = [store(memory, Draft(str(n), "anna", private=n % 2 == 0)).id for n in range(7)]
        others = store(memory, Draft("other", "bob", private=True)).id
        for asker, all_of_them in ((ANNA, mine), (OPERATOR, [*mine, others])):
            seen: list[int] = []
            before = None
            while page := memory.list_documents(asker, before=before, limit=3):
                seen += [one.id for one in page]
                before = page[-1].number
            assert seen == all_of_them[::-1]
            assert [one.id for one in memory.list_documents(asker, text="anna")] == mine[::-1]


def test_what_has_expired_is_not_listed(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        store(memory, Draft("notice", "anna", expires=clock.now + 1))
        clock.now += 1
        for asker in (ANNA, OPERATOR):
            assert memory.list_documents(asker) == memory.list_documents(asker, text="notice") == []


@pytest.mark.parametrize("typed", ["12345678", " 1234 5678 ", "1234-5678", "１２３４５６７８"])
def test_image_ids_are_read_as_they_are_typed(typed: str) -> None:
    assert read_id(typed) == 12345678


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "01234567", "1234567x", "12345678 9"])
def test_what_is_no_image_id_is_refused(typed: str) -> None:
    with pytest.raises(WrongRequest):
        read_id(typed)
