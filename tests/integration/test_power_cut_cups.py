"""D11: a device that prints on a queue of CUPS gives it each job once, wherever the power is cut."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from distwire.ipp import Operation, attribute
from distwire.ipp.enums import JobState, PrinterState
from distwire.ipp.values import integer
from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.patient_client import PAGES, PatientClient, make_pages
from tests.support.power_cut import FrailDevice

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def cups() -> Iterator[CupsServer]:
    with run_cups_server() as server:
        yield server


def _start(folder: Path, cups: CupsServer, queue: str) -> FrailDevice:
    return FrailDevice(folder, extra=("--output", f"cups:{queue}"), environment=cups.environment)


def test_a_queue_gets_each_job_once_wherever_the_power_is_cut(tmp_path: Path, cups: CupsServer) -> None:
    queue, pdf = cups.add_queue("once"), make_pages()
    frail = _start(tmp_path, cups, "once")
    try:
        client = PatientClient(frail)
        frail.arm(0, "before")
        client.see_through("undisturbed", pdf)
        wait_until(lambda: len(queue.list_jobs()) == 1)  # it comes out after the queue has it
        writes = frail.writes
        wrong = {}
        for number, write in enumerate(writes, start=1):
            side = ("before", "after")[number % 2]
            before = len(queue.list_jobs())
            frail.arm(number, side)
            client.send_and_lose(f"{number}-{side}", pdf)
            frail.revive()
            job = client.see_through(f"{number}-{side}", pdf)
            wait_until(lambda before=before: len(queue.list_jobs()) > before, lambda: "nothing came to the queue")
            if job.integer("job-state") != JobState.COMPLETED or len(queue.list_jobs()) != before + 1:
                wrong[f"{side} {number}, {write}"] = (job.integer("job-state"), len(queue.list_jobs()) - before)
        assert wrong == {}
        assert {len(PdfReader(io.BytesIO(each)).pages) for each in queue.read_documents()} == {PAGES}
        assert "copies=2" in queue.read_options(queue.list_jobs()[0])
        assert list((tmp_path / "state" / "cups").iterdir()) == []
    finally:
        frail.device.kill()


def test_a_cancelled_job_does_not_come_to_the_queue(tmp_path: Path, cups: CupsServer) -> None:
    queue = cups.add_queue("cancelled")
    frail = _start(tmp_path, cups, "cancelled")
    try:
        client = PatientClient(frail)
        frail.device.set_paper(False)
        client.send("first", make_pages())
        (number,) = [job.integer("job-id") or 0 for job in client.find("first")]
        assert ask(frail.device.uri, Operation.CANCEL_JOB, attribute("job-id", integer(number))).ok
        frail.device.set_paper(True)
        client.see_through("second", make_pages())
        wait_until(lambda: len(queue.list_jobs()) == 1)
        (first,) = client.find("first")
        assert (first.integer("job-state"), first.integer("job-impressions-completed")) == (JobState.CANCELED, 0)
    finally:
        frail.device.kill()


def test_the_printer_tells_how_the_queue_is(tmp_path: Path, cups: CupsServer) -> None:
    cups.add_queue("tells")
    frail = _start(tmp_path, cups, "tells")
    try:
        asked = Operation.GET_PRINTER_ATTRIBUTES
        said = ask(frail.device.uri, asked).printer
        assert (said.integer("printer-state"), said.strings("printer-state-reasons")) == (PrinterState.IDLE, ("none",))
        cups.run("cupsdisable", "tells")
        wait_until(lambda: ask(frail.device.uri, asked).printer.integer("printer-state") == PrinterState.STOPPED)
        assert "paused" in ask(frail.device.uri, asked).printer.strings("printer-state-reasons")
        cups.run("cupsenable", "tells")
        wait_until(lambda: ask(frail.device.uri, asked).printer.integer("printer-state") == PrinterState.IDLE)
    finally:
        frail.device.kill()
