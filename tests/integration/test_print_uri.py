"""Print-URI and Send-URI, where they are allowed and where not (N1, D13; RFC 8011 §4.2.2, §4.3.2)."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distwire.ipp import MEDIA_TYPE, Attribute, Message, Operation, Status, attribute, encode_message
from distwire.ipp.enums import JobState
from distwire.ipp.message import make_message
from distwire.ipp.values import boolean, integer, keyword, mime_type, uri
from tests.support.file_server import PDF, FileServer, run_file_server
from tests.support.group_printers import House, run_house
from tests.support.ipptool import run_suite, write_documents
from tests.support.ippwire import ask

pytestmark = pytest.mark.real

_PATIENCE = 60.0
_LAST, _MORE = attribute("last-document", boolean(True)), attribute("last-document", boolean(False))


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with run_file_server() as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, files: FileServer) -> Iterator[House]:
    settings = {"print_uri": files.root, "print_uri_seconds": 30, "max_document_mb": 2, "ipp_open_seconds": 300}
    with run_house(tmp_path_factory.mktemp("house") / "home", **settings) as made:
        made.write_group("office", "discard:one; One", "discard:two; Two")
        made.wait_for_groups("office")
        yield made


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _describe(printer: str) -> Message:
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES)


def _print(printer: str, where: str, *more: Attribute) -> Message:
    return ask(printer, Operation.PRINT_URI, attribute("document-uri", uri(where)), *more)


def _send(printer: str, number: int, *more: Attribute) -> Message:
    return ask(printer, Operation.SEND_URI, attribute("job-id", integer(number)), *more)


def _job(printer: str, number: int) -> Message:
    wanted = attribute("requested-attributes", keyword("all"))
    return ask(printer, Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(number)), wanted)


def _leftovers(house: House) -> list[Path]:
    return list((house.server.home / "spool" / "incoming").iterdir())


def test_without_the_setting_neither_is_there(tmp_path: Path) -> None:
    """RFC 8011 §4.2.2: an operation that is not supported is not among those that are told."""
    with run_house(tmp_path / "home") as made:
        printer = made.write_group("office", "discard:one; One")
        _wait(lambda: _describe(printer).code == Status.OK)
        told = _describe(printer).printer
        assert not {Operation.PRINT_URI, Operation.SEND_URI} & set(told.integers("operations-supported"))
        assert told.find("reference-uri-schemes-supported") is None
        for operation in (Operation.PRINT_URI, Operation.SEND_URI):
            where = attribute("document-uri", uri("http://127.0.0.1:1/"))
            assert ask(printer, operation, where).code == Status.OPERATION_NOT_SUPPORTED


@pytest.mark.parametrize(("version", "suite"), [("1.1", "ipp-1.1"), ("2.0", "ipp-2.0")])
def test_no_test_of_the_suite_fails(
    house: House, files: FileServer, tmp_path_factory: pytest.TempPathFactory, version: str, suite: str
) -> None:
    """N1, D13: with a document-uri, Debian's ipptool tests Print-URI and Send-URI, good ones and bad."""
    documents = write_documents(tmp_path_factory.mktemp("documents"))
    report = run_suite(
        house.printer("office"), suite, documents, version, define={"document-uri": f"{files.root}/notice.pdf"}
    )
    assert not report.failed, report.text
    tried = [name for name in report.passed if "URI" in name]
    assert any("Print-URI Operation" in name for name in tried), report.text
    assert any("Send-URI Operation" in name for name in tried), report.text


def test_a_document_is_fetched_and_printed(house: House, files: FileServer) -> None:
    printer = house.printer("office")
    told = _describe(printer).printer
    assert told.strings("reference-uri-schemes-supported") == ("ftp", "http", "https")
    answer = _print(printer, f"{files.root}/to/notice.pdf", attribute("document-format", mime_type("application/pdf")))
    assert answer.code == Status.OK
    number = answer.job.integer("job-id") or 0
    _wait(lambda: _job(printer, number).job.integer("job-state") == JobState.COMPLETED)
    assert _job(printer, number).job.integer("job-impressions") == 2


