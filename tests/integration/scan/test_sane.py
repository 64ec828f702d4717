"""SANE scanners through `scanimage`: its `test` backend, and `sane-airscan` at an eSCL device (D7)."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Color, Limits, ScanJob, Source
from distwire.scan.faults import Fault, FeedFault, LimitExceeded, ScannerUnreachable, SettingRefused
from distwire.scan.sane import child
from distwire.scan.session import Answer, ScanOptions, ScanSession
from tests.support.escl_device import Sheet, run_escl_device
from tests.support.sane import TEST_DEVICE, jam_once, use_airscan, use_test_backend
from tests.support.scanning import LIMITS, Person, make_session, millimetres

pytestmark = pytest.mark.real
SMALL = ScanJob(Source.ADF, resolution=50, size=(5000, 6000))


def test_a_device_says_what_it_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    can = open_scanner(TEST_DEVICE).describe()
    platen, feeder = can.sources
    assert (platen.source, feeder.source, feeder.duplex) == (Source.PLATEN, Source.ADF, False)
    assert (feeder.resolutions.low, feeder.resolutions.high, feeder.size) == (1, 1200, (20000, 20000))
    assert set(feeder.colors) == set(Color)


def test_the_feeder_is_read_until_it_is_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    session = make_session(open_scanner(TEST_DEVICE), tmp_path / "100 % scan", SMALL)
    pages = list(session.run())
    assert [page.number for page in pages] == list(range(1, 11))
    assert {page.look.resolution for page in pages} == {(50.0, 50.0)}
    assert set(millimetres(pages)) == {(50, 60)}
    assert session.stopped_by is None


def test_the_platen_gives_one_page_in_colour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    job = ScanJob(resolution=100, color=Color.COLOR)  # the platen, as SANE tells of no paper
    (page,) = make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", job).run()
    assert (page.look.mode, page.look.blank) == ("RGB", False)
    assert page.look.size == (19990, 19990)


@pytest.mark.parametrize(
    ("status", "fault"), [("JAMMED", Fault.JAM), ("COVER_OPEN", Fault.COVER_OPEN), ("NO_DOCS", Fault.FEEDER_EMPTY)]
)
def test_faults_are_told_in_the_fields_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: str, fault: Fault
) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane", read_status_code=f'"SANE_STATUS_{status}"')
    with pytest.raises(FeedFault) as raised:
        list(make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", SMALL).run())
    assert raised.value.fault is fault


def test_a_device_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane", read_status_code='"SANE_STATUS_IO_ERROR"')
    with pytest.raises(ScannerUnreachable, match="see its cable"):
        list(make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", SMALL).run())


def test_after_a_jam_the_scan_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    jam_once(monkeypatch, tmp_path / "shim", 3)
    person = Person([Answer.CONTINUE])
    session = make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", SMALL, person)
    assert [page.number for page in session.run()] == list(range(1, 14))
    assert [(asked.pages, asked.may_continue) for asked in person.asked] == [(3, True)]
    assert len({page.raw.path for page in session.pages}) == 13


def test_after_a_jam_the_scan_can_end_or_be_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    jam_once(monkeypatch, tmp_path / "one", 2)
    session = make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", SMALL, Person([Answer.END]))
    assert len(list(session.run())) == len(session.pages) == 2
    jam_once(monkeypatch, tmp_path / "two", 2)
    dropped = make_session(open_scanner(TEST_DEVICE), tmp_path / "dropped", SMALL, Person([Answer.DROP]))
    with pytest.raises(FeedFault):
        list(dropped.run())
    assert list((tmp_path / "dropped").glob("*.tif")) == []


def test_who_takes_long_over_a_page_is_no_slow_scanner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As while somebody makes room in a full memory."""
    use_test_backend(monkeypatch, tmp_path / "sane")
    ahead = 0.0
    monkeypatch.setattr(child, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
    session = make_session(open_scanner(TEST_DEVICE), tmp_path / "scan", SMALL)
    for page in session.run():
        ahead = page.number * 3600.0
    assert (len(session.pages), session.stopped_by) == (10, None)


def test_a_device_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    with pytest.raises(SettingRefused, match="scanimage -L"):
        open_scanner("sane:nowhere:0").describe()


def test_a_page_that_is_too_large_ends_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    limits = Limits(page_octets=20_000)
    job = ScanJob(Source.ADF, resolution=100, size=(10000, 10000))
    session = ScanSession(open_scanner(TEST_DEVICE), job, ScanOptions(tmp_path, limits=limits))
    with pytest.raises(LimitExceeded, match="page of more than"):
        list(session.run())


def test_an_endless_feeder_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    limits = Limits(pages=4)
    session = ScanSession(open_scanner(TEST_DEVICE), SMALL, ScanOptions(tmp_path, limits=limits))
    assert len(list(session.run())) == 4
    assert isinstance(session.stopped_by, LimitExceeded)


def test_airscan_brings_both_sides_of_pages_of_our_escl_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A foreign client at the device of the tests, and SANE's way of two-sided scanning."""
    with run_escl_device() as device:
        device.sheets = [Sheet(), Sheet()]
        scanner = open_scanner(use_airscan(monkeypatch, tmp_path / "sane", device.uri), limits=LIMITS)
        feeder = scanner.describe().find_source(Source.ADF)
        assert feeder is not None
        assert feeder.duplex
        assert feeder.resolutions.values == (75, 100, 300)
        session = make_session(scanner, tmp_path / "scan", ScanJob(Source.ADF, True, 75))
        assert len(list(session.run())) == 4
        assert device.sheets == []


def test_airscan_tells_of_a_jam_in_the_middle_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with run_escl_device() as device:
        device.sheets, device.faults = [Sheet(), Sheet(), Sheet()], {2: "ScannerAdfJam"}
        scanner = open_scanner(use_airscan(monkeypatch, tmp_path / "sane", device.uri), limits=LIMITS)
        person = Person([Answer.CONTINUE], device.mend)
        session = make_session(scanner, tmp_path / "scan", ScanJob(Source.ADF, resolution=75), person)
        assert len(list(session.run())) == 3
        (asked,) = person.asked
        assert isinstance(asked.error, FeedFault)
        assert asked.error.fault is Fault.JAM
