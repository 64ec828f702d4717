"""Stored documents to media, or out of the memory (SPEC D12, "process stored image")."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfp_client.memory.media import MountedMedium
from mfp_client.memory.records import Draft, StoredDocument
from mfp_client.works.faults import WrongWish
from mfp_client.works.person import Person
from mfp_client.works.progress import Progress, Task
from tests.support.device_works import DeviceWorks, office_settings, run_works
from tests.support.memory_pages import files_of, store
from tests.support.small_disk import SmallDisk, may_mount, mount_small_disk

ANNA, BOB = Person("anna"), Person("bob")

pytestmark = pytest.mark.skipif(not may_mount(), reason="mounting a small disk takes root")


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[SmallDisk]:
    with mount_small_disk(tmp_path / "stick", 1) as mounted:
        yield mounted


@pytest.fixture
def device(tmp_path: Path, stick: SmallDisk) -> Iterator[DeviceWorks]:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder")) as works:
        works.media.append(MountedMedium(stick.folder, stick.free))
        yield works


def _store(device: DeviceWorks, *titles: str) -> list[StoredDocument]:
    return [store(device.memory, Draft(title, "anna"), pages=3) for title in titles]


def _process(device: DeviceWorks, person: Person, documents: list[StoredDocument], action: str, **said: object) -> Task:
    device.start("process", person, ids=[one.id for one in documents], action=action, **said)
    return device.wait("done", "failed")


def _names(stick: SmallDisk) -> list[str]:
    return sorted(path.name for path in stick.folder.iterdir())


def test_documents_are_copied_and_moved(device: DeviceWorks, stick: SmallDisk) -> None:
    first, second = _store(device, "first", "second")
    task = _process(device, BOB, [first, second], "copy", medium=str(stick.folder), format="pdf")
    assert task.error is None
    total = first.octets + second.octets
    assert task.progress == Progress(total, total, 0, "octets")
    assert _names(stick) == sorted([f"{first.id} first.pdf", f"{second.id} second.pdf"])
    assert _process(device, ANNA, [first], "move", medium=str(stick.folder)).error is None
    assert f"{first.id} first.tif" in _names(stick)
    assert [one.id for one in device.memory.list_documents(ANNA.asker)] == [second.id]


def test_a_folder_that_stands_for_a_medium_may_lie_on_the_disk_of_the_memory(device: DeviceWorks) -> None:
    folder = device.home / "share"
    folder.mkdir()
    device.media.append(MountedMedium(folder, 10**9, same_disk=True))
    (document,) = _store(device, "first")
    assert _process(device, ANNA, [document], "copy", medium=str(folder)).error is None
    assert [path.name for path in folder.iterdir()] == [f"{document.id} first.tif"]


def test_what_may_not_be_done_is_told_before_anything_is_done(device: DeviceWorks, stick: SmallDisk) -> None:
    mine = [store(device.memory, Draft("mine", "bob")), *_store(device, "hers")]
    for action in ("erase", "move"):
        task = _process(device, BOB, mine, action, medium=str(stick.folder))
        assert task.error is not None
        assert task.error.error == "image-not-yours"
    assert len(device.memory.list_documents(ANNA.asker)) == 2
    assert _names(stick) == []


def test_documents_are_erased(device: DeviceWorks) -> None:
    assert _process(device, ANNA, _store(device, "first", "second"), "erase").error is None
    assert files_of(device.home) == []


def test_a_full_medium_and_one_that_is_not_in_leave_the_document_here(device: DeviceWorks, stick: SmallDisk) -> None:
    documents = _store(device, "first")
    stick.fill(leave=0)
    task = _process(device, ANNA, documents, "move", medium=str(stick.folder))
    assert task.error is not None
    assert task.error.error == "medium-full"
    device.media.clear()
    task = _process(device, ANNA, documents, "move", medium=str(stick.folder))
    assert task.error is not None
    assert task.error.error == "medium-gone"
    assert [one.id for one in device.memory.list_documents(ANNA.asker)] == [documents[0].id]


def test_only_media_are_written(device: DeviceWorks, tmp_path: Path) -> None:
    documents = _store(device, "first")
    (tmp_path / "elsewhere").mkdir()
    task = _process(device, ANNA, documents, "copy", medium=str(tmp_path / "elsewhere"))
    assert task.error is not None
    assert task.error.error == "medium-gone"
    with pytest.raises(WrongWish, match="choose a medium"):
        _process(device, ANNA, documents, "copy")
