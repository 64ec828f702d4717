"""What the fuzzer has found, each as a request of its own: what is answered now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from distwire.ipp.enums import Operation, Status
from tests.fuzz.dictionary import CHARSET, MOMENT, PDF
from tests.fuzz.findings import Finding
from tests.fuzz.script import JOB_ID, Step, write_script
from tests.fuzz.seeds import make_body
from tests.fuzz.tokens import Token, read_body
from tests.fuzz.watch import Watch

OPEN = b"ipp://127.0.0.1/ipp/print/open"
LEAP_SECOND = bytes((0x27, 0x0F, 12, 31, 23, 59, 60, 9)) + b"-\x0e\0"


def _with_charset(value: bytes) -> bytes:
    body = read_body(make_body(Operation.GET_PRINTER_ATTRIBUTES, OPEN))
    body.tokens[1] = Token(CHARSET, b"attributes-charset", value)
    return body.write()


TITLE = ("document-name", b"a\0b")
EMPTY = b"ipp://127.0.0.1/ipp/print/empty"
FIRST = ("job-id", JOB_ID + b"\0")
LAST = ("last-document", b"\1")
CASES = {
    "a job that nobody could get, when its last document has come": (
        [make_body(Operation.CREATE_JOB, EMPTY), make_body(Operation.SEND_DOCUMENT, EMPTY, FIRST, LAST, document=PDF)],
        Status.BAD_REQUEST,
    ),
    "the same job, told again to be whole: it is aborted": (
        [
            make_body(Operation.CREATE_JOB, EMPTY),
            make_body(Operation.SEND_DOCUMENT, EMPTY, FIRST, LAST, document=PDF),
            make_body(Operation.SEND_DOCUMENT, EMPTY, FIRST, LAST),
        ],
        Status.NOT_POSSIBLE,
    ),
    "a document whose name has no letters that can be shown": (
        [make_body(Operation.PRINT_JOB, OPEN, ("document-name", b"\0"), document=PDF)],
        Status.OK,
    ),
    "a further document whose name has an octet that PostgreSQL does not take": (
        [
            make_body(Operation.CREATE_JOB, OPEN),
            make_body(Operation.SEND_DOCUMENT, OPEN, FIRST, LAST, TITLE, document=PDF),
        ],
        Status.OK,
    ),
    "a moment that is none, in a job that is kept as it was asked for": (
        [make_body(Operation.CREATE_JOB, OPEN, job=[[Token(MOMENT, b"job-hold-until-time", LEAP_SECOND)]])],
        Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES,
    ),
    "a charset whose name is none": ([_with_charset(b"utf-8\x1e\x82")], Status.CHARSET_NOT_SUPPORTED),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_answered(tmp_path: Path, database_url: str, name: str) -> None:
    bodies, status = CASES[name]
    found, answered = play(tmp_path, database_url, bodies)
    assert [finding.key for finding in found] == []
    assert answered[-1] == status


def play(home: Path, database: str, bodies: Sequence[bytes]) -> tuple[list[Finding], list[int]]:
    """Findings, and the statuses of the answers."""
    found: list[Finding] = []
    watch = Watch(found.append)
    statuses: list[int] = []
    count = watch.answered
    watch.answered = lambda request, reply: (statuses.append(reply.status), count(request, reply))  # type: ignore[method-assign]
    with watch.over(home / "home", database=database):
        watch.play(write_script(Step(0, 0, body) for body in bodies))
    return found, statuses
