"""A disk that is really full, and media that really are: small ones, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mfp_client.memory.errors import Erased, MediumFull, MediumGone, MemoryFull
from mfp_client.memory.medium import Medium, copy_document, move_document
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import Draft, SendOrder
from mfp_client.memory.take_out import PDF, TIFF
from tests.support.failing_stick import may_loop, mount_failing_stick
from tests.support.memory_pages import ANNA, FAX, NOTICE, add_image, draw_page, files_of, open_memory, store
from tests.support.small_disk import SmallDisk, may_mount, mount_small_disk

pytestmark = pytest.mark.skipif(not may_mount(), reason="mounting a small disk takes root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mount_small_disk(tmp_path / "disk", 16) as mounted:
        yield mounted


@pytest.mark.parametrize("leave", [0, 4096, 8192, 20_000, 60_000])
def test_a_full_disk_takes_no_page_and_gives_up_what_is_erased(disk: SmallDisk, leave: int) -> None:
    """What is stored stays, what is erased goes, what is accepted is noted: by the ballast."""
    with open_memory(disk.folder) as memory:
        kept, old = store(memory, pages=2), store(memory, Draft("old", "anna"))
        with memory.open(Draft("waits", "anna")) as waiting:
            add_image(waiting, draw_page(), FAX)
            waiting.close([SendOrder("https://server", "{}", erase_after=True)])
        broken = memory.open(Draft("large", "anna"))
        disk.fill(leave)
        noise = Image.effect_noise((900, 900), 90)
        with pytest.raises(MemoryFull, match="erase documents; the largest"):
            for _ in range(20):
                add_image(broken, noise, FAX)
        broken.leave()
        with pytest.raises(MemoryFull):
            for _ in range(20):
                store(memory, pages=5)
        [sending] = Outbox(memory).list_waiting()
        Outbox(memory).send(sending, lambda *_: "job")
        memory.erase(old.id, ANNA)
        for gone in (old.id, waiting.id):
            with pytest.raises(Erased):
                memory.find(gone, ANNA)
        with memory.read(memory.find(kept.id, ANNA)) as file:
            assert sum(1 for _ in memory.pages(file, kept)) == 2
    disk.clear()
    with open_memory(disk.folder) as memory:
        whole = {f"{one.id}.tif" for one in (*memory.list_documents(ANNA), *memory.list_unclosed(ANNA))}
        assert set(files_of(disk.folder)) == whole
        assert (disk.folder / "memory" / "ballast").exists()
        assert store(memory).pages == 1


def test_a_memory_opens_on_a_full_disk(disk: SmallDisk) -> None:
    with open_memory(disk.folder) as memory:
        old = store(memory)
    disk.fill()
    with open_memory(disk.folder) as memory:
        memory.erase(old.id, ANNA)
        assert files_of(disk.folder) == []


def test_a_full_medium_leaves_the_document_here(disk: SmallDisk, tmp_path: Path) -> None:
    disk.fill(leave=8192)
    with open_memory(tmp_path) as memory:
        with memory.open(Draft("large", "anna")) as document:
            add_image(document, Image.effect_noise((900, 900), 90), FAX)
            stored = document.close()
        with pytest.raises(MediumFull, match="free on the medium"):
            move_document(memory, stored.id, ANNA, Medium(disk.folder))
        assert [one.name for one in disk.folder.iterdir()] == ["somebody-elses"]
        disk.clear()
        path = move_document(memory, stored.id, ANNA, Medium(disk.folder))
        assert path.stat().st_size == stored.octets
        with pytest.raises(Erased):
            memory.find(stored.id, ANNA)


def test_a_medium_that_was_pulled_is_told(tmp_path: Path) -> None:
    """Its folder is still there, and lies on the device's own disk now."""
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with mount_small_disk(tmp_path / "stick", 1):
            copy_document(memory, stored.id, ANNA, Medium(tmp_path / "stick"))
        with pytest.raises(MediumGone, match="no medium is in"):
            move_document(memory, stored.id, ANNA, Medium(tmp_path / "stick"))
        memory.find(stored.id, ANNA)


@pytest.mark.skipif(not may_loop(), reason="a failing stick takes loop devices")
def test_a_medium_that_fails_while_it_is_written_leaves_the_document_here(tmp_path: Path) -> None:
    """Real errors of a real file system, at the moment at which it is told to keep what was written."""
    with open_memory(tmp_path) as memory, mount_failing_stick(tmp_path) as stick:
        with memory.open(Draft("large", "anna")) as document:
            add_image(document, Image.effect_noise((2000, 2000), 90), FAX)
            stored = document.close()
        assert stored.octets > 1 << 20
        with pytest.raises(MediumGone, match="is failing"):
            move_document(memory, stored.id, ANNA, Medium(stick))
        assert list(stick.glob(f"{stored.id}*")) == []
        with memory.read(memory.find(stored.id, ANNA)) as file:
            assert sum(1 for _ in memory.pages(file, stored)) == 1


@pytest.mark.parametrize("format", [TIFF, PDF])
def test_what_is_on_the_medium_already_needs_no_room_again(tmp_path: Path, format: str) -> None:
    """As after a power cut between the copy and the erasing: the same call may follow."""
    with mount_small_disk(tmp_path / "stick", 2) as stick, open_memory(tmp_path) as memory:
        with memory.open(NOTICE) as document:
            add_image(document, Image.effect_noise((1200, 1200), 90), FAX)
            stored = document.close()
        medium = Medium(stick.folder, format)
        path = copy_document(memory, stored.id, ANNA, medium)
        stick.fill()
        assert move_document(memory, stored.id, ANNA, medium) == path
        with pytest.raises(Erased):
            memory.find(stored.id, ANNA)


def test_what_broke_off_makes_room_for_the_same_copy(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "stick", 2) as stick, open_memory(tmp_path) as memory:
        with memory.open(NOTICE) as document:
            add_image(document, Image.effect_noise((1200, 1200), 90), FAX)
            stored = document.close()
        (stick.folder / f".{stored.token.hex()}.part").write_bytes(bytes(stored.octets - 1))
        stick.fill()
        path = copy_document(memory, stored.id, ANNA, Medium(stick.folder))
        assert path.stat().st_size == stored.octets
