"""The device as the process it is: jobs in, pages out, true states, nothing lost and nothing half."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from distwire.ipp import Attribute, Group, Message, Operation, Status, attribute, encode_message, make_message
from distwire.ipp.enums import JobState, PrinterState
from distwire.ipp.values import boolean, integer, keyword, keywords, mime_type, name, uri
from tests.support.device import PATIENCE, RunningDevice, printed_jobs, start_device, wait_for_jobs
from tests.support.ippwire import ask

PDF = attribute("document-format", mime_type("application/pdf"))


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three pages, each with its number."""
    path = tmp_path_factory.mktemp("documents") / "three.pdf"
    drawing = canvas.Canvas(str(path), pagesize=(595.28, 841.89))
    for number in range(1, 4):
        drawing.setFont("Helvetica", 200)
        drawing.drawString(100, 400, str(number))
        drawing.showPage()
    drawing.save()
    return path.read_bytes()


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDevice]:
    """One device that many tests print on."""
    with start_device("everything", tmp_path_factory.mktemp("device") / "tray", name="本社 1階 複合機") as running:
        yield running
        assert running.stop() == 0


def title(text: str) -> Attribute:
    return attribute("job-name", name(text))


def job_of(device: RunningDevice, number: int | None) -> Group:
    assert number is not None
    return ask(device.uri, Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(number))).job


def state_of(device: RunningDevice, number: int | None) -> int | None:
    return job_of(device, number).integer("job-state")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited in vain for: {what}"
        time.sleep(0.05)


def wait_for_end(device: RunningDevice, number: int | None) -> Group:
    ended = (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED)
    wait_until(lambda: state_of(device, number) in ended, f"the end of job {number}")
    return job_of(device, number)


def print_pdf(device: RunningDevice, document: bytes, *asked: Attribute, job: tuple[Attribute, ...] = ()) -> Message:
    return ask(device.uri, Operation.PRINT_JOB, PDF, *asked, job=job, document=document)


def folder_of(device: RunningDevice, number: int | None) -> Path:
    (folder,) = device.tray.glob(f"{number:04d}-*")
    return folder


def test_print_job_lays_its_pages_into_the_tray(device: RunningDevice, pdf: bytes) -> None:
    """D11: what is sent is printed. Names in Japanese survive; counters and digest are true."""
    two_sided = attribute("sides", keyword("two-sided-long-edge"))
    answer = print_pdf(device, pdf, title("週報 4月／東京"), job=(attribute("copies", integer(2)), two_sided))
    assert answer.code == Status.OK
    job = wait_for_end(device, answer.job.integer("job-id"))
    assert job.integer("job-state") == JobState.COMPLETED
    assert job.strings("job-state-reasons") == ("job-completed-successfully",)
    assert job.string("job-name") == "週報 4月／東京"
    assert (job.string("job-uuid") or "").startswith("urn:uuid:")
    assert [job.integer(f"job-{what}") for what in ("impressions", "impressions-completed")] == [6, 6]
    assert job.integer("job-media-sheets-completed") == 4
    folder = folder_of(device, job.integer("job-id"))
    record = json.loads((folder / "job.json").read_text())
    expected = {
        "printer": "本社 1階 複合機",
        "job_name": "週報 4月／東京",
        "user": "tester",
        "state": "completed",
        "format": "application/pdf",
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "octets": len(pdf),
        "copies": 2,
        "sides": "two-sided-long-edge",
        "media": "iso_a4_210x297mm",
        "pages": 3,
        "impressions": 6,
        "sheets": 4,
    }
    assert {key: record[key] for key in expected} == expected
    assert [(page["sheet"], page["side"]) for page in record["page_files"]] == [(1, "front"), (1, "back"), (2, "front")]
    with Image.open(folder / "page-003.png") as page:
        assert page.size == (2480, 3508)


