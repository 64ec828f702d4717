"""Scanners of two kinds, a server, the printers of an office: from the feeder to the trays of all members, erased or
kept with a mark sheet, and sent again by that sheet (SPEC D4 to D8, D11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from mfp_client.works.person import Person
from tests.support.device import RunningDevice, printed_jobs, start_device, wait_for_jobs
from tests.support.device_works import DeviceWorks, make_device_token, office_settings, run_works, server_url
from tests.support.escl_device import Sheet, run_escl_device
from tests.support.memory_pages import files_of
from tests.support.sane import TEST_DEVICE, use_test_backend
from tests.support.server import Server, run_server

NOBODY = Person()
pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Office:
    """`own` is the printer of the device that sends, `branch` another one."""

    server: Server
    own: RunningDevice
    branch: RunningDevice

    def printed(self, title: str) -> list[int]:
        """How many pages of that job came out at each."""
        return [
            sum(job.record["pages"] for job in printed_jobs(one.tray) if title in job.name)
            for one in (self.own, self.branch)
        ]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    root = tmp_path_factory.mktemp("office")
    with (
        start_device("everything", root / "own") as own,
        start_device("pwg-mono", root / "branch") as branch,
        run_server(root / "server") as server,
    ):
        server.add_group("all.rec", "everybody", [f"{own.uri}; head office", f"{branch.uri}; branch"])
        yield Office(server, own, branch)


def _settings(office: Office, tmp_path: Path, *scanners: str) -> object:
    make_device_token(office.server, tmp_path / "home", "ipp://127.0.0.1/own")
    url, feeder = server_url(office.server), tmp_path / "feeder"
    return office_settings(url, feeder, office.own.uri, scanners=(*scanners, f"folder:{feeder}"))


def test_a_scan_from_sane_reaches_every_member_and_is_erased(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ten sheets of SANE's test backend."""
    use_test_backend(monkeypatch, tmp_path / "sane")
    with run_works(tmp_path / "home", _settings(office, tmp_path, TEST_DEVICE)) as device:
        scan = {"source": "adf", "resolution": 50, "color": "bi-level"}
        device.start("distribute-document", NOBODY, scan=scan, groups=["all.rec"], title="from SANE")
        assert len(device.wait("review", "failed").pages) == 10
        device.go(groups=["all.rec"], title="from SANE", sides="two-sided-long-edge")
        task = device.wait("done", "failed")
        assert (task.error, [one.state for one in task.deliveries]) == (None, ["completed", "completed"])
        assert {one.evidence for one in task.deliveries} == {"completed"}
        assert office.printed("from SANE") == [10, 10]
        assert files_of(device.home) == []


def test_a_scan_from_escl_is_kept_and_sent_again_by_its_sheet(office: Office, tmp_path: Path) -> None:
    """Both sides of two sheets, without the blank backs."""
    before = len(printed_jobs(office.own.tray))
    with run_escl_device() as escl, run_works(tmp_path / "home", _settings(office, tmp_path, escl.uri)) as device:
        escl.sheets = [Sheet(), Sheet(back=None)]
        scan = {"source": "adf", "duplex": True, "remove_blank": True, "resolution": 100}
        device.start("distribute-document", NOBODY, scan=scan)
        assert len(device.wait("review", "failed").pages) == 3
        device.go(scan=scan, groups=["all.rec"], title="kept 保存", keep=True, sheet=True, keep_days=30)
        task = device.wait("done", "failed")
        assert task.error is None
        [kept] = device.memory.list_documents(NOBODY.asker)
        assert (kept.pages, kept.draft.expires is not None) == (3, True)
        jobs = wait_for_jobs(office.own.tray, before + 2)[before:]
        sheet = next(job for job in jobs if job.record["pages"] == 1)
        assert sheet.name == f"{kept.id} kept 保存"
        assert office.printed("kept 保存") == [3 + 1, 3]
        _lay_sheet(device, sheet.pages[0])
        device.start("read-sheets", NOBODY, scan={"scanner": f"folder:{device.feeder}"})
        [found] = device.wait("review", "failed").documents
        assert found.id == kept.id
        device.start("distribute-file", NOBODY, ids=[found.id], destinations=["branch"], title="again", review=False)
        assert device.wait("done", "failed").error is None
        assert office.printed("again") == [0, 3]
        assert [len(one.copies) for one in device.memory.list_documents(NOBODY.asker)] == [2]


def _lay_sheet(device: DeviceWorks, path: Path) -> None:
    with Image.open(path) as page:
        device.lay(page.convert("L"), dpi=round(page.width / 8.27))
