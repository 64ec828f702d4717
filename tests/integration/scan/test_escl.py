"""eSCL scanners, over HTTP: pages as they come, feeder and platen, both sides, jams in the middle (D7)."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Color, ScanJob, Scanner, Source
from distwire.scan.faults import Fault, FeedFault, ScanCanceled, ScannerBusy, ScannerUnreachable, SettingRefused
from distwire.scan.session import Answer, ScanOptions, ScanSession
from tests.support.escl_device import EsclDevice, Job, Reply, Sheet, run_escl_device
from tests.support.scanning import FEEDER, LIMITS, Person, make_session, millimetres

STACK = (Sheet(210, 290), Sheet(140, 210), Sheet(210, 350))
DUPLEX = ScanJob(Source.ADF, duplex=True, resolution=75)


@pytest.fixture
def device() -> Iterator[EsclDevice]:
    with run_escl_device() as made:
        made.sheets = list(STACK)
        yield made


@pytest.fixture
def scanner(device: EsclDevice) -> Scanner:
    return open_scanner(device.uri, limits=LIMITS)


def test_a_scanner_says_what_it_can(scanner: Scanner) -> None:
    can = scanner.describe()
    assert can.name == "Test Copier 7"
    platen, feeder = can.sources
    assert (platen.source, platen.duplex, feeder.source, feeder.duplex) == (Source.PLATEN, False, Source.ADF, True)
    assert feeder.resolutions.values == (75, 100, 300)
    assert set(feeder.colors) == set(Color)
    assert feeder.size == (21590, 35560)


def test_pages_of_different_sizes_come_one_by_one(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    session = make_session(scanner, tmp_path / "scan")
    pages = session.run()
    first = next(pages)
    assert device.asked.count("GET NextDocument") == 1  # it is shown before the second is asked for
    assert Image.open(io.BytesIO(first.look.preview)).size[1] <= 340
    assert millimetres([first, *pages]) == [(210, 290), (140, 210), (210, 350)]
    assert [page.look.mode for page in session.pages] == ["L", "L", "L"]
    assert session.stopped_by is None


def test_both_sides_in_colour(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    session = make_session(scanner, tmp_path / "scan", ScanJob(Source.ADF, True, 100, Color.COLOR))
    assert len(list(session.run())) == 6
    assert {page.look.mode for page in session.pages} == {"RGB"}
    assert b"<scan:Duplex>true</scan:Duplex>" in device.settings[0]


def test_the_platen_gives_one_page_and_is_free_again(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    session = make_session(scanner, tmp_path / "scan", ScanJob(Source.PLATEN, resolution=75))
    assert len(list(session.run())) == 1
    assert [job.state for job in device.jobs.values()] == ["Canceled"]


def test_without_a_source_the_feeder_is_taken_when_paper_lies_in_it(
    device: EsclDevice, scanner: Scanner, tmp_path: Path
) -> None:
    assert len(list(make_session(scanner, tmp_path / "one", ScanJob(resolution=75)).run())) == 3
    assert len(list(make_session(scanner, tmp_path / "two", ScanJob(resolution=75)).run())) == 1
    assert b">Platen<" in device.settings[1]


def test_blank_backs_are_left_out(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.sheets = [Sheet(back=None), Sheet(), Sheet(back=None)]
    session = make_session(scanner, tmp_path / "scan", DUPLEX, remove_blank=True)
    assert [page.number for page in session.run() if page.removed] == [2, 6]
    assert [page.number for page in session.pages] == [1, 3, 4, 5]
    assert session.blank == 2


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("ScannerAdfJam", Fault.JAM),
        ("ScannerAdfMultipickDetected", Fault.DOUBLE_FEED),
        ("ScannerAdfHatchOpen", Fault.COVER_OPEN),
        ("ScannerAdfMispick", Fault.MISPICK),
    ],
)
def test_after_a_fault_in_the_middle_the_scan_goes_on(
    device: EsclDevice, scanner: Scanner, tmp_path: Path, state: str, fault: Fault
) -> None:
    device.faults = {1: state}
    person = Person([Answer.CONTINUE], device.mend)
    session = make_session(scanner, tmp_path / "scan", person=person)
    assert millimetres(list(session.run())) == [(210, 290), (140, 210), (210, 350)]
    (asked,) = person.asked
    assert isinstance(asked.error, FeedFault)
    assert (asked.error.fault, asked.pages, asked.may_continue) == (fault, 1, True)


def test_a_fault_that_nobody_mends_is_asked_about_again(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.faults = {2: "ScannerAdfJam"}
    person = Person([Answer.CONTINUE, Answer.END])
    session = make_session(scanner, tmp_path / "scan", person=person)
    assert len(list(session.run())) == len(session.pages) == 2
    assert [asked.pages for asked in person.asked] == [2, 2]


def test_a_scan_that_ends_at_a_jam_keeps_its_pages_and_says_why(
    device: EsclDevice, scanner: Scanner, tmp_path: Path
) -> None:
    device.faults = {2: "ScannerAdfJam"}
    session = make_session(scanner, tmp_path / "scan")  # nobody to ask
    assert len(list(session.run())) == 2
    assert all(page.raw.path.exists() for page in session.pages)
    assert isinstance(session.stopped_by, FeedFault)


def test_a_scan_that_is_dropped_leaves_nothing(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.faults = {2: "ScannerAdfJam"}
    session = make_session(scanner, tmp_path / "scan", person=Person([Answer.DROP]))
    with pytest.raises(FeedFault, match="jammed"):
        list(session.run())
    assert session.pages == []
    assert list((tmp_path / "scan").iterdir()) == []


def test_a_sheet_of_which_one_side_was_read_is_read_anew(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.faults = {3: "ScannerAdfJam"}
    person = Person([Answer.CONTINUE], device.mend)
    session = make_session(scanner, tmp_path / "scan", DUPLEX, person)
    list(session.run())
    assert person.asked[0].withdraws == 1
    sizes = [(210, 290), (210, 290), (140, 210), (140, 210), (210, 350), (210, 350)]
    assert millimetres(session.pages) == sizes
    assert [page.number for page in session.pages] == [1, 2, 3, 4, 5, 6]


def test_an_empty_feeder_is_told_before_and_can_be_filled(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.sheets = []
    with pytest.raises(FeedFault, match="feeder is empty"):
        list(make_session(scanner, tmp_path / "one").run())
    person = Person([Answer.CONTINUE], lambda: device.sheets.append(Sheet()))
    assert len(list(make_session(scanner, tmp_path / "two", person=person).run())) == 1


def test_a_scanner_that_takes_its_time_is_waited_for(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    """503 until the page is read; and 404 from those that are asked too soon, though their job goes on."""
    device.busy, device.hasty = 2, 2
    assert len(list(make_session(scanner, tmp_path / "scan").run())) == 3


@pytest.mark.parametrize(("busy", "hasty"), [(2, 0), (0, 2)])
def test_one_sheet_leaves_the_feeder_empty_while_it_is_read(
    device: EsclDevice, scanner: Scanner, tmp_path: Path, busy: int, hasty: int
) -> None:
    device.sheets, device.busy, device.hasty = [Sheet()], busy, hasty
    assert len(list(make_session(scanner, tmp_path / "scan").run())) == 1


@pytest.mark.parametrize("location", ["{path}", "http://printer.invalid:9{path}", "{root}{path}/", "ScanJobs/1"])
def test_whatever_host_a_job_is_said_to_be_on_the_scanner_itself_is_asked(
    device: EsclDevice, scanner: Scanner, tmp_path: Path, location: str
) -> None:
    device.location = location
    assert len(list(make_session(scanner, tmp_path / "scan").run())) == 3


def test_who_cancels_ends_the_job_at_the_scanner(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    stop = threading.Event()
    session = ScanSession(scanner, FEEDER, ScanOptions(tmp_path, limits=LIMITS, stop=stop))
    with pytest.raises(ScanCanceled):
        for _page in session.run():
            stop.set()
    assert device.asked[-1] == "DELETE 1"
    assert list(tmp_path.iterdir()) == []


def test_who_cancels_does_not_wait_for_a_slow_page(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    stop = threading.Event()

    def creep() -> Iterator[bytes]:
        yield b"\xff\xd8"
        stop.set()
        while device.asked[-1] != "DELETE 1":
            threading.Event().wait(0.02)
        yield b"\xff\xd9"

    device.answers["NextDocument"] = [Reply(body=creep(), media_type="image/jpeg")]
    session = ScanSession(scanner, FEEDER, ScanOptions(tmp_path, limits=LIMITS, stop=stop))
    with pytest.raises(ScanCanceled):
        list(session.run())
    assert device.asked[-1] == "DELETE 1"
    assert list(tmp_path.iterdir()) == []


def test_who_looks_away_ends_the_job_at_the_scanner(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    pages = make_session(scanner, tmp_path / "scan").run()
    next(pages)
    pages.close()
    assert device.asked[-1] == "DELETE 1"


def test_a_scanner_at_work_for_others_says_so(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.jobs["/eSCL/ScanJobs/1"] = Job("/eSCL/ScanJobs/1", True, False, 75, "RGB24", 2550, 3300)
    session = ScanSession(scanner, FEEDER, ScanOptions(tmp_path, limits=replace(LIMITS, answer_seconds=5.0)))
    with pytest.raises(ScannerBusy, match="somebody else"):
        list(session.run())
    assert device.asked.count("POST ScanJobs") > 1  # it could have been at the end of its job


def test_a_page_may_take_longer_than_an_answer(device: EsclDevice, scanner: Scanner, tmp_path: Path) -> None:
    device.hold, limits = 5.5, replace(LIMITS, answer_seconds=5.0)
    session = ScanSession(scanner, ScanJob(Source.PLATEN, resolution=75), ScanOptions(tmp_path, limits=limits))
    assert len(list(session.run())) == 1


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (ScanJob(Source.ADF, resolution=240), "cannot scan 240 dpi from its adf: it can 75, 100, 300"),
        (ScanJob(Source.PLATEN, True, 75), "scan one side"),
        (ScanJob(Source.ADF, size=(29700, 42000)), "largest page of Test Copier 7 is 216 by 356 mm"),
    ],
)
def test_what_it_cannot_do_is_refused_before_paper_moves(
    device: EsclDevice, scanner: Scanner, tmp_path: Path, job: ScanJob, words: str
) -> None:
    with pytest.raises(SettingRefused, match=words):
        list(make_session(scanner, tmp_path / "scan", job).run())
    assert device.jobs == {}


def test_a_scanner_that_is_not_there_is_told(tmp_path: Path) -> None:
    with run_escl_device() as device:
        scanner = open_scanner(device.uri, limits=LIMITS)
    with pytest.raises(ScannerUnreachable, match="does not answer: Connection refused"):
        list(make_session(scanner, tmp_path / "scan").run())
