"""A disk that fills up while pages come: said in so many words, whole pages kept, nothing half left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.scan.choice import open_scanner
from distwire.scan.contract import ScanJob, Source
from distwire.scan.faults import NoRoom
from distwire.scan.output import write_pages
from tests.support.escl_device import Sheet, run_escl_device
from tests.support.feeding import lay_file, make_feeder
from tests.support.sane import TEST_DEVICE, use_test_backend
from tests.support.scanning import FEEDER, make_session
from tests.support.small_disk import SmallDisk, may_mount, mount_small_disk

pytestmark = pytest.mark.skipif(not may_mount(), reason="only root mounts")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mount_small_disk(tmp_path / "disk", 2) as made:
        yield made


def test_pages_of_escl_before_it_was_full_are_kept(disk: SmallDisk) -> None:
    with run_escl_device() as device:
        device.sheets = [Sheet(), Sheet(), Sheet()]
        session = make_session(open_scanner(device.uri), disk.folder / "scan")
        pages = session.run()
        first = next(pages)
        disk.fill()
        assert list(pages) == []
        assert device.asked[-1] == "DELETE 1"
    assert isinstance(session.stopped_by, NoRoom)
    assert "No space left" in str(session.stopped_by)
    assert [path.name for path in (disk.folder / "scan").iterdir()] == [first.raw.path.name]


def test_a_folder_keeps_what_could_not_be_taken(disk: SmallDisk, tmp_path: Path) -> None:
    feeder = tmp_path / "feeder"
    feeder.mkdir()
    lay_file(feeder / "a.jpg", 120)
    disk.fill()
    with pytest.raises(NoRoom):
        list(make_session(make_feeder(feeder), disk.folder, ScanJob()).run())
    assert [path.name for path in feeder.iterdir()] == ["a.jpg"]


@pytest.mark.real
def test_a_page_of_sane_that_is_cut_off_is_not_kept(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    job = ScanJob(Source.ADF, resolution=300, size=(10000, 10000))  # a page of 1.4 MB: the second does not fit
    session = make_session(open_scanner(TEST_DEVICE), disk.folder / "scan", job)
    assert len(list(session.run())) == 1
    assert isinstance(session.stopped_by, NoRoom)


@pytest.mark.parametrize("name", ["out.tif", "out.pdf"])
def test_a_file_that_does_not_fit_is_not_begun(disk: SmallDisk, tmp_path: Path, name: str) -> None:
    with run_escl_device() as device:
        device.sheets = [Sheet()]
        session = make_session(open_scanner(device.uri), tmp_path / "scan", FEEDER)
        list(session.run())
    disk.fill(4096)
    with pytest.raises(NoRoom, match="No space left"):
        write_pages(session.pages, disk.folder / name)
    assert [path.name for path in disk.folder.iterdir()] == ["somebody-elses"]
