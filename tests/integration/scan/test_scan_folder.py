"""A watched folder as feeder: whole files only, in order, taken once, nothing overwritten (D7)."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest
from PIL import Image

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Limits, ScanJob
from distwire.scan.faults import BrokenAnswer, FeedFault, LimitExceeded, SettingRefused
from distwire.scan.output import write_pages
from distwire.scan.session import Answer, ScanOptions, ScanSession
from tests.support.feeding import lay_file, make_feeder
from tests.support.scanning import LIMITS, Person, make_session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "feeder"
    made.mkdir()
    return made


def _widths(session: ScanSession) -> list[int]:
    return [round(page.look.size[0] / 100) for page in session.run()]


def _session(folder: Path, person: Person | None = None) -> ScanSession:
    return make_session(make_feeder(folder), folder.parent / "scan", ScanJob(), person)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_become_pages_in_the_order_of_their_names(folder: Path) -> None:
    lay_file(folder / "b.tif", 140, 150)
    lay_file(folder / "a.jpg", 120)
    lay_file(folder / "c.png", 160)
    assert _widths(_session(folder)) == [120, 140, 150, 160]
    assert _names(folder) == ["done"]
    assert _names(folder / "done") == ["a.jpg", "b.tif", "c.png"]


def test_what_is_in_done_is_never_overwritten(folder: Path) -> None:
    for width in (120, 130, 140):
        lay_file(folder / "page.jpg", width)
        assert _widths(_session(folder)) == [width]
    assert _names(folder / "done") == ["page-2.jpg", "page-3.jpg", "page.jpg"]
    again = make_feeder(folder / "done")
    assert sorted(_widths(make_session(again, folder.parent / "again", ScanJob()))) == [120, 130, 140]


def test_a_file_that_is_still_being_written_is_waited_for(folder: Path, tmp_path: Path) -> None:
    whole = lay_file(tmp_path / "whole.jpg", 120).read_bytes()
    growing = folder / "page.jpg"
    growing.write_bytes(whole[:100])

    def write_on() -> None:
        for start in range(100, len(whole), 800):
            threading.Event().wait(0.15)  # longer than the feeder waits for one that is whole
            with growing.open("ab") as file:
                file.write(whole[start : start + 800])

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        assert _widths(_session(folder)) == [120]
    finally:
        writer.join()
    assert (folder / "done" / "page.jpg").read_bytes() == whole


def test_a_file_that_nobody_finishes_is_put_aside(folder: Path, tmp_path: Path) -> None:
    whole = lay_file(tmp_path / "whole.jpg", 120).read_bytes()
    (folder / "a.jpg").write_bytes(whole[:500])
    lay_file(folder / "b.jpg", 130)
    with pytest.raises(BrokenAnswer, match=r"a\.jpg is no whole picture"):
        list(_session(folder).run())
    assert _names(folder) == ["b.jpg", "refused"]
    assert _widths(_session(folder)) == [130]


def test_a_file_that_only_looks_whole_is_told(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"\xff\xd8" + bytes(500) + b"\xff\xd9")
    with pytest.raises(BrokenAnswer, match="damaged"):
        list(_session(folder).run())
    assert _names(folder / "done") == ["a.jpg"]


def test_links_hidden_files_and_other_kinds_are_left_alone(folder: Path, tmp_path: Path) -> None:
    secret = lay_file(tmp_path / "secret.jpg", 120)
    (folder / "link.jpg").symlink_to(secret)
    lay_file(folder / ".part.jpg", 120)
    lay_file(folder / "~lock.jpg", 120)
    (folder / "notes.txt").write_text("no page")
    os.mkfifo(folder / "pipe.jpg")
    with pytest.raises(FeedFault, match="feeder is empty"):
        list(_session(folder).run())
    assert len(_names(folder)) == 5


def test_an_empty_folder_can_be_filled(folder: Path) -> None:
    person = Person([Answer.CONTINUE], lambda: lay_file(folder / "late.jpg", 120) and None)
    assert _widths(_session(folder, person)) == [120]


def test_two_feeders_of_one_folder_take_each_file_once(folder: Path, tmp_path: Path) -> None:
    widths = list(range(100, 220, 10))
    for width in widths:
        lay_file(folder / f"{width}.jpg", width)
    sessions = [make_session(make_feeder(folder), tmp_path / f"scan-{number}", ScanJob()) for number in range(2)]
    found: list[int] = []

    def take(session: ScanSession) -> None:
        with contextlib.suppress(FeedFault):  # the other one was quicker each time
            found.extend(_widths(session))

    threads = [threading.Thread(target=take, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == widths
    # Who comes second to a name takes another, also where the first has then lost the file.
    assert sorted(int(name[:3]) for name in _names(folder / "done")) == widths


def test_a_file_that_is_too_large_is_put_aside(folder: Path) -> None:
    lay_file(folder / "a.png", 210)
    folder.parent.joinpath("scan").mkdir()
    options = ScanOptions(folder.parent / "scan", limits=Limits(page_octets=100))
    with pytest.raises(LimitExceeded, match="larger than"):
        list(ScanSession(make_feeder(folder), ScanJob(), options).run())
    assert _names(folder / "refused") == ["a.png"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="is no folder"):
        list(make_session(open_scanner(f"folder:{tmp_path}/none"), tmp_path / "scan", ScanJob()).run())


def test_pages_of_a_pdf_are_drawn(folder: Path) -> None:
    lay_file(folder / "a.pdf", 120, 130, 140)
    session = make_session(make_feeder(folder), folder.parent / "scan", ScanJob(resolution=100), remove_blank=True)
    assert _widths(session) == [120, 130, 140]
    assert {page.look.resolution for page in session.pages} == {(100.0, 100.0)}
    assert [page.raw.path.suffix for page in session.pages] == [".png"] * 3
    write_pages(session.pages, folder / "out.tif")
    with Image.open(folder / "out.tif") as image:
        assert image.n_frames == 3


@pytest.mark.parametrize("end", [b"", b"%%EOF"])
def test_a_pdf_that_is_none_is_told(folder: Path, end: bytes) -> None:
    (folder / "a.pdf").write_bytes(b"%PDF-1.7\n" + bytes(300) + end)
    with pytest.raises(BrokenAnswer, match=r"damaged, or needs a password|no whole picture"):
        list(_session(folder).run())
    assert [path.name for path in folder.parent.joinpath("scan").iterdir()] == []


def test_frames_of_one_file_count_as_pages(folder: Path) -> None:
    lay_file(folder / "long.tif", *range(100, 170))
    session = _session(folder)
    assert len(list(session.run())) == LIMITS.pages
    assert isinstance(session.stopped_by, LimitExceeded)
