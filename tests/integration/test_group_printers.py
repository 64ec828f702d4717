"""Every group is a printer (SPEC N1): asked as foreign clients ask, on a whole server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.ipp import Message, Operation, Status, attribute, collection
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, keyword, name, uri
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ipptool import run_suite, write_documents
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.server import ROOT

pytestmark = pytest.mark.real

_MEMBERS = ("discard:one; Branch one", "discard:two; Branch two", "discard:three; Branch three")
_LAST, _MORE = attribute("last-document", boolean(True)), attribute("last-document", boolean(False))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = {"faxout_from": "127.0.0.1", "faxout_to": "any"}
    with run_house(tmp_path_factory.mktemp("house") / "home", **settings) as made:
        made.write_group("office", *_MEMBERS)
        made.write_group("all", *_MEMBERS, "discard:four; Branch four")
        made.wait_for_groups("office", "all")
        yield made


def test_groups_are_printers_without_libuv_too(tmp_path: Path) -> None:
    """Its package is not made for every system."""
    (tmp_path / "uvloop.py").write_text("raise ImportError('it is not made for this machine')\n")
    with run_house(tmp_path / "home", {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}) as house:
        printer = house.write_group("office", *_MEMBERS)
        house.wait_for_groups("office")
        assert ask(printer, Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_documents(tmp_path_factory.mktemp("documents"))


def _describe(printer: str, *more: object) -> Message:
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES, *more)  # type: ignore[arg-type]


def _status(answer: Message) -> int:
    return answer.code


def _number(answer: Message) -> int:
    number = answer.job.integer("job-id")
    assert number is not None, answer
    return number


def _job(printer: str, number: int, *more: object) -> Message:
    return ask(printer, Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(number)), *more)  # type: ignore[arg-type]


def _wait_for_end(printer: str, number: int) -> Message:
    wait_until(lambda: (_job(printer, number).job.integer("job-state") or 0) >= JobState.CANCELED)
    return _job(printer, number)


@pytest.mark.parametrize(
    ("version", "suite", "least"), [("1.1", "ipp-1.1", 37), ("2.0", "ipp-2.0", 38), ("2.0", "ipp-everywhere", 90)]
)
def test_no_test_of_the_suite_fails(house: House, documents: Path, version: str, suite: str, least: int) -> None:
    """N1, D13: Debian's ipptool and the suites of the Printer Working Group, their whole include trees."""
    report = run_suite(house.printer("office"), suite, documents, version)
    assert not report.failed, report.text
    assert len(report.passed) >= least, report.text


def test_fax_job_makes_one_job_with_two_deliveries(house: House, documents: Path) -> None:
    """N1: the example of PWG 5100.15, unmodified: a telephone number and a printer."""
    before = {job["id"] for job in _jobs(house)}
    report = run_suite(f"ipp://{house.authority}/ipp/faxout", "fax-job", documents)
    assert (len(report.passed), report.failed) == (2, ()), report.text
    (job,) = [job for job in _jobs(house) if job["id"] not in before]
    assert job["counts"]["total"] == 2
    assert set(job["chosen"]) == {"tel:4055551212", "ipp://11.22.33.44/ipp/print"}
    house.server.command("job", "cancel", job["id"])


def _jobs(house: House) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(house.server.get("/api/v1/jobs"))["jobs"]
    return found


def test_a_print_job_reaches_every_member(house: House) -> None:
    """N1: one request, three deliveries, and IPP tells what the receipts tell."""
    printer = house.printer("office")
    answer = ask(printer, Operation.PRINT_JOB, attribute("job-name", name("Notice")), document=make_pdf())
    assert answer.code == Status.OK
    ended = _wait_for_end(printer, _number(answer))
    assert ended.job.integer("job-state") == JobState.COMPLETED
    statuses = ended.job.collections("destination-statuses")
    assert [(one.string("destination-uri"), one.integer("transmission-status")) for one in statuses] == [
        ("discard:one", 9),
        ("discard:two", 9),
        ("discard:three", 9),
    ]


@pytest.fixture
def patient_house(tmp_path: Path) -> Iterator[House]:
    """It waits for the next document for as long as servers do where nothing else is said."""
    with run_house(tmp_path / "home") as made:
        made.write_group("office", *_MEMBERS)
        made.wait_for_groups("office")
        yield made


