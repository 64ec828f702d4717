"""Printing to a group from any program, through CUPS (SPEC N1, D13): no driver of ours."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.board import make_pdf
from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.group_printers import House, run_house
from tests.support.sink import Sink, run_sink

pytestmark = pytest.mark.real

_PATIENCE = 90.0


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with run_sink() as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", faxout_from="127.0.0.1") as made:
        made.write_group("office", *(f"{sink.uri(n)}; branch {n}" for n in range(3)))
        yield made


@pytest.fixture(scope="module")
def cups(house: House) -> Iterator[CupsServer]:
    with run_cups_server() as server:
        deadline = time.monotonic() + _PATIENCE
        while True:  # the group is read within a second
            try:
                server.run("lpadmin", "-p", "office", "-E", "-v", house.printer("office"), "-m", "everywhere")
                break
            except subprocess.CalledProcessError:
                assert time.monotonic() < deadline
                time.sleep(0.5)
        yield server


def _say(cups: CupsServer, *command: str) -> str:
    environment = {**os.environ, "CUPS_SERVER": str(cups.socket), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def _wait(true: Callable[[], bool], say: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until, say()
        time.sleep(0.2)


def _jobs(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(house.server.get("/api/v1/jobs"))["jobs"]
    return found


def test_lp_reaches_three_printers(house: House, cups: CupsServer, sink: Sink, tmp_path: Path) -> None:
    """N1: a queue made by `lpadmin -m everywhere` on a group."""
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    sink.reset()
    said = _say(cups, "lp", "-d", "office", "-t", "Price list", str(document))
    assert "office-" in said
    _wait(lambda: sink.stats()["documents"] == 3, lambda: (sink.stats(), _jobs(house), house.log()))
    _wait(lambda: "office-" not in _say(cups, "lpstat", "-o", "office"), lambda: _say(cups, "lpstat", "-o", "office"))
    (job,) = [job for job in _jobs(house) if "Price list" in job["title"]]
    assert job["counts"]["completed"] == 3


def test_what_is_held_and_canceled_at_cups_goes_to_nobody(
    house: House, cups: CupsServer, sink: Sink, tmp_path: Path
) -> None:
    document = tmp_path / "notice.pdf"
    document.write_bytes(make_pdf())
    sink.reset()
    number = _say(cups, "lp", "-d", "office", "-H", "hold", str(document)).split()[3]
    assert number in _say(cups, "lpstat", "-o", "office")
    _say(cups, "cancel", number)
    number = _say(cups, "lp", "-d", "office", "-H", "hold", str(document)).split()[3]
    _say(cups, "lp", "-i", number, "-H", "resume")
    _wait(lambda: sink.stats()["documents"] == 3, lambda: (sink.stats(), _jobs(house)))
