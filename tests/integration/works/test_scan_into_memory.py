"""Paper into the memory, page by page, over jams and full disks (SPEC D7): feeders of three kinds."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from distwire.tiff import PageFacts, Tone
from mfp_client.memory.records import StoredDocument
from mfp_client.works.faults import Busy, NotAsked, WrongWish
from mfp_client.works.person import Person
from tests.support.device_works import DeviceWorks, office_settings, run_works
from tests.support.escl_device import EsclDevice, Sheet, run_escl_device
from tests.support.feeding import lay_file
from tests.support.memory_pages import draw_page, files_of
from tests.support.patience import wait_until
from tests.support.sane import TEST_DEVICE, jam_once, use_test_backend

ANNA = Person("anna")
FEEDER = {"source": "adf", "resolution": 75}


@pytest.fixture
def device(tmp_path: Path) -> Iterator[DeviceWorks]:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder")) as works:
        yield works


def _facts(device: DeviceWorks, document: StoredDocument) -> list[PageFacts]:
    with device.memory.read(document) as file:
        return [page.facts for page in device.memory.pages(file, document)]


def _millimetres(device: DeviceWorks, document: StoredDocument) -> list[int]:
    """Widths of the pages, to the centimetre."""
    return [round(one.width / one.dpi[0] * 2.54) * 10 for one in _facts(device, document)]


def test_files_of_a_watched_folder_become_one_document(device: DeviceWorks) -> None:
    """Pages of files with several come one by one; a blank one is left out, and counted."""
    for name, widths in (("1.tif", (100, 120)), ("2.pdf", (140, 160)), ("3.jpg", (180,))):
        lay_file(device.feeder / f".{name}", *widths).rename(device.feeder / name)
    blank = Image.new("L", (620, 877), "white")
    blank.save(device.feeder / "4.png", dpi=(75, 75))
    device.start("store", ANNA, scan={**FEEDER, "remove_blank": True}, title="報告", private=True)
    task = device.wait("done", "failed")
    assert task.error is None
    assert task.scan is not None
    assert (task.scan.pages, task.scan.removed, len(task.pages)) == (5, 1, 5)
    [stored] = task.documents
    assert (stored.state, stored.pages, stored.draft.title, stored.draft.owner) == ("stored", 5, "報告", "anna")
    assert _millimetres(device, stored) == [100, 120, 140, 160, 180]
    assert list((device.home / "works" / "scans").iterdir()) == []
    large, small = (device.works.page_jpeg(3, size) for size in ("large", "small"))
    assert large[:2] == small[:2] == b"\xff\xd8"
    assert len(large) > len(small)


@pytest.mark.parametrize(("color", "tone"), [("bi-level", Tone.BILEVEL), ("monochrome", Tone.GREY)])
def test_pages_have_the_tone_and_the_resolution_that_were_asked_for(
    device: DeviceWorks, tmp_path: Path, color: str, tone: Tone
) -> None:
    """The eSCL device's JPEG says nothing of its resolution."""
    with run_escl_device() as escl, _at_escl(tmp_path, escl) as works:
        escl.sheets = [Sheet(100, 140)]
        works.start("store", ANNA, scan={**FEEDER, "resolution": 100, "color": color})
        [stored] = works.wait("done", "failed").documents
        assert stored.facts is not None
        assert (stored.facts.dpi, stored.facts.tone) == ((100.0, 100.0), tone)
        assert _millimetres(works, stored) == [100]


def _at_escl(tmp_path: Path, escl: EsclDevice):  # type: ignore[no-untyped-def]
    return run_works(tmp_path / "other", office_settings("", tmp_path / "feeder", scanners=(escl.uri,)))


_STATES = st.sampled_from(["ScannerAdfJam", "ScannerAdfMultipickDetected", "ScannerAdfHatchOpen"])
_BACKS = st.lists(st.sampled_from(["back", None]), min_size=1, max_size=3)


@settings(max_examples=8, deadline=None)
@given(_BACKS, st.dictionaries(st.integers(0, 5), _STATES, max_size=3), st.booleans(), st.booleans())
def test_each_side_is_stored_once_and_in_order_whatever_jams(
    backs: list[str | None], faults: dict[float, str], duplex: bool, remove_blank: bool
) -> None:
    sheets = [Sheet(100 + 20 * number, 200, back=back) for number, back in enumerate(backs)]
    sides = [(one.width, text) for one in sheets for text in ((one.front, one.back) if duplex else (one.front,))]
    wanted = [width for width, text in sides if text is not None or not remove_blank]
    with run_escl_device() as escl, tempfile.TemporaryDirectory() as folder, _at_escl(Path(folder), escl) as works:
        escl.sheets, escl.faults = list(sheets), dict(faults)
        works.start("store", ANNA, scan={**FEEDER, "duplex": duplex, "remove_blank": remove_blank})
        while works.wait("asking", "done", "failed").step == "asking":
            escl.mend()
            question = works.task.question
            works.works.answer("continue" if escl.sheets else "end")
            wait_until(lambda seen=question: works.task.question is not seen)  # type: ignore[misc]
        [stored] = works.task.documents
        assert _millimetres(works, stored) == wanted
        scan = works.task.scan
        assert scan is not None
        assert (scan.pages, scan.pages + scan.removed) == (len(wanted), len(sides))
        assert len(works.task.pages) == len(wanted)


