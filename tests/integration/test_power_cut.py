"""D11, N4: a device that is switched off at any moment prints what it has taken, once, from where its paper ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.ipp import Group, Operation, attribute
from distwire.ipp.enums import JobState
from distwire.ipp.values import integer
from tests.support.device import printed_jobs
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.patient_client import PAGES, PatientClient, make_pages
from tests.support.power_cut import FrailDevice

_PARTS = 5
"""Odd: each has cuts before writes and after."""


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return make_pages()


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[FrailDevice]:
    device = FrailDevice(tmp_path)
    yield device
    device.device.kill()


def _judge(frail: FrailDevice, title: str, job: Group) -> list[str]:
    """What is not as it should be, in words."""
    printed = [one for one in printed_jobs(frail.tray) if one.name == title]
    if len(printed) != 1:
        return [f"{len(printed)} folders in the tray"]
    (one,) = printed
    record = one.record
    wrong = []
    if job.integer("job-state") != JobState.COMPLETED or record["state"] != "completed":
        wrong.append(f"it is {job.integer('job-state')}, the tray says {record['state']}")
    if (record["pages"], record["impressions"], record["sheets"]) != (PAGES, 2 * PAGES, 4):
        wrong.append(f"{record['pages']} pages, {record['impressions']} sides, {record['sheets']} sheets")
    if [path.name for path in one.pages] != [f"page-{number:03d}.png" for number in range(1, PAGES + 1)]:
        wrong.append(f"in the tray: {[path.name for path in one.pages]}")
    places = [(each["sheet"], each["side"]) for each in record["page_files"]]
    if places != [(1, "front"), (1, "back"), (2, "front")]:
        wrong.append(f"sides {places}")
    return wrong


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_job_is_printed_once_wherever_the_power_is_cut(frail: FrailDevice, pdf: bytes, part: int) -> None:
    """At each write; every so many of them make a test, so that they are shared out."""
    client = PatientClient(frail)
    frail.arm(0, "before")
    whole = client.see_through("undisturbed", pdf)
    assert _judge(frail, "undisturbed", whole) == []
    writes = frail.writes
    assert len(writes) > 20
    wrong = {}
    for number, write in list(enumerate(writes, start=1))[part::_PARTS]:
        side = ("before", "after")[number % 2]
        title = f"{number}-{side}"
        frail.arm(number, side)
        client.send_and_lose(title, pdf)
        frail.revive()
        if found := _judge(frail, title, client.see_through(title, pdf)):
            wrong[f"{side} {number}, {write}"] = found
    assert wrong == {}
    hidden = [path.name for path in frail.tray.iterdir() if path.name.startswith(".")]
    assert hidden == []
    assert list((frail.folder / "state" / "spool").iterdir()) == []


def _die_in_mid_job(frail: FrailDevice, pdf: bytes) -> PatientClient:
    """A job of which the first page is out when the power is cut."""
    client = PatientClient(frail)
    frail.arm(0, "before")
    client.see_through("first", pdf)
    number = next(at for at, words in enumerate(frail.writes, start=1) if words.endswith("drawing/page-002.png"))
    frail.arm(number, "after")
    client.send_and_lose("second", pdf)
    return client


def test_pages_that_are_out_are_not_printed_again(frail: FrailDevice, pdf: bytes) -> None:
    client = _die_in_mid_job(frail, pdf)
    before = {path.name: path.stat().st_ino for path in frail.tray.glob(".*.out/page-*.png")}
    assert list(before) == ["page-001.png"]
    frail.revive()
    assert _judge(frail, "second", client.see_through("second", pdf)) == []
    (folder,) = frail.tray.glob("*-second")
    assert (folder / "page-001.png").stat().st_ino == before["page-001.png"]


@pytest.mark.parametrize("write", ["none", "out/job.json", "tray/0002-second", "jobs/000002.json"])
def test_a_cancelled_job_leaves_its_paper_and_stays_cancelled(frail: FrailDevice, pdf: bytes, write: str) -> None:
    """Also when the power is cut once more, between what the tray has of it and what the device has noted."""
    client = _die_in_mid_job(frail, pdf)
    frail.revive(paper=False)
    (number,) = [job.integer("job-id") or 0 for job in client.find("second")]
    wait_until(lambda: client.find("second")[0].integer("job-state") == JobState.PROCESSING_STOPPED)
    at = {"none": 0, "out/job.json": 2, "tray/0002-second": 4, "jobs/000002.json": 9}[write]
    frail.arm(at, "after")
    with contextlib.suppress(OSError, AssertionError):
        ask(frail.device.uri, Operation.CANCEL_JOB, attribute("job-id", integer(number)))
    if at:
        frail.wait_for_death()
        assert frail.writes[-1].endswith(write), frail.writes
    frail.revive()
    job = client.see_through("second", pdf)
    _, second = printed_jobs(frail.tray)
    assert (job.integer("job-state"), second.state) == (JobState.CANCELED, "canceled")
    assert (job.integer("job-impressions-completed"), len(second.pages)) == (2, 2)  # the back takes no paper
    assert [path.name for path in frail.tray.iterdir() if path.name.startswith(".")] == []