def test_create_job_and_send_document(device: RunningDevice, pdf: bytes) -> None:
    created = ask(device.uri, Operation.CREATE_JOB, title("in two steps"))
    assert (created.code, created.job.integer("job-state")) == (Status.OK, JobState.PENDING)
    assert "job-incoming" in created.job.strings("job-state-reasons")
    number = attribute("job-id", integer(created.job.integer("job-id") or 0))
    gzipped = attribute("compression", keyword("gzip"))
    missing = ask(device.uri, Operation.SEND_DOCUMENT, number, PDF, document=pdf)
    assert missing.code == Status.BAD_REQUEST
    last = attribute("last-document", boolean(True))
    sent = ask(device.uri, Operation.SEND_DOCUMENT, number, PDF, gzipped, last, document=gzip.compress(pdf))
    assert sent.code == Status.OK
    job = wait_for_end(device, created.job.integer("job-id"))
    assert job.integer("job-state") == JobState.COMPLETED
    again = ask(device.uri, Operation.SEND_DOCUMENT, number, PDF, last, document=pdf)
    assert again.code == Status.NOT_POSSIBLE


def test_a_job_has_one_document(device: RunningDevice, pdf: bytes) -> None:
    number = attribute("job-id", integer(ask(device.uri, Operation.CREATE_JOB).job.integer("job-id") or 0))
    more = attribute("last-document", boolean(False))
    assert ask(device.uri, Operation.SEND_DOCUMENT, number, PDF, more, document=pdf).code == Status.OK
    second = ask(device.uri, Operation.SEND_DOCUMENT, number, PDF, more, document=pdf)
    assert second.code == Status.MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED
    assert ask(device.uri, Operation.CLOSE_JOB, number).code == Status.OK
    (value,) = number.integers
    assert wait_for_end(device, value).integer("job-state") == JobState.COMPLETED


@pytest.mark.parametrize(
    ("document", "format", "reason"),
    [
        (b"%PDF-1.7\nno more than that", "application/pdf", "document-format-error"),
        (b"this is no picture", "image/jpeg", "document-format-error"),
        (b"RaS2" + bytes(5000), "image/pwg-raster", "document-format-error"),
        (b"UNIRAST\0" + b"\xff" * 5000, "image/urf", "document-format-error"),
        (b"?" * 5000, "application/octet-stream", "document-format-error"),
    ],
)
def test_a_broken_document_aborts_its_job_and_not_the_device(
    device: RunningDevice, document: bytes, format: str, reason: str
) -> None:
    format_ = attribute("document-format", mime_type(format))
    answer = ask(device.uri, Operation.PRINT_JOB, format_, document=document)
    job = wait_for_end(device, answer.job.integer("job-id"))
    assert job.integer("job-state") == JobState.ABORTED
    assert reason in job.strings("job-state-reasons")
    assert job.string("job-state-message")
    assert not list(device.tray.glob(f"{job.integer('job-id'):04d}-*"))


def test_what_the_printer_does_not_take_is_refused_beforehand(device: RunningDevice) -> None:
    word = attribute("document-format", mime_type("application/msword"))
    for operation in (Operation.PRINT_JOB, Operation.VALIDATE_JOB, Operation.CREATE_JOB):
        answer = ask(device.uri, operation, word)
        assert answer.code == Status.DOCUMENT_FORMAT_NOT_SUPPORTED
        assert answer.unsupported.string("document-format") == "application/msword"
    sides = attribute("sides", keyword("three-sided"))
    loose = ask(device.uri, Operation.VALIDATE_JOB, job=(sides,))
    assert loose.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    strict = ask(device.uri, Operation.VALIDATE_JOB, attribute("ipp-attribute-fidelity", boolean(True)), job=(sides,))
    assert strict.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert strict.unsupported.string("sides") == "three-sided"


def test_a_gzip_bomb_is_refused(device: RunningDevice) -> None:
    gzipped = attribute("compression", keyword("gzip"))
    bomb = gzip.compress(bytes(64 << 20))
    answer = ask(device.uri, Operation.PRINT_JOB, PDF, gzipped, document=bomb)
    assert answer.code == Status.REQUEST_ENTITY_TOO_LARGE
    assert not list((device.tray / ".state" / "spool").glob(".*.part"))


def test_other_printers_and_jobs_are_not_found(device: RunningDevice) -> None:
    elsewhere = device.uri.replace("/ipp/print", "/ipp/fax")
    assert ask(elsewhere, Operation.GET_PRINTER_ATTRIBUTES).code == Status.NOT_FOUND
    nobody = attribute("job-id", integer(999_999))
    assert ask(device.uri, Operation.CANCEL_JOB, nobody).code == Status.NOT_FOUND
    by_uri = ask(device.uri, Operation.GET_JOB_ATTRIBUTES, attribute("job-uri", uri(f"{device.uri}/999999")))
    assert by_uri.code == Status.NOT_FOUND


