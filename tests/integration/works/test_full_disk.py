"""No room in the memory or on the disk: it is asked about, and nothing that was read is lost (SPEC D7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mfp_client.memory.records import Draft, Limits
from mfp_client.works.person import Person
from tests.support.device_works import DeviceWorks, make_device_token, office_settings, run_works, server_url
from tests.support.memory_pages import add_image, files_of, store
from tests.support.patience import wait_until
from tests.support.server import Server
from tests.support.small_disk import may_mount, mount_small_disk

ANNA, NOBODY = Person("anna"), Person()
NOISE = Image.effect_noise((700, 900), 90)


def _count(device: DeviceWorks) -> list[int]:
    return [one.pages for one in device.memory.list_documents(ANNA.asker)]


@pytest.mark.parametrize(("answer", "kept"), [("end", [2]), ("drop", [])])
def test_a_full_memory_is_asked_about(tmp_path: Path, answer: str, kept: list[int]) -> None:
    limits = Limits(octets=1_300_000, reserve=0)
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder"), limits=limits) as device:
        device.lay(*[NOISE] * 4)
        device.start("store", ANNA)
        task = device.wait("asking", "done", "failed")
        assert task.question is not None, task
        assert (task.question.error, task.question.pages) == ("image-memory-full", 2)
        assert task.question.answers == ("continue", "end", "drop")
        device.works.answer(answer)
        task = device.wait("done", "failed")
        assert (_count(device), task.step) == (kept, "done" if kept else "failed")
        assert len(files_of(device.home)) == len(kept)


def test_who_makes_room_goes_on_with_every_page(tmp_path: Path) -> None:
    limits = Limits(octets=1_300_000, reserve=0)
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder"), limits=limits) as device:
        with device.memory.open(Draft("old", "anna")) as old:
            add_image(old, NOISE, (100.0, 100.0))
            old.close()
        device.lay(*[NOISE] * 2)
        device.start("store", ANNA)
        device.wait("asking")
        device.memory.erase(old.id, ANNA.asker)
        device.works.answer("continue")
        assert device.wait("done", "failed").error is None
        assert _count(device) == [2]


@pytest.mark.skipif(not may_mount(), reason="mounting a small disk takes root")
@pytest.mark.parametrize("leave", [0, 100_000, 900_000])
def test_a_full_disk_is_told_and_nothing_stays_half(tmp_path: Path, leave: int) -> None:
    """Whoever frees room goes on, or scans again; what was stored before is sent all the same."""
    with (
        mount_small_disk(tmp_path / "disk", 16) as disk,
        run_works(disk.folder / "home", office_settings("", tmp_path / "feeder")) as device,
    ):
        old = store(device.memory, Draft("old", "anna"))
        disk.fill(leave)
        device.lay(*[NOISE] * 3)
        device.start("store", ANNA, title="new")
        task = device.wait("asking", "failed")
        trouble = task.error.error if task.error else task.question.error if task.question else ""
        assert trouble in ("image-memory-full", "no-room"), task
        disk.clear()
        if task.step == "asking" and task.question is not None and "continue" in task.question.answers:
            device.works.answer("continue")
            assert device.wait("done", "failed").error is None
            assert _count(device)[0] == 3
        elif task.step == "asking":
            device.works.answer("end")
            device.wait("done", "failed")
        assert [one.id for one in device.memory.list_documents(ANNA.asker, text="old")] == [old.id]
        stored = device.memory.list_documents(ANNA.asker) + device.works.unfinished(ANNA.asker)
        assert files_of(device.home) == sorted(f"{one.id}.tif" for one in stored)


@pytest.mark.skipif(not may_mount(), reason="mounting a small disk takes root")
def test_what_waits_is_sent_from_a_full_disk(tmp_path: Path, server: Server) -> None:
    with mount_small_disk(tmp_path / "disk", 16) as disk:
        make_device_token(server, disk.folder / "home")
        with run_works(disk.folder / "home", office_settings(server_url(server), tmp_path / "feeder")) as device:
            stored = store(device.memory, Draft("old"))
            device.start("distribute-file", NOBODY, ids=[stored.id], groups=["west.rec"], keep=False)
            device.wait("review")
            disk.fill()
            device.go(ids=[stored.id], groups=["west.rec"], keep=False)
            wait_until(lambda: device.task.step in ("done", "failed"), lambda: device.task)
            assert device.task.error is None
            assert files_of(device.home) == []
