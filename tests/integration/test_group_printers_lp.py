"""The programs of CUPS straight at our server, with no CUPS server between: `lp -h HOST:PORT` (SPEC N1)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distwire.ipp import Attribute, Message, Operation, Status, attribute, collection
from distwire.ipp.values import integer, keyword, uri
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import HttpStatus, ask
from tests.support.patience import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home") as made:
        made.write_group("office", "discard:one; Branch one", "discard:two; Branch two")
        made.wait_for_groups("office")
        yield made


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "notice.pdf"
    path.write_bytes(make_pdf())
    return path


def _say(house: House, program: str, *options: str) -> str:
    command = [program, "-h", house.authority, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def _print(house: House, document: Path, *options: str) -> int:
    said = _say(house, "lp", "-d", "office", *options, str(document))
    return int(said.removeprefix("request id is office-").split()[0])


def _state(house: House, title: str) -> str:
    jobs: list[dict[str, Any]] = json.loads(house.server.get("/api/v1/jobs"))["jobs"]
    return next(str(job["state"]) for job in jobs if job["title"] == title)


def test_lp_prints(house: House, document: Path) -> None:
    _print(house, document, "-t", "Straight")
    wait_until(lambda: _state(house, "Straight") == "completed")


def test_what_lp_holds_goes_on_when_lp_resumes_it(house: House, document: Path) -> None:
    number = _print(house, document, "-t", "Held", "-H", "hold")
    assert _state(house, "Held") == "pending-held"
    _say(house, "lp", "-i", f"office-{number}", "-H", "resume")
    wait_until(lambda: _state(house, "Held") == "completed")


def test_what_lp_holds_is_canceled_by_cancel(house: House, document: Path) -> None:
    number = _print(house, document, "-t", "Stopped", "-H", "hold")
    _say(house, "cancel", f"office-{number}")
    assert _state(house, "Stopped") == "canceled"


def _set(house: House, number: int, *attributes: Attribute, user: str = "tester") -> Message:
    of_job = attribute("job-id", integer(number))
    return ask(house.printer("office"), Operation.SET_JOB_ATTRIBUTES, of_job, job=attributes, user=user)


def test_set_job_attributes_says_what_it_does_not_do(house: House) -> None:
    """RFC 3380 §4.2: all or nothing; what cannot be set is named."""
    printer = house.printer("office")
    held, go = (attribute("job-hold-until", keyword(word)) for word in ("indefinite", "no-hold"))
    number = ask(printer, Operation.PRINT_JOB, job=[held], document=make_pdf()).job.integer("job-id") or 0
    copies = attribute("copies", integer(2))
    answer = _set(house, number, go, copies)
    assert (answer.code, "copies" in answer.unsupported) == (Status.ATTRIBUTES_NOT_SETTABLE, True)
    evening = _set(house, number, attribute("job-hold-until", keyword("evening")))
    assert (evening.code, "job-hold-until" in evening.unsupported) == (Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, True)
    assert _set(house, number).code == Status.BAD_REQUEST
    assert _set(house, number, go, user="somebody else").code == Status.NOT_FOUND
    wanted = (attribute("job-id", integer(number)), attribute("requested-attributes", keyword("job-hold-until")))
    for word in ("indefinite", "no-hold"):
        told = ask(printer, Operation.GET_JOB_ATTRIBUTES, *wanted).job
        assert told.string("job-hold-until") == word
        if word == "indefinite":
            assert _set(house, number, held).code == Status.OK
            assert _set(house, number, go).code == Status.OK


def test_who_may_print_to_a_group_may_not_fax_to_others(house: House) -> None:
    """N1: where `faxout_from` lets nobody in, a guest's fax goes to members of the group and to nobody else."""
    fax = house.printer("office", "faxout")
    named = [attribute("destination-uris", collection(attribute("destination-uri", uri("discard:three"))))]
    for operation in (Operation.VALIDATE_JOB, Operation.CREATE_JOB, Operation.PRINT_JOB):
        with pytest.raises(HttpStatus) as refused:
            ask(fax, operation, job=named, document=make_pdf() if operation == Operation.PRINT_JOB else b"")
        assert refused.value.status == 401
    own = [attribute("destination-uris", collection(attribute("destination-uri", uri("discard:two"))))]
    assert ask(fax, Operation.VALIDATE_JOB, job=own).code == Status.OK
