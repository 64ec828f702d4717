"""Mark sheets from the device's own printer, worn, and laid into the feeder again as one stack (SPEC D7, D8)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from distwire.marks import Mark, sign_mark
from mfp_client.marksheet.drawing import Sheet, draw_sheet
from mfp_client.marksheet.key import load_key
from mfp_client.memory.endings import Ending
from mfp_client.memory.records import Draft
from mfp_client.works.person import Person
from tests.support import paper
from tests.support.device import RunningDevice, printed_jobs, start_device
from tests.support.device_works import DeviceWorks, office_settings, run_works
from tests.support.digitizing import Scanned, scan_page
from tests.support.escl_device import Sheet as Feed
from tests.support.escl_device import run_escl_device
from tests.support.memory_pages import add_image
from tests.support.wear import wear_page

ANNA, BOB = Person("anna"), Person("bob")
A4 = (2480, 3508)
PROFILES = ("pdf", "pwg-mono")


@pytest.fixture
def printer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningDevice]:
    with start_device(getattr(request, "param", "pdf"), tmp_path / "tray") as running:
        yield running


@pytest.fixture
def device(tmp_path: Path, printer: RunningDevice) -> Iterator[DeviceWorks]:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder", printer.uri)) as works:
        yield works


def _store(device: DeviceWorks, title: str, person: Person = ANNA, **said: object) -> int:
    """Store a page of an office; its image ID."""
    device.lay(paper.draw_page("letter", len(title)), dpi=300)
    device.start("store", person, title=title, scan={"color": "monochrome"}, **said)
    task = device.wait("done", "failed")
    assert task.error is None
    return task.documents[0].id


def _open_printed(path: Path) -> Image.Image:
    with Image.open(path) as page:
        return page.convert("L").resize(A4)


def _lay_scanned(device: DeviceWorks, number: int, page: Image.Image, mode: str = "B200", level: int = 1) -> None:
    chance = random.Random(number)
    worn, _ = wear_page(page, level, chance)
    scanned: Scanned = scan_page(worn, mode, level, number % 4, chance)
    scanned.save(device.feeder / f".{number:03}.tif").rename(device.feeder / f"{number:03}.tif")


def _add_bars(page: Image.Image, digits: str) -> Image.Image:
    """The page with a code where a mark has one."""
    drawn = page.copy()
    drawn.paste(255, (page.width - 1520, 90, page.width - 90, 450))
    drawn.paste(paper.draw_bars(digits), (page.width - 1500, 130))
    return drawn


@pytest.mark.parametrize("printer", PROFILES, indirect=True)
def test_a_sheet_is_printed_when_a_document_is_kept_and_names_it(device: DeviceWorks, printer: RunningDevice) -> None:
    """Also by a printer that takes no PDF."""
    image_id = _store(device, "Preisliste 価格表", sheet=True, keep_days=30)
    [job] = printed_jobs(printer.tray)
    assert (job.record["pages"], job.record["copies"]) == (1, 1)
    _lay_scanned(device, 1, _open_printed(job.pages[0]))
    device.start("read-sheets", ANNA, scan={"source": "adf"})
    task = device.wait("review", "failed")
    assert [(one.page, one.image_id, one.why) for one in task.verdicts] == [(1, image_id, None)]
    assert [one.id for one in task.documents] == [image_id]
    device.start("take-out", ANNA, ids=[image_id])
    assert device.wait("done", "failed").error is None
    assert len(printed_jobs(printer.tray)) == 2


def test_every_page_of_a_stack_gets_its_own_answer(device: DeviceWorks, printer: RunningDevice) -> None:
    """Stored, a second copy of the same sheet, erased, moved, somebody else's, forged, another device's, expired, never
    stored here, other codes, no code; blank backs are passed over."""
    kept, erased, moved = (_store(device, title) for title in ("kept", "erased", "moved"))
    private = _store(device, "private", BOB, private=True)
    device.start("sheet", BOB, ids=[kept, erased, private, moved])
    assert device.wait("done", "failed").error is None
    device.memory.erase(erased, ANNA.asker)
    device.memory.erase(moved, ANNA.asker, Ending("moved", "STICK"))
    sheets = [_open_printed(job.pages[0]) for job in printed_jobs(printer.tray)]
    key, today = load_key(device.home), date.today()  # noqa: DTZ011 - a sheet has the day of its place
    old = Mark("12345678", max(today - timedelta(2), date(2025, 1, 1)))
    own = [Sheet(old, today), Sheet(Mark("12345678"), today)]
    altered = f"{kept}{sign_mark(Mark('12345678'), key)[8:]}"
    pages = [
        sheets[0],
        sheets[1],
        sheets[2],
        paper.draw_pdf(draw_sheet(own[0], key)),
        paper.draw_pdf(draw_sheet(own[1], key)),
        paper.draw_pdf(draw_sheet(own[1], bytes(32))),
        _add_bars(paper.draw_page("letter", 2), altered),
        _add_bars(paper.draw_page("letter", 2), "12345678901234"),
        paper.draw_page("letter", 2),
        Image.new("L", A4, 255),
        sheets[0],
        sheets[3],
    ]
    for number, page in enumerate(pages, 1):
        _lay_scanned(device, number, page, level=0 if number == 10 else 1)
    device.start("read-sheets", ANNA)
    task = device.wait("review", "failed")
    assert [(one.page, one.image_id, one.why) for one in task.verdicts] == [
        (1, kept, None),
        (2, erased, "image-erased"),
        (3, private, "image-not-yours"),
        (4, None, "expired"),
        (5, 12345678, "image-not-found"),
        (6, None, "other-device"),
        (7, None, "forged"),
        (8, None, "foreign-codes"),
        (9, None, "no-code"),
        (11, kept, None),
        (12, moved, "image-moved"),
    ]
    assert all(one.words for one in task.verdicts)
    assert [one.id for one in task.documents] == [kept]
    assert task.scan is not None
    assert (task.scan.pages, task.scan.removed) == (11, 1)
    said = task.describe(ANNA.asker)["verdicts"][1]
    assert (said["image_id"], said["why"]) == (str(erased), "image-erased")
    assert task.describe(ANNA.asker)["verdicts"][-1]["facts"]["to"] == "STICK"


def test_a_copy_of_a_copy_and_a_fax_still_name_the_document(device: DeviceWorks, printer: RunningDevice) -> None:
    image_id = _store(device, "copied", sheet=True)
    page = _open_printed(printed_jobs(printer.tray)[0].pages[0])
    for number, mode in enumerate(("F98", "F196", "B300", "G200", "G300"), 1):
        chance = random.Random(number)
        again = page
        for _ in range(2):
            again = scan_page(again, "G300", 0, 0, chance).picture.convert("L").resize(A4)
        scan_page(again, mode, 1, 0, chance).save(device.feeder / f"{number}.tif")
    device.start("read-sheets", ANNA)
    task = device.wait("review", "failed")
    assert [one.image_id for one in task.verdicts] == [image_id] * 5


def test_a_sheet_expires_with_its_document(device: DeviceWorks, printer: RunningDevice) -> None:
    _store(device, "short", sheet=True, keep_days=1)
    with device.memory.table.change() as connection:
        connection.execute("UPDATE document SET expires = ?", [time.time() - 1])
    page = _open_printed(printed_jobs(printer.tray)[0].pages[0])
    _lay_scanned(device, 1, page)
    device.start("read-sheets", ANNA)
    [verdict] = device.wait("review", "failed").verdicts
    assert verdict.why == "image-expired"


def test_a_document_is_stored_also_when_its_sheet_cannot_be_printed(tmp_path: Path) -> None:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder")) as device:
        device.lay(paper.draw_page("letter", 1), dpi=300)
        device.start("store", ANNA, title="kept", sheet=True)
        task = device.wait("done", "failed")
        assert task.step == "done"
        assert task.error is not None
        assert task.error.error == "not-printed"
        assert [one.draft.title for one in device.memory.list_documents(ANNA.asker)] == ["kept"]


def test_a_front_that_is_read_again_after_a_jam_counts_once(tmp_path: Path) -> None:
    """The back jams, and another sheet is laid in: the front of before names nothing, and is not counted."""
    with run_escl_device() as escl:
        feeders = (escl.uri, f"folder:{tmp_path / 'feeder'}")
        with run_works(tmp_path / "home", office_settings("", tmp_path, scanners=feeders)) as device:
            first, second = _store_from(device, "first"), _store_from(device, "second")
            sheets = [_draw_sheet(device, first), _draw_sheet(device, second)]
            escl.sheets, escl.faults = [sheets[0]], {1: "ScannerAdfJam"}
            device.start("read-sheets", ANNA, scan={"source": "adf", "duplex": True, "resolution": 300})
            task = device.wait("asking", "failed")
            assert [one.id for one in task.documents] == [first]
            escl.mend()
            escl.sheets = [sheets[1], sheets[1]]
            device.works.answer("continue")
            task = device.wait("review", "failed")
    assert [(one.page, one.image_id, one.words) for one in task.verdicts] == [
        (1, second, "the document is here"),
        (3, second, "the document was named by a page before"),
    ]
    assert [one.id for one in task.documents] == [second]
    assert task.scan is not None
    assert (task.scan.pages, task.scan.removed) == (2, 2)


def _store_from(device: DeviceWorks, title: str) -> int:
    with device.memory.open(Draft(title, ANNA.name)) as document:
        add_image(document, paper.draw_page("letter", 1), (300.0, 300.0))
        return document.close().id


def _draw_sheet(device: DeviceWorks, image_id: int) -> Feed:
    made = draw_sheet(Sheet(Mark(str(image_id)), date(2026, 1, 1)), load_key(device.home))
    return Feed(back=None, picture=paper.draw_pdf(made))
