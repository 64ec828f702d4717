"""The watch over a fuzzed house sees what it is there to see: each kind of fault, planted."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distserver.store import ipp_jobs
from distwire.ipp.enums import Operation, Status
from distwire.ipp.service import Call, Reply
from tests.fuzz.findings import Finding
from tests.fuzz.house import House
from tests.fuzz.script import HTTP, Step, write_script
from tests.fuzz.seeds import make_body, make_stream
from tests.fuzz.watch import Watch

BODY = make_body(Operation.IDENTIFY_PRINTER, b"ipp://127.0.0.1/ipp/print/open")
AS_BODY = write_script([Step(0, 0, BODY)])
AS_STREAM = write_script([Step(HTTP, 0, make_stream(BODY))])


@pytest.fixture
def found() -> list[Finding]:
    return []


@pytest.fixture
def watch(found: list[Finding], tmp_path: Path) -> Iterator[Watch]:
    it = Watch(found.append)
    with it.over(tmp_path / "home"):
        it.clear()
        yield it


def plant(house: House, handle: Callable[[Call], Reply]) -> None:
    house.service.handlers[Operation.IDENTIFY_PRINTER] = handle  # type: ignore[index]


def kinds(found: list[Finding]) -> set[str]:
    return {finding.kind for finding in found}


@pytest.mark.parametrize("script", [AS_BODY, AS_STREAM])
def test_what_is_in_order_is_no_finding(watch: Watch, found: list[Finding], script: bytes) -> None:
    watch.play(script)
    watch.clear()
    assert found == []
    assert watch.tally.answers == {(Operation.IDENTIFY_PRINTER, Status.OK): 1}


@pytest.mark.parametrize("script", [AS_BODY, AS_STREAM])
def test_an_exception_is_found(watch: Watch, found: list[Finding], script: bytes) -> None:
    plant(watch.house, lambda call: Reply(1 // int(call.target == "")))
    watch.play(script)
    assert kinds(found) == {"logged ipp-request-broke", "ipp-status"}
    assert {finding.script for finding in found} == {script}


def test_a_server_error_is_found(watch: Watch, found: list[Finding]) -> None:
    plant(watch.house, lambda call: Reply(Status.DEVICE_ERROR))
    watch.play(AS_BODY)
    assert kinds(found) == {"ipp-status"}


def test_a_warning_is_found(watch: Watch, found: list[Finding]) -> None:
    def warn(call: Call) -> Reply:
        logging.getLogger("distserver.x").warning("some-trouble", {"at": call.target})
        return Reply()

    plant(watch.house, warn)
    watch.play(AS_BODY)
    assert kinds(found) == {"logged"}


def test_a_file_that_is_left_is_found(watch: Watch, found: list[Finding]) -> None:
    def leave(call: Call) -> Reply:
        watch.house.services.spool.receive(limit=10).leave()
        return Reply()

    plant(watch.house, leave)
    watch.play(AS_STREAM)
    assert kinds(found) == {"left-behind"}


def test_rows_that_are_left_are_found(watch: Watch, found: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipp_jobs, "forget_unsubmitted", lambda *_: None)
    watch.play(write_script([Step(0, 0, make_body(Operation.CREATE_JOB, b"ipp://127.0.0.1/ipp/print/open"))]))
    watch.clear()
    assert kinds(found) == {"remains"}


def test_descriptors_that_are_left_are_found(watch: Watch, found: list[Finding]) -> None:
    held: list[socket.socket] = []

    def hold(call: Call) -> Reply:
        held.append(socket.socket())
        return Reply()

    plant(watch.house, hold)
    for _ in range(5):
        watch.clear()
    for _ in range(6):
        watch.play(AS_BODY)
    watch.clear()
    for sock in held:
        sock.close()
    assert kinds(found) == {"open"}


def test_what_the_loop_complains_of_is_found(watch: Watch, found: list[Finding]) -> None:
    def call_back(call: Call) -> Reply:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        return Reply()

    plant(watch.house, call_back)
    watch.play(AS_STREAM)
    assert kinds(found) == {"loop"}