def test_documents_may_come_in_both_ways_to_one_job(house: House, files: FileServer) -> None:
    printer = house.printer("office")
    number = ask(printer, Operation.CREATE_JOB).job.integer("job-id") or 0
    of_job, where = attribute("job-id", integer(number)), attribute("document-uri", uri(f"{files.root}/notice.pdf"))
    assert _send(printer, number, where, _MORE).code == Status.OK
    assert ask(printer, Operation.SEND_DOCUMENT, of_job, _MORE, document=PDF).code == Status.OK
    assert _send(printer, number, where).code == Status.BAD_REQUEST  # whether it is the last is not said
    assert _send(printer, number, _LAST).code == Status.OK
    _wait(lambda: _job(printer, number).job.integer("job-state") == JobState.COMPLETED)
    assert _job(printer, number).job.integer("number-of-documents") == 2
    assert _send(printer, number, where, _LAST).code == Status.NOT_POSSIBLE


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("bogus://bogus", Status.URI_SCHEME_NOT_SUPPORTED),
        ("file:///etc/passwd", Status.URI_SCHEME_NOT_SUPPORTED),
        ("https://files.example.org/", Status.DOCUMENT_ACCESS_ERROR),
        ("http://169.254.169.254/latest", Status.DOCUMENT_ACCESS_ERROR),
        ("http://localhost/notice.pdf", Status.DOCUMENT_ACCESS_ERROR),
        ("{root}/missing.pdf", Status.DOCUMENT_ACCESS_ERROR),
        ("{root}/to/http://localhost/", Status.DOCUMENT_ACCESS_ERROR),
        ("{root}/half/x", Status.DOCUMENT_ACCESS_ERROR),
        ("{root}/large/5", Status.REQUEST_ENTITY_TOO_LARGE),
        ("{root}/large/1", Status.DOCUMENT_FORMAT_NOT_SUPPORTED),
        ("{root}/large/0", Status.BAD_REQUEST),
    ],
)
def test_what_is_refused_leaves_nothing(house: House, files: FileServer, where: str, status: Status) -> None:
    printer, there = house.printer("office"), where.format(root=files.root)
    before = len(ask(printer, Operation.GET_JOBS, attribute("which-jobs", keyword("all"))).groups)
    answer = _print(printer, there)
    assert answer.code == status, answer.operation.string("status-message")
    after = len(ask(printer, Operation.GET_JOBS, attribute("which-jobs", keyword("all"))).groups)
    assert (after, _leftovers(house)) == (before, [])
    if status in (Status.URI_SCHEME_NOT_SUPPORTED, Status.DOCUMENT_ACCESS_ERROR):
        assert answer.unsupported.string("document-uri") == there


def test_the_error_of_the_other_side_is_told(house: House, files: FileServer) -> None:
    """RFC 8011 §4.1.6.4: the code in parentheses, then the URI."""
    answer = _print(house.printer("office"), f"{files.root}/missing.pdf")
    assert answer.operation.string("document-access-error") == f"(404) {files.root}/missing.pdf"
    assert ask(house.printer("office"), Operation.PRINT_URI).code == Status.BAD_REQUEST


def test_a_job_stays_open_when_there_was_nothing_and_ends_when_half_has_come(house: House, files: FileServer) -> None:
    printer = house.printer("office")
    number = ask(printer, Operation.CREATE_JOB).job.integer("job-id") or 0
    missing, half = (attribute("document-uri", uri(f"{files.root}/{path}")) for path in ("missing", "half/x"))
    assert _send(printer, number, missing, _LAST).code == Status.DOCUMENT_ACCESS_ERROR
    assert _job(printer, number).job.integer("job-state") == JobState.PENDING_HELD
    assert _send(printer, number, half, _LAST).code == Status.DOCUMENT_ACCESS_ERROR
    assert _job(printer, number).job.integer("job-state") == JobState.ABORTED
    assert _leftovers(house) == []


def test_a_client_that_goes_away_ends_the_fetching(house: House, files: FileServer) -> None:
    """Nothing of it stays, and no thread waits for the other server."""
    printer = house.printer("office")
    where = (attribute("printer-uri", uri(printer)), attribute("document-uri", uri(f"{files.root}/wait/x")))
    asked = len(files.asked)
    request = encode_message(make_message(Operation.PRINT_URI, 1, where, ()))
    connection = http.client.HTTPConnection(house.authority, timeout=_PATIENCE)
    connection.request("POST", "/ipp/print/office", request, {"Content-Type": MEDIA_TYPE})
    _wait(lambda: len(files.asked) > asked and bool(_leftovers(house)))
    connection.close()
    _wait(lambda: "went away" in house.log())
    _wait(lambda: not _leftovers(house))
