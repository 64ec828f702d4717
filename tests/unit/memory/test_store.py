"""Storing, finding and erasing documents (SPEC D7)."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from distwire.tiff import Tone
from mfp_client.memory.ballast import OCTETS, Ballast
from mfp_client.memory.endings import Ending
from mfp_client.memory.errors import (
    Damaged,
    Erased,
    Expired,
    MemoryFull,
    Moved,
    NotStored,
    NotYours,
    StillOpen,
    Unusable,
    WrongRequest,
    say_id,
)
from mfp_client.memory.records import FIRST_ID, LAST_ID, Asker, Draft, Limits
from mfp_client.memory.store import ImageMemory
from tests.support.memory_pages import (
    ANNA,
    BOB,
    FAX,
    OPERATOR,
    Clock,
    add_image,
    draw_page,
    files_of,
    open_memory,
    store,
)


def test_the_table_has_the_attributes_of_a_document(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        stored = store(memory, Draft("Price list", "anna", expires=clock.now + 60), pages=3)
        found = memory.find(stored.id, BOB)
    assert found == stored
    assert 10_000_000 <= found.id <= 99_999_999
    assert (found.pages, found.made, found.draft.title, found.draft.owner) == (3, clock.now, "Price list", "anna")
    assert found.facts is not None
    assert (found.facts.width, found.facts.height, found.facts.dpi, found.facts.tone) == (432, 600, FAX, Tone.BILEVEL)
    assert files_of(tmp_path) == [f"{found.id}.tif"]
    assert (tmp_path / "memory" / "images" / f"{found.id}.tif").stat().st_size == found.octets


def test_pages_are_there_as_they_come(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory, memory.open(Draft("notice", "anna")) as document:
        for number in range(1, 4):
            add_image(document, draw_page(), FAX)
            assert document.pages == number
            assert memory.find(document.id, ANNA, unclosed=True).pages == number
        assert memory.list_documents(ANNA) == []
        with pytest.raises(StillOpen):
            memory.find(document.id, ANNA)


def test_a_document_that_is_not_closed_is_dropped(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        with pytest.raises(KeyError), memory.open(Draft("notice")) as document:
            add_image(document, draw_page(), FAX)
            raise KeyError
        with pytest.raises(Erased, match="given up"):
            memory.find(document.id, ANNA)
        assert memory.room.usage().documents == 0
    assert files_of(tmp_path) == []


def test_a_document_needs_a_page(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory, memory.open(Draft("notice")) as document, pytest.raises(WrongRequest):
        document.close()


def test_a_document_whose_scan_broke_off_is_resumed(tmp_path: Path) -> None:
    """Also by another process, when the first one has died: the lock goes with it."""
    with open_memory(tmp_path) as memory:
        left = memory.open(Draft("notice", "anna"))
        add_image(left, draw_page(), FAX)
        with pytest.raises(StillOpen):
            memory.resume(left.id, ANNA)
        assert memory.list_unclosed(ANNA) == []
        left.leave()
    with open_memory(tmp_path) as memory:
        assert [one.id for one in memory.list_unclosed(ANNA)] == [left.id]
        assert memory.list_unclosed(BOB) == []
        with memory.resume(left.id, ANNA) as document:
            add_image(document, draw_page(), FAX)
            assert document.close().pages == 2
        with pytest.raises(StillOpen, match="complete"):
            memory.resume(left.id, ANNA)


def test_what_broke_off_is_kept_for_a_day(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        without, left = memory.open(Draft("a")), memory.open(Draft("b"))
        add_image(left, draw_page(), FAX)
        without.leave()
        left.leave()
        memory.sweep()
        assert files_of(tmp_path) == [f"{left.id}.tif"]
        clock.now += 25 * 3600
        memory.sweep()
        assert files_of(tmp_path) == []


def test_an_id_is_never_given_again(tmp_path: Path) -> None:
    """Not after its document is erased, nor by another process or after a restart: a sheet may exist."""
    drawn = [FIRST_ID, FIRST_ID, FIRST_ID, FIRST_ID + 1]
    for _ in range(2):
        with ImageMemory(tmp_path, Limits(reserve=0), draw=lambda: drawn.pop(0)) as memory:
            stored = store(memory)
            memory.erase(stored.id, ANNA)
    assert stored.id == FIRST_ID + 1
    assert drawn == []


def test_a_memory_without_ids_says_so(tmp_path: Path) -> None:
    with ImageMemory(tmp_path, Limits(reserve=0), draw=lambda: FIRST_ID) as memory:
        store(memory)
        with pytest.raises(MemoryFull, match="image ID"):
            memory.open(Draft("notice"))


def test_each_reason_for_which_a_document_is_not_there_is_told(tmp_path: Path) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        erased, expired = store(memory), store(memory, Draft("old", "anna", expires=clock.now + 5))
        private = store(memory, Draft("salaries", "anna", private=True))
        memory.erase(erased.id, ANNA)
        clock.now += 5
        with pytest.raises(NotStored):
            memory.find((erased.id - FIRST_ID + 1) % (LAST_ID - FIRST_ID + 1) + FIRST_ID, ANNA)
        with pytest.raises(Erased, match=r"it was erased on 20\d\d-"):
            memory.find(erased.id, ANNA)
        with pytest.raises(Expired, match="over on"):
            memory.find(expired.id, ANNA)
        with pytest.raises(NotYours):
            memory.find(private.id, BOB)
        memory.sweep()
        with pytest.raises(Erased, match="its time was over"):
            memory.find(expired.id, ANNA)


def test_private_documents_need_their_owner(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        private = store(memory, Draft("salaries", "anna", private=True))
        for wish in (memory.find, memory.thumbnail, memory.erase):
            with pytest.raises(NotYours):
                wish(private.id, BOB)
        for text in ("", "salar", str(private.id)):
            assert memory.list_documents(BOB, text=text) == []
            assert [one.id for one in memory.list_documents(ANNA, text=text)] == [private.id]
            assert [one.id for one in memory.list_documents(OPERATOR, text=text)] == [private.id]
        with pytest.raises(WrongRequest):
            memory.open(Draft("nobody's", private=True))


def test_shared_documents_are_erased_by_their_owner_alone(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        shared, nobodys = store(memory), store(memory, Draft("notice"))
        assert memory.thumbnail(shared.id, BOB).startswith(b"\xff\xd8")
        with pytest.raises(NotYours, match="anna"):
            memory.erase(shared.id, BOB)
        memory.erase(nobodys.id, BOB)
        memory.erase(shared.id, OPERATOR)
    assert files_of(tmp_path) == []


def test_nothing_of_an_erased_document_stays_on_the_disk(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        thumbnail = memory.thumbnail(stored.id, ANNA)
        memory.erase(stored.id, ANNA)
        left = [path for path in (tmp_path / "memory").rglob("*") if path.is_file() and thumbnail in path.read_bytes()]
        assert left == []


@pytest.mark.parametrize("kind", ["file", "link", "pipe", "folder"])
def test_what_is_foreign_is_neither_read_nor_erased(tmp_path: Path, kind: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"II*\0precious")
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        path = tmp_path / "memory" / "images" / f"{stored.id}.tif"
        path.unlink()
        if kind == "file":
            path.write_bytes(precious.read_bytes())
        elif kind == "link":
            path.symlink_to(precious)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
        with pytest.raises(Damaged), memory.read(stored):
            pass
        memory.erase(stored.id, ANNA)
        assert os.path.lexists(path)
        assert precious.read_bytes() == b"II*\0precious"
        memory.sweep()
        assert os.path.lexists(path)


def test_a_foreign_file_with_the_name_of_a_new_document_stays(tmp_path: Path) -> None:
    drawn = [FIRST_ID, FIRST_ID + 1]
    with ImageMemory(tmp_path, Limits(reserve=0), draw=lambda: drawn.pop(0)) as memory:
        foreign = tmp_path / "memory" / "images" / f"{FIRST_ID}.tif"
        foreign.write_text("foreign")
        assert store(memory).id == FIRST_ID + 1
        assert foreign.read_text() == "foreign"


def test_a_folder_of_images_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "images").symlink_to(tmp_path)
    with pytest.raises(Unusable):
        open_memory(tmp_path)


@pytest.mark.parametrize("name", ["table.db", "lock"])
def test_other_files_of_the_memory_are_not_followed_either(tmp_path: Path, name: str) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / name).symlink_to(tmp_path / "precious")
    with pytest.raises(Unusable), open_memory(tmp_path) as memory:
        store(memory)
    assert not (tmp_path / "precious").exists()


def test_foreign_ballast_is_not_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ballast"
    ballast = Ballast(path)
    assert not ballast.give_up()
    ballast.take_back()
    assert path.stat().st_size == OCTETS
    assert ballast.give_up()
    path.write_text("foreign")
    assert not ballast.give_up()
    path.rename(tmp_path / "precious")
    path.symlink_to(tmp_path / "precious")
    assert not ballast.give_up()
    ballast.take_back()
    assert path.read_text() == "foreign"


def test_one_page_of_many_is_read_alone(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory, pages=3)
        with memory.read(stored) as file:
            pages = list(memory.pages(file, stored))
            assert [memory.page(file, stored, number) for number in (3, 1)] == [pages[2], pages[0]]
            for number in (0, 4):
                with pytest.raises(WrongRequest, match="3 pages"):
                    memory.page(file, stored, number)


def test_a_file_that_has_changed_is_not_handed_out(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with (tmp_path / "memory" / "images" / f"{stored.id}.tif").open("r+b") as file:
            file.seek(40)
            file.write(b"x")
        with pytest.raises(Damaged, match="not what was stored"), memory.read(stored):
            pass


def test_a_full_memory_says_what_to_erase(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        large = store(memory, Draft("large", "anna"), pages=3)
        store(memory, Draft("private", "bob", private=True), pages=9)
        used = memory.room.usage().octets
    with open_memory(tmp_path, octets=used + 100) as memory, memory.open(Draft("more", "anna")) as document:
        with pytest.raises(MemoryFull, match=f"{say_id(large.id)} “large”") as caught:
            add_image(document, draw_page(), FAX)
        assert "private" not in str(caught.value)
        assert document.pages == 0
        memory.erase(large.id, ANNA)
        add_image(document, draw_page(), FAX)
        document.close()


def test_a_disk_is_not_filled_to_the_brim(tmp_path: Path) -> None:
    with open_memory(tmp_path, reserve=1 << 60) as memory, pytest.raises(MemoryFull, match="kept for others"):
        memory.open(Draft("notice"))


def test_a_document_can_be_read_while_it_is_erased(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored = store(memory, pages=2)
        with memory.read(stored) as file:
            memory.erase(stored.id, ANNA)
            assert sum(1 for _ in memory.pages(file, stored)) == 2


def test_a_document_that_cannot_be_erased_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        stubborn, other = (store(memory, Draft("notice", "anna", expires=clock.now + n)) for n in (1, 2))
        unlink = os.unlink

        def refuse(path: str, **more: int) -> None:
            if str(stubborn.id) in path:
                raise PermissionError(1, "Operation not permitted")
            unlink(path, **more)

        monkeypatch.setattr(os, "unlink", refuse)
        clock.now += 3
        memory.sweep()
        assert files_of(tmp_path) == [f"{stubborn.id}.tif"]
        assert f"document {stubborn.id} is not erased yet" in caplog.text
        monkeypatch.undo()
        memory.sweep()
        assert files_of(tmp_path) == []
        with pytest.raises(Erased):
            memory.find(other.id, ANNA)


def test_a_page_that_could_not_be_noted_is_taken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when taking it off fails at first."""
    with open_memory(tmp_path) as memory, memory.open(Draft("notice", "anna")) as document:
        add_image(document, draw_page("one"), FAX)
        monkeypatch.setattr(document, "note_pages", _be_full)
        monkeypatch.setattr(os, "ftruncate", _refuse)
        for _ in range(2):
            with pytest.raises((MemoryFull, Unusable)):
                add_image(document, draw_page("two"), FAX)
        with pytest.raises(Unusable):
            document.close()
        monkeypatch.undo()
        stored = document.close()
        with memory.read(stored) as file:
            assert sum(1 for _ in memory.pages(file, stored)) == stored.pages == 1


