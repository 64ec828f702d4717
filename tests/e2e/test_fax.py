"""Faxes through the whole server: a PDF goes to telephone numbers over a real HylaFAX, in real T.30 calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fax_pages import make_text
from tests.support.hylafax import HylaFax, run_hylafax
from tests.support.numbered_faxes import read_pages
from tests.support.server import Server, run_server
from tests.support.telephone.numbers import BUSY, FAX, FarEnd

pytestmark = pytest.mark.real

BROKEN, ENGAGED, SLOW = "0335552001", "0335552002", "0335559997"


@pytest.fixture(scope="module")
def hylafax() -> Iterator[HylaFax]:
    with run_hylafax(lines=2) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hylafax: HylaFax) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("office")) as running:
        where = f"server={hylafax.server} retry-interval=10"
        lines = [
            f"tel:+81-3-3555-2001; Line breaks in page 3; {where}",
            f"fax:03-3555-2002; Busy, then free; {where}",
            f"tel:+81-3-3555-9997; 4800 without error correction; {where} cost=30JPY",
        ]
        running.add_group("all.rec", "Branches", lines)
        yield running


def find_calls(hylafax: HylaFax, number: str) -> list[list[int]]:
    """Of each call to the number that brought something, the heights of its pages."""
    calls = [call for call in hylafax.exchange.read_calls() if call.number == number and call.pages]
    return [[page.height for page in read_pages(Path(call.file))][: call.pages] for call in calls]


def wait_for_end(server: Server, job: str) -> None:
    """Until the job has ended well."""
    end = time.monotonic() + 120
    while (state := server.job(job)["state"]) != "completed":
        assert time.monotonic() < end, state
        time.sleep(0.1)


@pytest.fixture(scope="module")
def receipt(server: Server, hylafax: HylaFax, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    hylafax.exchange.say(BROKEN, FarEnd(drops_in_page=3), FAX)
    hylafax.exchange.say(ENGAGED, BUSY, FAX)
    letter = make_text(tmp_path_factory.mktemp("letters") / "letter.pdf", pages=5)
    return server.send(str(letter.path), "--to", "Branches")


def test_every_number_has_every_page_once(receipt: dict[str, Any], hylafax: HylaFax) -> None:
    assert receipt["state"] == "completed", receipt
    assert [len(call) for call in find_calls(hylafax, BROKEN)] == [2, 3]
    assert [len(call) for call in find_calls(hylafax, ENGAGED)] == [5]
    assert [len(call) for call in find_calls(hylafax, SLOW)] == [5]


def test_log_has_every_call_with_its_cost(receipt: dict[str, Any], server: Server) -> None:
    calls = json.loads(server.command("fax", "log", "--json").stdout)
    again, broken = (one for one in calls if one["number"] == "+81335552001")
    assert (broken["pages"], again["pages"]) == (2, 3)
    assert broken["trouble"]
    assert not again["trouble"]
    assert again["call"] != broken["call"]
    through, busy = (one for one in calls if one["number"] == "+81335552002")
    assert (busy["trouble"], busy["pages"], through["pages"]) == ("Busy signal detected", 0, 5)
    assert (through["cost"], through["jobs"]) == ("", [receipt["job"]])
    (slow,) = (one for one in calls if one["number"] == "+81335559997")
    assert slow["traits"].startswith("4800 bit/s, no ECM")
    assert slow["identity"] == SLOW
    assert slow["cost"] == f"{slow['seconds'] / 2:.2f} JPY"
    assert slow["cost"] in server.command("fax", "log").stdout


def test_receipt_has_the_evidence_of_each_call(receipt: dict[str, Any]) -> None:
    said = {one["destination"]: one for one in receipt["deliveries"]}
    assert len(said) == 3
    for one in said.values():
        assert (one["evidence"], one["pages"]) == ("completed", 5), one
    assert f"CSI {BROKEN}, 14400 bit/s, ECM, 2-D MMR, 3 pages" in said["Line breaks in page 3"]["message"]
    assert f"CSI {SLOW}, 4800 bit/s, no ECM" in said["4800 without error correction"]["message"]


def test_pages_are_converted_once_and_by_us(receipt: dict[str, Any], hylafax: HylaFax) -> None:
    """HylaFAX was not asked to make other pages of ours: what arrives is of our height."""
    del receipt
    heights = {height for call in find_calls(hylafax, ENGAGED) for height in call}
    assert all(2280 <= height <= 2291 for height in heights), heights


def test_two_jobs_to_one_number_ride_one_call(
    receipt: dict[str, Any], server: Server, hylafax: HylaFax, tmp_path: Path
) -> None:
    del receipt
    number = "0335552003"
    server.add_group("one.rec", "One", [f"tel:+81-3-3555-2003; One; server={hylafax.server}"])
    assert server.command("group", "pause", "One").returncode == 0
    jobs = []
    for pages in (1, 2):
        letter = make_text(tmp_path / f"{pages}.pdf", pages=pages)
        sent = server.command("send", str(letter.path), "--to", "One", "--json")
        jobs.append(json.loads(sent.stdout.splitlines()[-1])["job"])
    assert server.command("group", "resume", "One").returncode == 0
    for job in jobs:
        wait_for_end(server, job)
    assert [len(call) for call in find_calls(hylafax, number)] == [3]


def test_worker_that_is_killed_in_a_call_sends_no_page_twice(
    receipt: dict[str, Any], server: Server, hylafax: HylaFax, tmp_path: Path
) -> None:
    """The next one finds the job by its tag at HylaFAX, which has gone on with the call."""
    del receipt
    number = "0335552004"
    hylafax.exchange.say(number, FarEnd(speed=4800, error_correction=False))
    server.add_group("killed.rec", "Killed", [f"tel:+81-3-3555-2004; Killed; server={hylafax.server}"])
    letter = make_text(tmp_path / "letter.pdf", pages=4)
    sent = server.command("send", str(letter.path), "--to", "Killed", "--json")
    job = json.loads(sent.stdout.splitlines()[-1])["job"]
    end = time.monotonic() + 60
    while not hylafax.find_waiting("+81335552004"):
        assert time.monotonic() < end
        time.sleep(0.05)
    for worker in server.descendants():
        if " worker " in f"{worker.command} ":
            worker.kill()
    wait_for_end(server, job)
    assert [len(call) for call in find_calls(hylafax, number)] == [4]
