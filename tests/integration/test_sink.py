"""The sink of the benchmarks takes what an IPP client sends, in every framing, and counts it truly."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp_description import REQUESTED, read_capabilities
from distwire.ipp import Message, Operation, Status, attribute, decode_message, encode_message, make_message
from distwire.ipp.body import DocumentFile
from distwire.ipp.client import IppClient
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, keyword, mime_type, name, uri
from tests.support.cupsd import run_cups_server
from tests.support.documents import make_pdf
from tests.support.floor import measure_floor
from tests.support.ippwire import ask
from tests.support.sink import RASTER_ONLY, Sink, run_sink

DOCUMENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(DOCUMENT).hexdigest()


@pytest.fixture(scope="module")
def running() -> Iterator[Sink]:
    with run_sink() as sink:
        yield sink


@pytest.fixture
def sink(running: Sink) -> Sink:
    running.reset()
    return running


@pytest.fixture
def document(tmp_path: Path) -> DocumentFile:
    path = tmp_path / "document.pdf"
    path.write_bytes(DOCUMENT)
    return DocumentFile(path, len(DOCUMENT))


def make_request(sink: Sink, operation: int, number: int = 1, **extra: int) -> bytes:
    attributes = (attribute("printer-uri", uri(sink.uri(number))), attribute("job-name", name("raw")))
    job = tuple(attribute(key.replace("_", "-"), integer(value)) for key, value in extra.items())
    return encode_message(make_message(operation, 7, (*attributes, *job)))


def read_answer(stream: socket.socket) -> Message:
    """One HTTP answer; what stands behind it stays."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.recv(1)
        assert byte, f"the connection ended: {head!r}"
        head += byte
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    body = b""
    while left > len(body):
        body += stream.recv(left - len(body))
    return decode_message(body)[0]


