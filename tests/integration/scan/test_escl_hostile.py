"""Scanners that lie: a clear error, bounded memory, and no way to another host (N4)."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Limits
from distwire.scan.faults import BrokenAnswer, LimitExceeded, ScanError, ScannerUnreachable
from distwire.scan.session import Answer, ScanOptions, ScanSession
from tests.support.escl_device import CAPABILITIES, EsclDevice, Reply, Sheet, run_escl_device
from tests.support.scanning import FEEDER, LIMITS, Person, make_session

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<ScannerCapabilities><MakeAndModel>&b;</MakeAndModel></ScannerCapabilities>"
)
STEAL = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    "<ScannerCapabilities><MakeAndModel>&f;</MakeAndModel></ScannerCapabilities>"
)


@pytest.fixture
def device() -> Iterator[EsclDevice]:
    with run_escl_device() as made:
        made.sheets = [Sheet(), Sheet(), Sheet()]
        yield made


def _jpeg(width: int = 60, height: int = 80) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), "white").save(out, "JPEG")
    return out.getvalue()


def _huge_jpeg() -> bytes:
    """A small file that says it is 60,000 by 60,000 pixels."""
    data = bytearray(_jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xea\x60\xea\x60"
    return bytes(data)


def _page(body: bytes | Iterator[bytes], **more: int) -> Reply:
    return Reply(body=body, media_type="image/jpeg", **more)


def _scan(device: EsclDevice, folder: Path, limits: Limits = LIMITS) -> ScanSession:
    folder.mkdir(exist_ok=True)
    session = ScanSession(open_scanner(device.uri, limits=limits), FEEDER, ScanOptions(folder, limits=limits))
    list(session.run())
    return session


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>hello</html>", "sends <html> where the standard asks for <ScannerCapabilities>"),
        (b"<scan:Scanner", "is no XML"),
        (b"", "is no XML"),
        (b"\xff\xfe\x00\x01", "is no XML"),
        (BOMB.encode(), "declares a document type"),
        (STEAL.encode(), "declares a document type"),
        (b"<ScannerCapabilities>" + b"<a>" * 400 + b"</a>" * 400 + b"</ScannerCapabilities>", "is no XML"),
        (b"<ScannerCapabilities/>", "names neither a platen nor a feeder"),
    ],
)
def test_wrong_xml_is_told(device: EsclDevice, tmp_path: Path, answer: bytes, words: str) -> None:
    device.answers["ScannerCapabilities"] = [Reply(body=answer)]
    with pytest.raises(ScanError, match=words):
        _scan(device, tmp_path)


def test_an_endless_description_is_cut_off(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["ScannerCapabilities"] = [Reply(body=itertools.repeat(b"<a>" * 9999))]
    with pytest.raises(LimitExceeded, match="larger than 1 MB"):
        _scan(device, tmp_path)


@pytest.mark.parametrize("name", ["ScannerCapabilities", "ScanJobs", "NextDocument"])
@pytest.mark.parametrize("status", [301, 302, 307])
def test_nobody_is_sent_elsewhere(device: EsclDevice, tmp_path: Path, name: str, status: int) -> None:
    device.answers[name] = [Reply(status, headers=(("Location", "http://127.0.0.1:1/internal"),))]
    with pytest.raises(BrokenAnswer, match=r"sends on to http://127\.0\.0\.1:1/internal"):
        _scan(device, tmp_path)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(201), "does not say where its pages are"),
        (Reply(201, headers=(("Location", "http://[::1"),)), "no URI"),
        (Reply(201, headers=(("Location", "/" + "a" * 5000),)), "endless URI"),
        (Reply(500), "refuses the job: it answers 500"),
        (Reply(401), "wants a password"),
    ],
)
def test_a_job_that_cannot_be_made_is_told(device: EsclDevice, tmp_path: Path, reply: Reply, words: str) -> None:
    device.answers["ScanJobs"] = [reply]
    with pytest.raises(BrokenAnswer, match=words):
        _scan(device, tmp_path)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_page(_huge_jpeg()), "far too many pixels"),
        (_page(_jpeg(3000, 3000)), "3000 by 3000 pixels is more than 4 million"),
        (_page(_jpeg()[:200]), "came damaged"),
        (_page(b"GIF89a" + bytes(100)), "came damaged"),
        (_page(b""), "came damaged"),
        (Reply(body=b"%PDF-1.7"), "sends text/xml; JPEG was asked for"),
        (_page(itertools.repeat(b"\xff" * 65536)), "more than 4 MB"),
        (Reply(418), "answers 418"),
    ],
)
def test_a_page_that_is_none_is_told_and_nothing_is_left(
    device: EsclDevice, tmp_path: Path, reply: Reply, words: str
) -> None:
    device.answers["NextDocument"] = [reply]
    with pytest.raises(BrokenAnswer, match=words):
        _scan(device, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_is_cut_off_is_not_kept_and_the_rest_can_be_scanned(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["NextDocument"] = [_page(_jpeg()), _page(_jpeg()[:300], length=9000)]
    person = Person([Answer.CONTINUE], device.answers.clear)
    session = make_session(open_scanner(device.uri, limits=LIMITS), tmp_path / "scan", person=person)
    assert len(list(session.run())) == 3
    assert isinstance(person.asked[0].error, ScannerUnreachable)
    assert len(list((tmp_path / "scan").iterdir())) == 3


def test_a_broken_page_in_the_middle_keeps_what_was_before(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["NextDocument"] = [_page(_jpeg()), _page(_huge_jpeg())]
    person = Person([Answer.END])
    session = make_session(open_scanner(device.uri, limits=LIMITS), tmp_path / "scan", person=person)
    assert len(list(session.run())) == 1
    assert not person.asked[0].may_continue
    assert isinstance(session.stopped_by, LimitExceeded)


def test_endless_pages_end_at_the_limit(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["NextDocument"] = [_page(_jpeg())]
    limits = Limits(pages=5, answer_seconds=10)
    session = _scan(device, tmp_path, limits)
    assert len(session.pages) == 5
    assert "no more than 5 are taken" in str(session.stopped_by)


def test_many_small_pages_end_at_the_limit_of_all(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["NextDocument"] = [_page(_jpeg())]
    session = _scan(device, tmp_path, Limits(total_octets=3 * len(_jpeg()), answer_seconds=10))
    assert len(session.pages) == 3
    assert len(list(tmp_path.iterdir())) == 3
    assert isinstance(session.stopped_by, LimitExceeded)


def test_a_scanner_that_drips_is_cut_off(device: EsclDevice, tmp_path: Path) -> None:
    def drip() -> Iterator[bytes]:
        while True:
            yield b" "
            wait.wait(0.05)

    wait = threading.Event()
    device.answers["ScannerCapabilities"] = [Reply(body=drip())]
    with pytest.raises(LimitExceeded, match=r"took longer than 0\.5 s"):
        _scan(device, tmp_path, Limits(answer_seconds=0.5))


def test_a_scanner_that_is_never_ready_is_given_up(device: EsclDevice, tmp_path: Path) -> None:
    device.answers["NextDocument"] = [Reply(503, headers=(("Retry-After", "0"),))]
    with pytest.raises(LimitExceeded, match="no page ready"):
        _scan(device, tmp_path, Limits(page_seconds=0.5))


def test_another_makers_namespaces_and_profiles_by_name_are_read(device: EsclDevice) -> None:
    text = CAPABILITIES.replace("imaging/escl/2011/05/03", "imaging/escl/2019/01/01").replace("scan:", "x:")
    text = text.replace("xmlns:scan", "xmlns:x")
    device.answers["ScannerCapabilities"] = [Reply(body=text.encode())]
    assert len(open_scanner(device.uri).describe().sources) == 2
