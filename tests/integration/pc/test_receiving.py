"""A PC receives: in order, when it comes back, resumed, checked; also with full disks, cancels, deadlines and dead
servers (SPEC D14, N4)."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from distwire.api.failures import Refused
from pc_client.receiver.inbox import Inbox
from pc_client.receiver.taking import Corrupted, Taker
from pc_client.server.access import open_client
from pc_client.settings import FILE
from tests.support.deliveries import make_pdf
from tests.support.ippeveprinter import run_eve_printer
from tests.support.patience import wait_until
from tests.support.pc import Pc, run_office_with_pc
from tests.support.server import Server
from tests.support.small_disk import may_mount, mount_small_disk

_numbers = itertools.count(1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path, follow_seconds=5) as both:
        yield both


@pytest.fixture
def patient_office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    """Its server withdraws no letter while a test looks at it."""
    with run_office_with_pc(tmp_path, follow_seconds=120) as both:
        yield both


def submit(server: Server, folder: Path, title: str, *more: str, size: int = 3000) -> str:
    """Send a document that no other is like; the job."""
    path = folder / f"{next(_numbers)}.pdf"
    path.write_bytes(make_pdf(size) + f"% {title}\n".encode())
    done = server.command("send", str(path), "--to", "all", "--title", title, "--json", *more)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1])["job"])


def wait_for_state(server: Server, job: str, *states: str) -> dict[str, object]:
    """Its only delivery, once the job has one of these states."""
    wait_until(lambda: server.job(job)["state"] in states, lambda: server.job(job))
    return read_delivery(server, job)


def read_delivery(server: Server, job: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"][0]
    return found


def make_taker(pc: Pc) -> tuple[Taker, Inbox]:
    """The part of the receiver that takes, in this process, to be driven turn by turn."""
    inbox = Inbox(pc.home)
    return Taker(open_client(FILE.load(pc.home), pc.home), inbox, lambda: None), inbox


def test_a_pc_that_was_off_gets_its_documents_in_order(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    pc.start("--headless")
    pc.stop()
    titles = [f"number {number}" for number in range(5)]
    jobs = [submit(server, tmp_path, title) for title in titles]
    pc.start("--headless")
    for job in jobs:
        delivery = wait_for_state(server, job, "completed", "aborted")
        assert delivery["reason"] == "job-stored-at-pc"
        assert "SHA-256 checked there" in str(delivery["message"])
    assert [one.title for one in pc.wait_for(len(titles))] == titles


def test_documents_are_what_was_sent_and_the_receipt_has_their_digest(
    office: tuple[Server, Pc], tmp_path: Path
) -> None:
    server, pc = office
    pc.start("--headless")
    job = submit(server, tmp_path, "large", size=9_000_000)
    delivery = wait_for_state(server, job, "completed", "aborted")
    (one,) = pc.wait_for(1)
    stored = (pc.home / "inbox" / "documents" / f"{one.id}.pdf").read_bytes()
    assert stored == (tmp_path / f"{next(_numbers) - 1}.pdf").read_bytes()
    assert hashlib.sha256(stored).hexdigest() in str(delivery["message"])
    assert (pc.home / "inbox" / "pages" / f"{one.id}.png").read_bytes().startswith(b"\x89PNG")


def test_a_part_that_is_spoilt_is_fetched_anew(patient_office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = patient_office
    taker, inbox = make_taker(pc)
    taker.take_turn(wait=0)
    job = submit(server, tmp_path, "spoilt", size=300_000)
    client = open_client(FILE.load(pc.home), pc.home)
    wait_until(lambda: bool(client.inbox().letters))
    (letter,) = client.inbox().letters
    inbox.begin(letter)
    inbox.part_path(letter.id).write_bytes(b"\0" * 100_000)
    with pytest.raises(Corrupted, match="SHA-256 differs"):
        taker.take_turn(wait=0)
    assert read_delivery(server, job)["state"] != "completed"
    taker.take_turn(wait=0)
    assert wait_for_state(server, job, "completed")["evidence"] == "completed"
    inbox.close()


def test_a_broken_transfer_goes_on_where_it_stopped(patient_office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = patient_office
    taker, inbox = make_taker(pc)
    taker.take_turn(wait=0)
    submit(server, tmp_path, "resumed", size=300_000)
    client = open_client(FILE.load(pc.home), pc.home)
    wait_until(lambda: bool(client.inbox().letters))
    (letter,) = client.inbox().letters
    inbox.begin(letter)
    inbox.part_path(letter.id).write_bytes(client.letter_part(letter.id, 0, 199_999))
    asked = []
    real = client.letter_part

    def count(name: str, first: int, last: int) -> bytes:
        asked.append((first, last))
        return real(name, first, last)

    client.letter_part = count  # type: ignore[method-assign]
    Taker(client, inbox, lambda: None).take_turn(wait=0)
    assert asked == [(200_000, letter.size - 1)]
    assert [one.title for one in inbox.list_here()] == ["resumed"]
    inbox.close()


def test_a_letter_that_was_withdrawn_is_dropped_and_comes_again(office: tuple[Server, Pc], tmp_path: Path) -> None:
    """The PC holds the whole document, and is too late to say so."""
    server, pc = office
    taker, inbox = make_taker(pc)
    taker.take_turn(wait=0)
    job = submit(server, tmp_path, "late", size=3000)
    client = open_client(FILE.load(pc.home), pc.home)
    wait_until(lambda: bool(client.inbox().letters))
    (letter,) = client.inbox().letters
    inbox.begin(letter)
    inbox.part_path(letter.id).write_bytes(client.letter_part(letter.id, 0, letter.size - 1))
    inbox.hold(letter.id)
    wait_until(lambda: read_delivery(server, job)["state"] == "pending-retry", lambda: read_delivery(server, job))
    with pytest.raises(Refused):
        client.letter_stored(letter.id, letter.sha256)
    taker.take_turn(wait=0)
    assert inbox.find(letter.id) is None
    wait_until(lambda: (taker.take_turn(wait=0), server.job(job)["state"] == "completed")[1])
    assert [one.title for one in inbox.list_here()] == ["late"]
    inbox.close()


def test_cancel_takes_the_letter_back(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    client = open_client(FILE.load(pc.home), pc.home)
    client.inbox()
    job = submit(server, tmp_path, "unwanted")
    wait_until(lambda: bool(client.inbox().letters))
    assert server.command("job", "cancel", job).returncode == 0
    wait_for_state(server, job, "canceled")
    assert client.inbox().letters == []


def test_a_pc_that_does_not_come_back_is_given_up_at_the_deadline(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    soon = datetime.now(UTC) + timedelta(seconds=25)
    job = submit(server, tmp_path, "too late", "--deadline", soon.isoformat(timespec="seconds"))
    delivery = wait_for_state(server, job, "aborted")
    assert delivery["reason"] == "pc-never-came"
    pc.start("--headless")
    later = submit(server, tmp_path, "in time")
    wait_for_state(server, later, "completed")
    assert [one.title for one in pc.wait_for(1)] == ["in time"]


def test_web_worker_and_receiver_die_again_and_again(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    pc.start("--headless")
    titles = [f"number {number}" for number in range(6)]
    jobs = []
    for number, title in enumerate(titles):
        jobs.append(submit(server, tmp_path, title, size=200_000))
        if number % 3 == 2:
            pc.kill()
            pc.start("--headless")
            continue
        victim = (" worker ", " web ")[number % 3]
        for process in server.descendants():
            if victim in f"{process.command} ":
                process.kill()
        server.get("/healthz")
    for job in jobs:
        assert wait_for_state(server, job, "completed", "aborted")["state"] == "completed"
    assert [one.title for one in pc.wait_for(len(titles))] == titles


@pytest.mark.skipif(not may_mount(), reason="a small disk is for who may mount")
def test_a_full_disk_is_told_and_the_document_comes_when_there_is_room(
    office: tuple[Server, Pc], tmp_path: Path
) -> None:
    server, pc = office
    with mount_small_disk(pc.home / "inbox", 90) as disk:
        disk.fill(leave=30 << 20)
        pc.start("--headless")
        job = submit(server, tmp_path, "large", size=2_000_000)
        wait_until(
            lambda: "the disk of the PC is full" in str(read_delivery(server, job)["message"]),
            lambda: read_delivery(server, job),
        )
        assert list((pc.home / "inbox" / "documents").iterdir()) == []
        disk.clear()
        wait_for_state(server, job, "completed")
        pc.stop()


def test_headless_lays_each_document_into_a_folder_once(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    folder = tmp_path / "printed"
    pc.start("--headless", "--print-to", str(folder))
    jobs = [submit(server, tmp_path, title) for title in ("a/b: ../c", "two")]
    for job in jobs:
        wait_for_state(server, job, "completed")
    wait_until(lambda: folder.exists() and len(list(folder.glob("*.pdf"))) == 2)
    pc.kill()
    pc.start("--headless", "--print-to", str(folder))
    wait_until(lambda: "printed there" in str(read_delivery(server, jobs[1])["message"]))
    assert len(list(folder.iterdir())) == 2
    assert all(path.parent == folder for path in folder.iterdir())


@pytest.mark.real
def test_headless_prints_each_document_once_on_a_printer(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    with run_eve_printer(tmp_path) as printer:
        pc.start("--headless", "--print-to", printer.uri)
        job = submit(server, tmp_path, "on paper")
        wait_for_state(server, job, "completed")
        wait_until(lambda: len(printer.read_documents()) == 1)
        wait_until(lambda: f"printed there on {printer.uri}" in str(read_delivery(server, job)["message"]))
        (one,) = pc.wait_for(1)
        stored = pc.home / "inbox" / "documents" / f"{one.id}.pdf"
        assert printer.read_documents() == [stored.read_bytes()]