def test_documents_sent_one_by_one_survive_a_kill_and_are_one_job(patient_house: House) -> None:
    """N4: what was answered is on the disk; the client goes on after the server's restart."""
    house, printer = patient_house, patient_house.printer("office")
    number = _number(ask(printer, Operation.CREATE_JOB, attribute("job-name", name("Two parts"))))
    of_job = attribute("job-id", integer(number))
    assert ask(printer, Operation.SEND_DOCUMENT, of_job, _MORE, document=make_pdf()).code == Status.OK
    house.restart()
    assert _job(printer, number).job.strings("job-state-reasons") == ("job-incoming",)
    listed = ask(printer, Operation.GET_DOCUMENTS, of_job, attribute("requested-attributes", keyword("all")))
    assert len(listed.groups) == 2
    assert ask(printer, Operation.SEND_DOCUMENT, of_job, _LAST, document=make_pdf()).code == Status.OK
    ended = _wait_for_end(printer, number)
    assert (ended.job.integer("job-state"), ended.job.integer("number-of-documents")) == (JobState.COMPLETED, 2)
    late = ask(printer, Operation.SEND_DOCUMENT, of_job, _LAST, document=make_pdf())
    assert late.code == Status.NOT_POSSIBLE


def test_a_job_whose_client_goes_away_is_aborted(tmp_path: Path) -> None:
    """N1: multiple-operation-time-out-action is abort-job: half a broadcast is none."""
    with run_house(tmp_path / "home", ipp_open_seconds=8) as house:
        printer = house.write_group("office", *_MEMBERS)
        house.wait_for_groups("office")
        ended = _wait_for_end(printer, _number(ask(printer, Operation.CREATE_JOB)))
    assert ended.job.integer("job-state") == JobState.ABORTED
    assert "no further document" in (ended.job.string("job-state-message") or "")


def test_hold_release_and_cancel(house: House) -> None:
    printer = house.printer("office")
    held = [attribute("job-hold-until", keyword("indefinite"))]
    first, second = (_number(ask(printer, Operation.PRINT_JOB, job=held, document=make_pdf())) for _ in range(2))
    assert _job(printer, first).job.integer("job-state") == JobState.PENDING_HELD
    assert ask(printer, Operation.RELEASE_JOB, attribute("job-id", integer(first))).code == Status.OK
    assert ask(printer, Operation.CANCEL_JOB, attribute("job-id", integer(second))).code == Status.OK
    assert _wait_for_end(printer, first).job.integer("job-state") == JobState.COMPLETED
    assert _wait_for_end(printer, second).job.integer("job-state") == JobState.CANCELED
    assert ask(printer, Operation.CANCEL_JOB, attribute("job-id", integer(second))).code == Status.NOT_POSSIBLE
    assert ask(printer, Operation.RELEASE_JOB, attribute("job-id", integer(first))).code == Status.NOT_POSSIBLE


def test_what_is_no_document_is_refused_and_leaves_nothing(house: House) -> None:
    printer = house.printer("office")
    answer = ask(printer, Operation.PRINT_JOB, document=b"%PDF-1.4 but no more of it")
    assert answer.code == Status.DOCUMENT_FORMAT_ERROR
    assert ask(printer, Operation.PRINT_JOB).code == Status.BAD_REQUEST
    assert list((house.server.home / "spool" / "incoming").iterdir()) == []


def test_printers_come_and_go_with_their_files(house: House) -> None:
    """N1: also under names that are not ASCII."""
    printer = house.write_group("支店", "discard:five; 五番")
    wait_until(lambda: _status(_describe(printer)) == Status.OK)
    assert _describe(printer).printer.string("printer-info") == "支店: 1 destination"
    (house.server.home / "groups" / "支店.rec").unlink()
    wait_until(lambda: _status(_describe(printer)) == Status.NOT_FOUND)


def test_the_system_lists_its_printers(house: House) -> None:
    """PWG 5100.22: one for each group, and one for everybody."""
    answer = ask(f"ipp://{house.authority}/ipp/system", Operation.GET_PRINTERS)
    assert {group.string("printer-name") for group in answer.groups[1:]} >= {"office", "all", "everyone"}


def test_a_fax_to_a_group_and_to_somebody_else_goes_to_each_once(house: House) -> None:
    """N1: destination-uris may name a group's printer, mixed with others."""
    fax = f"ipp://{house.authority}/ipp/faxout"
    wanted = [house.printer("office"), "discard:two", "discard:nine"]
    columns = [collection(attribute("destination-uri", uri(one))) for one in wanted]
    answer = ask(fax, Operation.CREATE_JOB, job=[attribute("destination-uris", *columns)])
    assert answer.code == Status.OK
    number = _number(answer)
    sent = ask(fax, Operation.SEND_DOCUMENT, attribute("job-id", integer(number)), _LAST, document=make_pdf())
    assert sent.code == Status.OK
    ended = _wait_for_end(fax, number)
    uris = {one.string("destination-uri") for one in ended.job.collections("destination-statuses")}
    assert uris == {"discard:one", "discard:two", "discard:three", "discard:nine"}