@pytest.mark.real
@pytest.mark.parametrize(("answer", "pages"), [("continue", 13), ("end", 3), ("drop", 0)])
def test_a_jam_keeps_what_was_read_and_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, pages: int
) -> None:
    """SANE's test backend has ten sheets at each start."""
    use_test_backend(monkeypatch, tmp_path / "sane")
    jam_once(monkeypatch, tmp_path, 3)
    with run_works(tmp_path / "home", office_settings("", tmp_path, scanners=(TEST_DEVICE,))) as works:
        works.start("store", ANNA, scan={**FEEDER, "resolution": 50})
        task = works.wait("asking", "failed")
        assert task.question is not None
        assert (task.question.error, task.question.pages) == ("jam", 3)
        assert task.question.answers == ("continue", "end", "drop")
        with pytest.raises(WrongWish):
            works.works.answer("perhaps")
        works.works.answer(answer)
        task = works.wait("done", "failed")
        stored = works.memory.list_documents(ANNA.asker)
        assert [one.pages for one in stored] == ([pages] if pages else [])
        assert task.error is None if pages else task.error is not None and task.error.error == "jam"
        assert works.memory.list_unclosed(ANNA.asker) == []


def test_stop_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    with run_escl_device() as escl, _at_escl(tmp_path, escl) as works:
        escl.sheets, escl.hold = [Sheet() for _ in range(50)], 0.3
        works.start("store", ANNA, scan=FEEDER)
        wait_until(lambda: len(works.task.pages) > 2)
        with pytest.raises(Busy):
            works.start("copy", ANNA)
        works.works.stop()
        assert works.works.current is None
        with pytest.raises(NotAsked):
            works.works.need_task()
        wait_until(lambda: all(job.state == "Canceled" for job in escl.jobs.values()))
        assert works.memory.list_documents(ANNA.asker) == works.works.unfinished(ANNA.asker) == []
        assert files_of(works.home) == []


def test_who_walks_away_finds_the_document_again(device: DeviceWorks) -> None:
    """It is offered to its owner, who stores it without the paper."""
    with run_escl_device() as escl, _at_escl(device.home.parent, escl) as works:
        escl.sheets, escl.faults = [Sheet(100), Sheet(120), Sheet(140)], {2: "ScannerAdfJam"}
        works.start("store", ANNA, scan=FEEDER, title="early")
        works.wait("asking")
        works.works.leave()
        assert works.works.current is None
        [left] = works.works.unfinished(ANNA.asker)
        assert works.works.unfinished(Person("bob").asker) == []
        works.start("store", ANNA, unfinished=str(left.id))
        [stored] = works.wait("done", "failed").documents
        assert (stored.id, stored.state, stored.draft.title) == (left.id, "stored", "early")
        assert _millimetres(works, stored) == [100, 120]


def test_a_page_that_is_no_picture_is_told(device: DeviceWorks) -> None:
    (device.feeder / "1.jpg").write_bytes(b"\xff\xd8 not a picture at all \xff\xd9")
    device.start("store", ANNA)
    task = device.wait("failed", "asking")
    assert task.error is not None
    assert task.error.error == "broken-answer"
    assert files_of(device.home) == []


def test_an_empty_feeder_is_asked_about(device: DeviceWorks) -> None:
    device.start("store", ANNA)
    task = device.wait("asking")
    assert task.question is not None
    assert (task.question.error, task.question.answers) == ("feeder-empty", ("continue", "drop"))
    device.lay(draw_page("late"))
    device.works.answer("continue")
    assert device.wait("done", "failed").documents[0].pages == 1


def test_only_scanners_of_the_device_are_used(device: DeviceWorks) -> None:
    device.start("store", ANNA, scan={"scanner": "http://192.0.2.1/eSCL"})
    task = device.wait("failed")
    assert task.error is not None
    assert task.error.error == "no-scanner"


def test_a_key_that_is_pressed_twice_answers_once(device: DeviceWorks) -> None:
    """The second time nothing is asked any more, or something else."""
    device.start("store", ANNA)
    device.wait("asking")
    answered: list[object] = [device.task.question]
    for _ in range(3):
        with contextlib.suppress(NotAsked):
            answered.append(device.works.answer("continue").question)
    wait_until(lambda: all(device.task.question is not one for one in [None, *answered]))
    device.lay(draw_page("late"))
    device.works.answer("continue")
    assert device.wait("done", "failed").documents[0].pages == 1