def _be_full(*_: object) -> None:
    raise MemoryFull("full")


def _refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_processes_see_each_others_documents(tmp_path: Path) -> None:
    with open_memory(tmp_path) as panel, open_memory(tmp_path) as receiver:
        stored = store(panel)
        assert receiver.find(stored.id, ANNA) == stored
        receiver.erase(stored.id, ANNA)
        with pytest.raises(Erased):
            panel.find(stored.id, ANNA)


def test_a_memory_of_another_version_is_left_alone(tmp_path: Path) -> None:
    open_memory(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "memory" / "table.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Unusable, match="another version"):
        open_memory(tmp_path)


def test_a_memory_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        stored, gone = store(memory), store(memory)
        memory.erase(gone.id, ANNA, Ending("moved"))
    connection = sqlite3.connect(tmp_path / "memory" / "table.db")
    connection.execute("ALTER TABLE issued DROP COLUMN place")
    connection.execute("ALTER TABLE document DROP COLUMN memo")
    connection.execute("CREATE TABLE installation (id TEXT NOT NULL)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        with open_memory(tmp_path) as memory:
            assert memory.find(stored.id, ANNA) == stored
            with pytest.raises(Moved, match="moved to a medium on"):
                memory.find(gone.id, ANNA)


def test_a_document_that_broke_off_is_counted_once_and_tells_what_it_was_for(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        document = memory.open(Draft("notice", "anna"))
        add_image(document, draw_page(), FAX)
        document.remember("for the west")
        document.leave()
        used = memory.room.usage()
        assert [one.memo for one in memory.list_unclosed(ANNA)] == ["for the west"]
        again = memory.resume(document.id, ANNA)
        assert (memory.room.usage(), memory.thumbnail(document.id, ANNA)[:2]) == (used, b"\xff\xd8")
        stored = again.close()
        assert (memory.room.usage(), used.octets, stored.memo) == (used, stored.octets, "")


def test_titles_are_one_line(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        assert store(memory, Draft("  a\x1b[31m\nb ")).draft.title == "a [31m b"
        assert len(store(memory, Draft("x" * 999)).draft.title) == 200
        for draft in (Draft("a", "an\nna"), Draft("a", expires=1.0)):
            with pytest.raises(WrongRequest):
                memory.open(draft)


def test_only_its_owner_reads_the_folder(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        store(memory)
        for path in (tmp_path / "memory").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0 or path.parent == tmp_path / "memory"
        assert (tmp_path / "memory").stat().st_mode & 0o077 == 0


def test_who_asks_without_a_name_is_nobody(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        private = store(memory, Draft("salaries", "anna", private=True))
        with pytest.raises(NotYours):
            memory.find(private.id, Asker())
        assert memory.list_documents(Asker()) == []


def test_who_looks_for_what_broke_off_keeps_nobody_from_going_on_with_it(tmp_path: Path) -> None:
    with open_memory(tmp_path) as memory:
        left = memory.open(Draft("left", "anna"))
        add_image(left, draw_page(), FAX)
        left.leave()
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                memory.list_unclosed(ANNA)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            for _ in range(300):
                memory.resume(left.id, ANNA).leave()
        finally:
            over.set()
            looking.join()


def test_only_its_owner_sees_a_document_that_is_not_complete(tmp_path: Path) -> None:
    """Whether others may is decided when it is closed: what is left of it may have been scanned by mistake."""
    with open_memory(tmp_path) as memory:
        document = memory.open(Draft("notice", "anna"))
        add_image(document, draw_page(), FAX)
        document.leave()
        for see in (memory.thumbnail, lambda image_id, asker: memory.find(image_id, asker, unclosed=True)):
            assert see(document.id, ANNA)
            assert see(document.id, OPERATOR)
            with pytest.raises(NotYours):
                see(document.id, BOB)
        with pytest.raises(StillOpen):
            memory.find(document.id, BOB)
        memory.resume(document.id, ANNA).close()
        assert memory.thumbnail(document.id, BOB)