def open_raw(sink: Sink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", sink.port), 60)


async def test_our_client_prints_in_two_steps_over_one_connection(sink: Sink, document: DocumentFile) -> None:
    client, endpoint = IppClient(), Endpoint(sink.uri(3))
    try:
        described = await client.get_printer_attributes(endpoint, REQUESTED)
        operation = [attribute("requesting-user-name", name("me")), attribute("job-name", name("two steps"))]
        created = await client.create_job(endpoint, operation, ())
        assert created.job.integer("job-state") == JobState.PENDING
        number = created.job.integer("job-id")
        assert number is not None
        sent = await client.send_document(
            endpoint, number, [attribute("document-format", mime_type("application/pdf"))], document
        )
        assert (sent.code, sent.job.integer("job-state")) == (Status.OK, JobState.COMPLETED)
        seen = await client.get_job_attributes(endpoint, number, "me", ("all",))
        listed = await client.get_jobs(endpoint, "me", "completed", 10, ("all",))
        waiting = await client.get_jobs(endpoint, "me", "not-completed", 10, ("all",))
        too_late = await client.cancel_job(endpoint, number, "me")
    finally:
        await client.close()
    capabilities = read_capabilities(described.printer)
    assert described.printer.string("printer-uri-supported") == sink.uri(3)
    assert "application/pdf" in capabilities.formats
    assert capabilities.media_sizes["iso_a4_210x297mm"] == (21000, 29700)
    assert seen.job.string("job-name") == "two steps"
    assert [job.integer("job-id") for job in listed.jobs] == [number]
    assert not waiting.jobs
    assert too_late.code == Status.NOT_POSSIBLE
    stats = sink.stats()
    assert stats["digests"] == {DIGEST: 1}
    assert (stats["documents"], stats["bytes"], stats["connections"], stats["requests"]) == (1, len(DOCUMENT), 1, 7)
    assert sink.first_seen(3) is not None
    assert sink.first_seen(4) is None


async def test_print_job_counts_by_printer_and_a_second_copy_shows(sink: Sink, document: DocumentFile) -> None:
    client = IppClient()
    try:
        for number in (1, 2, 2):
            answer = await client.print_job(Endpoint(sink.uri(number)), (), (), document)
            assert answer.job.integer("job-state") == JobState.COMPLETED
    finally:
        await client.close()
    stats = sink.wait(3)
    assert (stats["documents"], stats["printers"], stats["twice"], stats["distinct_digests"]) == (3, 2, 1, 1)
    assert stats["first_request_at"] <= stats["last_document_at"] <= time.monotonic()


def test_a_printer_knows_only_its_own_jobs(sink: Sink) -> None:
    number = ask(sink.uri(1), Operation.CREATE_JOB).job.integer("job-id")
    assert number is not None
    asked = attribute("job-id", integer(number))
    last = attribute("last-document", boolean(True))
    assert ask(sink.uri(2), Operation.GET_JOB_ATTRIBUTES, asked).code == Status.NOT_FOUND
    assert ask(sink.uri(2), Operation.SEND_DOCUMENT, asked, last, document=b"x").code == Status.NOT_FOUND
    by_uri = ask(sink.uri(1), Operation.GET_JOB_ATTRIBUTES, attribute("job-uri", uri(f"{sink.uri(1)}/{number}")))
    assert by_uri.job.integer("job-id") == number
    assert ask(sink.uri(1), Operation.CANCEL_JOB, asked).code == Status.OK
    canceled = ask(sink.uri(1), Operation.GET_JOBS, attribute("which-jobs", keyword("completed")))
    assert canceled.jobs[0].integer("job-state") == JobState.CANCELED
    assert ask(sink.uri(1), Operation.SEND_DOCUMENT, asked, last, document=b"x").code == Status.NOT_POSSIBLE
    assert ask(sink.uri(1), Operation.VALIDATE_JOB).code == Status.OK
    assert ask(sink.uri(1), Operation.PAUSE_PRINTER).code == Status.OPERATION_NOT_SUPPORTED
    assert sink.stats()["documents"] == 0


@pytest.mark.parametrize("step", [1, 7, 4096, 1 << 20])
def test_chunked_with_expect_arrives_in_any_pieces(sink: Sink, step: int) -> None:
    head = make_request(sink, Operation.PRINT_JOB)
    document = DOCUMENT if step > 100 else DOCUMENT[:3000]
    body = head + document
    framed = b"".join(
        b"%x;note=1\r\n%b\r\n" % (len(piece), piece)
        for piece in (body[at : at + 1000] for at in range(0, len(body), 1000))
    )
    with open_raw(sink) as stream:
        stream.sendall(
            b"POST /ipp/print/0001 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        )
        assert stream.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        framed += b"0\r\nTrailer: too\r\n\r\n"
        for at in range(0, len(framed), step):
            stream.sendall(framed[at : at + step])
        answer = read_answer(stream)
        assert (answer.code, answer.request_id) == (Status.OK, 7)
    assert sink.stats()["digests"] == {hashlib.sha256(document).hexdigest(): 1}


def test_requests_that_lie_together_are_answered_in_order(sink: Sink) -> None:
    """A head in the same segment as the document before it is no part of that document."""
    requests = b""
    for operation, tail in (
        (Operation.PRINT_JOB, b"one"),
        (Operation.VALIDATE_JOB, b""),
        (Operation.PRINT_JOB, b"two"),
    ):
        body = make_request(sink, operation) + tail
        requests += b"POST /ipp/print/0001 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with open_raw(sink) as stream:
        stream.sendall(requests)
        states = [read_answer(stream).job.integer("job-state") for _ in range(3)]
    assert states == [JobState.COMPLETED, None, JobState.COMPLETED]
    assert set(sink.stats()["digests"]) == {hashlib.sha256(word).hexdigest() for word in (b"one", b"two")}


def test_a_document_that_breaks_off_is_counted_as_broken_only(sink: Sink) -> None:
    body = make_request(sink, Operation.PRINT_JOB) + DOCUMENT
    with open_raw(sink) as stream:
        stream.sendall(
            b"POST /ipp/print/0001 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (len(body) + 1) + body
        )
    deadline = time.monotonic() + 30
    while not (stats := sink.stats())["broken"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (stats["broken"], stats["documents"]) == (1, 0)


def test_what_is_no_request_is_refused(sink: Sink) -> None:
    with open_raw(sink) as stream:
        stream.sendall(b"POST /ipp/print/0001 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nnonsense!")
        assert read_answer(stream).code == Status.BAD_REQUEST
    with open_raw(sink) as stream:
        stream.sendall(b"POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert stream.recv(100).startswith(b"HTTP/1.1 404 ")
        assert stream.recv(100) == b""


def test_the_floor_reaches_every_printer_once(sink: Sink, tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(DOCUMENT)
    assert measure_floor(sink.port, 1, 20, path)["ok"] == 20
    stats = sink.stats()
    assert (stats["documents"], stats["printers"], stats["twice"], stats["connections"]) == (20, 20, 0, 20)
    assert stats["operations"] == {"Print-Job": 20}
    assert stats["digests"] == {DIGEST: 20}


def test_waiting_ends_also_when_nothing_comes(sink: Sink) -> None:
    with pytest.raises(TimeoutError, match="0 of 1 documents"):
        sink.wait(1, 0.1)


@pytest.mark.real
@pytest.mark.parametrize("formats", [None, RASTER_ONLY])
def test_cups_makes_a_driverless_queue_of_it_and_prints(formats: tuple[str, ...] | None, tmp_path: Path) -> None:
    """What CUPS takes for an IPP Everywhere printer is one."""
    path = make_pdf(tmp_path / "page.pdf")
    with run_sink(formats) if formats else run_sink() as sink, run_cups_server() as cups:
        cups.run("lpadmin", "-p", "everywhere", "-E", "-v", sink.uri(1), "-m", "everywhere")
        deadline = time.monotonic() + 60
        while not (cups.home / "etc" / "ppd" / "everywhere.ppd").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CUPS_SERVER", str(cups.socket))
            subprocess.run(["lp", "-s", "-d", "everywhere", path], check=True, timeout=60)
        assert sink.wait(1, 120)["documents"] == 1