def test_garbage_at_the_door_leaves_the_device_well(device: RunningDevice) -> None:
    for garbage in (b"\0" * 4000, b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 50):
        with socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE) as line:
            line.sendall(garbage)
    assert ask(device.uri, Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK


def test_half_an_upload_leaves_nothing_behind(device: RunningDevice, pdf: bytes) -> None:
    request = make_message(Operation.PRINT_JOB, 3, (attribute("printer-uri", uri(device.uri)), PDF, title("half")))
    body = encode_message(request) + pdf
    head = (
        f"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", device.port), timeout=PATIENCE) as line:
        line.sendall(head.encode() + body[: len(body) // 2])
        wait_until(lambda: any(one["name"] == "half" for one in device.status()["jobs"]), "the job to begin")
    wait_until(lambda: device.status()["jobs"][0]["state"] == "aborted", "the job to be aborted")
    assert not list((device.tray / ".state" / "spool").glob(".*.part"))


def test_the_panel_shows_name_jobs_and_pages(device: RunningDevice, pdf: bytes) -> None:
    number = print_pdf(device, pdf, title("掲示")).job.integer("job-id")
    wait_for_end(device, number)
    with urlopen(device.url, timeout=PATIENCE) as page:
        assert page.headers["Content-Security-Policy"]
        assert b"/panel/status" in page.read()
    status = device.status()
    assert (status["name"], status["state"], status["paper"]) == ("本社 1階 複合機", "idle", True)
    assert status["jobs"][0]["name"] == "掲示"
    assert status["tray"][0]["title"] == "掲示"
    with urlopen(device.url + quote(status["tray"][0]["image"]), timeout=PATIENCE) as picture:
        assert picture.headers["Content-Type"] == "image/jpeg"
    for path in (
        "/panel/tray/../device.json",
        "/panel/tray/.state/page-001.png",
        "/panel/tray/%2e%2e/page-001.png",
        "/x",
    ):
        with pytest.raises(HTTPError, match="404"):
            urlopen(device.url + path, timeout=PATIENCE)


def test_the_switch_is_not_worked_from_a_foreign_page(device: RunningDevice) -> None:
    request = Request(f"{device.url}/panel/paper", b"paper=out", {"Origin": "http://evil.example"})
    with pytest.raises(HTTPError, match="403"):
        urlopen(request, timeout=PATIENCE)
    assert device.status()["paper"] is True


def test_out_of_paper_stops_a_job_that_goes_on_by_itself(tmp_path: Path, pdf: bytes) -> None:
    """Out of paper is waiting, not failure: true states and reasons on the way."""
    with start_device("pdf", tmp_path / "tray") as device:
        device.set_paper(False)
        wanted = attribute("requested-attributes", *keywords(("printer-state", "printer-state-reasons")))
        idle = ask(device.uri, Operation.GET_PRINTER_ATTRIBUTES, wanted).printer
        assert (idle.integer("printer-state"), idle.strings("printer-state-reasons")) == (3, ("media-empty",))
        number = print_pdf(device, pdf).job.integer("job-id")
        wait_until(lambda: state_of(device, number) == JobState.PROCESSING_STOPPED, "the job to stop")
        job = job_of(device, number)
        assert job.strings("job-state-reasons") == ("printer-stopped",)
        assert job.integer("job-impressions-completed") == 0
        stopped = ask(device.uri, Operation.GET_PRINTER_ATTRIBUTES, wanted).printer
        assert stopped.integer("printer-state") == PrinterState.STOPPED
        assert stopped.strings("printer-state-reasons") == ("media-empty",)
        assert not printed_jobs(device.tray)
        device.set_paper(True)
        assert wait_for_end(device, number).integer("job-state") == JobState.COMPLETED
        after = ask(device.uri, Operation.GET_PRINTER_ATTRIBUTES, wanted).printer
        assert after.strings("printer-state-reasons") == ("none",)


def test_paper_that_ends_in_the_middle(tmp_path: Path, pdf: bytes) -> None:
    with start_device("pdf", tmp_path / "tray", seconds_per_page=0.3) as device:
        number = print_pdf(device, pdf, job=(attribute("copies", integer(20)),)).job.integer("job-id")
        wait_until(lambda: (job_of(device, number).integer("job-impressions-completed") or 0) >= 1, "a page")
        device.set_paper(False)
        wait_until(lambda: state_of(device, number) == JobState.PROCESSING_STOPPED, "the job to stop")
        cancel = ask(device.uri, Operation.CANCEL_JOB, attribute("job-id", integer(number or 0)))
        assert cancel.code == Status.OK
        assert job_of(device, number).integer("job-state") == JobState.CANCELED
        (job,) = wait_for_jobs(device.tray, 1)
        assert (job.state, job.record["state_reasons"]) == ("canceled", ["job-canceled-by-user"])
        assert job.record["impressions"] >= 1
        assert len(job.pages) == job.record["pages"] > 0


def test_jobs_of_one_user_are_cancelled_and_listed(tmp_path: Path, pdf: bytes) -> None:
    with start_device("pdf", tmp_path / "tray") as device:
        device.set_paper(False)
        for user in ("tanaka", "suzuki", "tanaka"):
            assert ask(device.uri, Operation.PRINT_JOB, PDF, document=pdf, user=user).code == Status.OK
        assert ask(device.uri, Operation.CANCEL_MY_JOBS, user="tanaka").code == Status.OK

        def numbers(*asked: Attribute, user: str = "tester") -> list[int | None]:
            answer = ask(device.uri, Operation.GET_JOBS, *asked, user=user)
            return [job.integer("job-id") for job in answer.jobs]

        assert numbers() == [2]
        assert numbers(attribute("which-jobs", keyword("completed"))) == [3, 1]
        assert numbers(attribute("which-jobs", keyword("all")), attribute("limit", integer(2))) == [1, 2]
        assert numbers(attribute("my-jobs", boolean(True)), user="suzuki") == [2]
        held = attribute("job-id", integer(2))
        assert ask(device.uri, Operation.CANCEL_JOB, held).code == Status.OK
        assert ask(device.uri, Operation.CANCEL_JOB, held).code == Status.NOT_POSSIBLE


def test_a_held_job_waits_for_its_release(tmp_path: Path, pdf: bytes) -> None:
    with start_device("pdf", tmp_path / "tray") as device:
        hold = (attribute("job-hold-until", keyword("indefinite")),)
        number = print_pdf(device, pdf, job=hold).job.integer("job-id")
        assert state_of(device, number) == JobState.PENDING_HELD
        wait_for_end(device, print_pdf(device, pdf).job.integer("job-id"))
        assert state_of(device, number) == JobState.PENDING_HELD
        assert ask(device.uri, Operation.RELEASE_JOB, attribute("job-id", integer(number or 0))).code == Status.OK
        assert wait_for_end(device, number).integer("job-state") == JobState.COMPLETED


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_history_survives_a_restart_and_nothing_is_printed_twice(tmp_path: Path, pdf: bytes, end: str) -> None:
    """N4: an ended job stays ended, a waiting one is printed once, a half received one is aborted."""
    tray, state = tmp_path / "tray", tmp_path / "state"
    with start_device("pdf", tray, state=state) as device:
        done = print_pdf(device, pdf, title("done")).job.integer("job-id")
        wait_for_end(device, done)
        device.set_paper(False)
        waiting = print_pdf(device, pdf, title("waiting")).job.integer("job-id")
        wait_until(lambda: state_of(device, waiting) == JobState.PROCESSING_STOPPED, "the job to stop")
        half = ask(device.uri, Operation.CREATE_JOB, title("half")).job.integer("job-id")
        uuid = job_of(device, waiting).string("job-uuid")
        device.stop() if end == "stop" else device.kill()
    with start_device("pdf", tray, state=state) as device:
        assert device.status()["paper"] is False
        assert job_of(device, done).integer("job-state") == JobState.COMPLETED
        assert job_of(device, half).integer("job-state") == JobState.ABORTED
        assert job_of(device, waiting).string("job-uuid") == uuid
        device.set_paper(True)
        assert wait_for_end(device, waiting).integer("job-state") == JobState.COMPLETED
    assert [job.name for job in printed_jobs(tray)] == ["done", "waiting"]
    assert {path.name for path in tray.iterdir()} == {"0001-done", "0002-waiting"}


def test_a_port_that_is_taken_is_said_in_one_line(device: RunningDevice, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=f"cannot run on 127.0.0.1:{device.port}"):
        start_device("pdf", tmp_path / "tray", port=device.port)
