"""Paper out of the device (SPEC D12): copies, stored documents, mark sheets, on its own printer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from mfp_client.works.person import Person
from tests.support.cupsd import run_cups_server
from tests.support.device import RunningDevice, printed_jobs, start_device, wait_for_jobs
from tests.support.device_works import DeviceWorks, office_settings, run_works
from tests.support.memory_pages import draw_page, files_of
from tests.support.patience import wait_until
from tests.support.works_crash import run_forked

ANNA, BOB = Person("anna"), Person("bob")
A4 = (827, 1169)


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[RunningDevice]:
    with start_device("pdf", tmp_path / "tray") as running:
        yield running


@pytest.fixture
def device(tmp_path: Path, printer: RunningDevice) -> Iterator[DeviceWorks]:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder", printer.uri)) as works:
        yield works


def _tone(path: Path, x: float, y: float) -> int:
    with Image.open(path) as page:
        found = page.convert("L").getpixel((round(x * page.width), round(y * page.height)))
    assert isinstance(found, int)
    return found


def _shade(tone: int, size: tuple[int, int] = A4) -> Image.Image:
    return Image.new("L", size, tone)


def test_a_copy_comes_out_and_nothing_of_it_stays(device: DeviceWorks, printer: RunningDevice) -> None:
    device.lay(draw_page("one", A4), draw_page("two", A4), draw_page("three", A4))
    device.start("copy", ANNA, copies=2, sides="two-sided-long-edge")
    task = device.wait("done", "failed")
    assert task.error is None
    assert task.progress is not None
    assert (task.progress.done, task.progress.total, task.progress.unit) == (6, 6, "pages")
    [job] = printed_jobs(printer.tray)
    assert (job.record["pages"], job.record["copies"], job.record["sides"]) == (3, 2, "two-sided-long-edge")
    assert job.record["user"] == "anna"
    assert device.memory.list_documents(ANNA.asker) == device.works.unfinished(ANNA.asker) == []
    assert files_of(device.home) == []
    assert list((device.home / "works" / "passing").iterdir()) == []


def test_four_pages_come_out_on_one_side(device: DeviceWorks, printer: RunningDevice) -> None:
    device.lay(*(_shade(tone) for tone in (0, 60, 120, 180, 30)))
    device.start("copy", ANNA, number_up=4)
    assert device.wait("done", "failed").error is None
    [job] = printed_jobs(printer.tray)
    first, second = job.pages
    places = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
    tones = [_tone(path, *place) for path in (first, second) for place in places]
    wanted = [0, 60, 120, 180, 30, 255, 255, 255]
    assert all(abs(found - tone) < 12 for found, tone in zip(tones, wanted, strict=True)), tones


def test_two_upright_pages_stand_beside_each_other(device: DeviceWorks, printer: RunningDevice) -> None:
    """The printer turns the sheet that lies into its tray, so that what was left is below or above."""
    device.lay(_shade(0), _shade(150))
    device.start("copy", ANNA, number_up=2)
    assert device.wait("done", "failed").error is None
    [job] = printed_jobs(printer.tray)
    [path] = job.pages
    with Image.open(path) as page:
        lies = page.width > page.height
    halves = ((0.25, 0.5), (0.75, 0.5)) if lies else ((0.5, 0.25), (0.5, 0.75))
    tones = sorted(_tone(path, *place) for place in halves)
    assert abs(tones[0]) < 12
    assert abs(tones[1] - 150) < 12


def test_an_empty_tray_is_told_and_waited_for(device: DeviceWorks, printer: RunningDevice) -> None:
    printer.set_paper(False)
    device.lay(draw_page("one", A4))
    device.start("copy", ANNA)
    wait_until(lambda: "paper" in device.task.words, lambda: device.task)
    assert device.task.step == "printing"
    printer.set_paper(True)
    assert device.wait("done", "failed").error is None


def test_stop_takes_the_job_back_from_the_printer(device: DeviceWorks, printer: RunningDevice) -> None:
    printer.set_paper(False)
    device.lay(draw_page("one", A4))
    device.start("copy", ANNA)
    wait_until(lambda: "paper" in device.task.words, lambda: device.task)
    ending = device.works.stop()
    assert ending is not None
    assert ending.error == "print-stopped"
    wait_until(lambda: printer.status()["job"] is None)
    printer.set_paper(True)
    device.lay(draw_page("two", A4))
    device.start("copy", ANNA)
    device.wait("done")
    assert len([job for job in printed_jobs(printer.tray) if job.pages]) == 1
    assert files_of(device.home) == []


def test_who_stops_while_the_printer_is_away_is_told_that_it_may_come_out(
    device: DeviceWorks, printer: RunningDevice
) -> None:
    printer.set_paper(False)
    device.lay(draw_page("one", A4))
    device.start("copy", ANNA)
    wait_until(lambda: "paper" in device.task.words, lambda: device.task)
    printer.kill()
    ending = device.works.stop()
    assert ending is not None
    assert ending.error == "print-not-stopped"


def test_stored_documents_are_taken_out_by_their_ids(device: DeviceWorks, printer: RunningDevice) -> None:
    ids = []
    for title in ("first", "second"):
        device.lay(draw_page(title, A4))
        device.start("store", ANNA, title=title, private=title == "second")
        ids.append(device.wait("done").documents[0].id)
    device.start("take-out", ANNA, ids=ids, copies=2)
    assert device.wait("done", "failed").error is None
    first, second = wait_for_jobs(printer.tray, 2)
    assert [first.name, second.name] == [f"{ids[0]} first", f"{ids[1]} second"]
    assert first.record["impressions"] == 2
    device.start("take-out", BOB, ids=ids)
    task = device.wait("failed")
    assert task.error is not None
    assert task.error.error == "image-not-yours"
    assert len(printed_jobs(printer.tray)) == 2


def test_a_printer_that_is_off_is_told(tmp_path: Path) -> None:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder")) as device:
        device.lay(draw_page("one", A4))
        device.start("copy", ANNA)
        task = device.wait("failed")
        assert task.error is not None
        assert task.error.error == "not-printed"
        assert files_of(device.home) == []


def test_printing_goes_on_after_the_printer_was_switched_off(tmp_path: Path) -> None:
    """It knows its jobs again after a power cut, and the copy is seen to its end."""
    with start_device("pdf", tmp_path / "tray") as printer:
        printer.set_paper(False)
        with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder", printer.uri)) as device:
            device.lay(draw_page("one", A4))
            device.start("copy", ANNA)
            wait_until(lambda: "paper" in device.task.words, lambda: device.task)
            printer.kill()
            wait_until(lambda: "does not answer" in device.task.words, lambda: device.task)
            with start_device("pdf", tmp_path / "tray", port=printer.port) as again:
                again.set_paper(True)
                device.wait("done", "failed")
                assert next(job.name for job in printed_jobs(again.tray)).endswith("copy")


def test_a_copy_that_a_power_cut_ended_leaves_nothing(tmp_path: Path, printer: RunningDevice) -> None:
    """Its pages were in the memory, and half of it on paper; it is gone at the next start, and nobody is offered it."""
    settings = office_settings("", tmp_path / "feeder", printer.uri)
    printer.set_paper(False)

    def copy_until_killed() -> dict[str, object]:
        with run_works(tmp_path / "home", settings) as device:
            device.lay(draw_page("one", A4))
            device.start("copy", ANNA)
            wait_until(lambda: "paper" in device.task.words, lambda: device.task)
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    assert run_forked(tmp_path, copy_until_killed) is None
    assert len(files_of(tmp_path / "home")) == 1
    with run_works(tmp_path / "home", settings) as device:
        assert device.works.unfinished(ANNA.asker) == device.memory.list_documents(ANNA.asker) == []
        assert files_of(device.home) == []


@pytest.mark.real
def test_a_copy_comes_out_of_a_cups_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is followed there until it is out; a queue that is not there is told."""
    pytest.importorskip("cups")
    with run_cups_server() as cups:
        queue = cups.add_queue("office")
        monkeypatch.setenv("CUPS_SERVER", str(cups.socket))
        with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder", "cups:office")) as device:
            device.lay(draw_page("one", A4), draw_page("two", A4))
            device.start("copy", ANNA, number_up=2)
            assert device.wait("done", "failed").error is None
            (tmp_path / "it.pdf").write_bytes(queue.read_documents()[0])
            assert len(PdfReader(tmp_path / "it.pdf").pages) == 1
            assert files_of(device.home) == []
        with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder", "cups:nowhere")) as device:
            device.lay(draw_page("one", A4))
            device.start("copy", ANNA)
            task = device.wait("failed")
            assert task.error is not None
            assert task.error.error == "not-printed"
