"""D13: what any program prints goes to groups: a real CUPS with the backend, the account's program, a real server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.documents import make_pdf
from tests.support.patience import wait_until
from tests.support.pc import ADDRESS, PATIENCE, run_office_with_pc
from tests.support.pc_printer import QUEUE, PcPrinter, run_pc_printer
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.real

OFFICE = "/usr/bin/soffice"


@pytest.fixture(scope="module")
def cups() -> Iterator[CupsServer]:
    with run_cups_server() as cups:
        yield cups


@pytest.fixture
def office(tmp_path: Path, cups: CupsServer) -> Iterator[tuple[Server, PcPrinter]]:
    with run_office_with_pc(tmp_path) as (server, pc), run_pc_printer(cups, pc) as printer:
        server.write_group("sales.rec", "Sales 営業", [f"{ADDRESS}; Front desk 受付"])
        wait_until(lambda: b"sales.rec" in server.get("/api/v1/groups"))
        yield server, printer
        printer.end()
        printer.cups.run("cancel", "-a", QUEUE)


def list_jobs(server: Server) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(server.get("/api/v1/jobs"))["jobs"]
    return found


def test_ok_sends_what_was_printed(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    path = make_pdf(tmp_path / "list.pdf", pages=3)
    job = printer.print_file(path, "-t", "価格表 Price list", "-o", "sides=two-sided-long-edge", "-n", "2")
    dialog = printer.next_dialog(1)
    shown = dialog.look()
    assert (shown["title"], shown["pages"], shown["copies"]) == ("価格表 Price list", 3, 2)
    assert shown["sides"] == "two-sided-long-edge"
    assert shown["picture"]
    assert printer.read_state(job) == "processing"
    groups = dialog.ask("GET", "choices")["groups"]
    assert [(one["value"], one["member"]) for one in groups] == [("all.rec", True), ("sales.rec", True)]
    answer = dialog.send(title="Prices", groups=["sales.rec"], copies=2, sides="two-sided-long-edge")
    assert answer["state"] == "sent", answer
    printer.wait_for_state(job, "completed")
    (sent,) = list_jobs(server)
    assert (sent["title"], sent["sender"], sent["options"]["copies"]) == ("Prices", ADDRESS, 2)  # type: ignore[index]
    assert sent["documents"][0]["pages"] == 3  # type: ignore[index]
    assert sent["documents"][0]["format"] == "application/pdf"  # type: ignore[index]
    assert dialog.is_gone()
    printer.print_file(path)
    assert printer.next_dialog(2).look()["groups"] == ["sales.rec"], "the choices of last time"


def test_cancel_cancels_the_job_of_cups(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    job = printer.print_file(make_pdf(tmp_path / "list.pdf"))
    printer.next_dialog(1).cancel()
    printer.wait_for_state(job, "canceled")
    assert list_jobs(server) == []
    assert not list((printer.pc.home / "drafts").iterdir())


def test_a_job_canceled_in_cups_takes_its_dialog_away(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    _, printer = office
    printer.start()
    job = printer.print_file(make_pdf(tmp_path / "list.pdf"))
    dialog = printer.next_dialog(1)
    printer.cups.run("cancel", f"{QUEUE}-{job}")
    wait_until(dialog.is_gone)
    with pytest.raises(urllib.error.HTTPError):
        dialog.send(title="late", groups=["all.rec"])


def test_what_is_printed_while_nobody_is_there_is_held(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    _, printer = office
    job = printer.print_file(make_pdf(tmp_path / "list.pdf"), "-t", "early")
    printer.wait_for_state(job, "held")
    printer.start()
    dialog = printer.next_dialog(1)
    assert dialog.look()["title"] == "early"
    printer.end(signal.SIGKILL)
    printer.wait_for_state(job, "held")
    printer.start()
    assert printer.next_dialog(2).send(title="early", groups=["all.rec"])["state"] == "sent"
    printer.wait_for_state(job, "completed")


def test_while_the_server_is_away_it_is_kept_and_sent_once(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    path = make_pdf(tmp_path / "list.pdf")
    printer.print_file(path)
    first = printer.next_dialog(1)
    first.ask("GET", "choices")
    first.cancel()
    server.process.terminate()
    server.process.wait(PATIENCE)
    job = printer.print_file(path)
    dialog = printer.next_dialog(2)
    choices = dialog.ask("GET", "choices")
    assert "cannot be reached" in choices["away"]
    assert [one["value"] for one in choices["groups"]] == ["all.rec", "sales.rec"], "as they were told last"
    assert dialog.send(title="kept", groups=["all.rec"])["state"] == "kept"
    printer.wait_for_state(job, "completed")
    waiting = printer.pc.command("outbox", "--json")
    assert [(one["title"], one["reason"]) for one in json.loads(waiting.stdout)] == [("kept", "server-away")]
    printer.end(signal.SIGKILL)
    server.start_again()
    server.wait_until_healthy()
    printer.start()
    wait_until(lambda: [one["title"] for one in list_jobs(server)] == ["kept"])
    wait_until(lambda: json.loads(printer.pc.command("outbox", "--json").stdout) == [])


def test_what_the_server_refuses_stays_in_the_dialog(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    job = printer.print_file(make_pdf(tmp_path / "list.pdf"))
    dialog = printer.next_dialog(1)
    for answers, word in (({"groups": ["none.rec"]}, "none.rec"), ({}, "choose a group"), ({"copies": 0}, "copies")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            dialog.send(title="t", **answers)
        assert refused.value.code == 422
        assert word in json.loads(refused.value.read())["words"]
    assert dialog.send(title="t", groups=["all.rec"])["state"] == "sent"
    printer.wait_for_state(job, "completed")
    assert len(list_jobs(server)) == 1


def test_bitmap_pages_when_asked(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    printer.print_file(make_pdf(tmp_path / "list.pdf", pages=2))
    dialog = printer.next_dialog(1)
    assert dialog.look()["can_bitmap"]
    assert dialog.send(title="t", groups=["all.rec"], bitmap="black")["state"] == "sent"
    (sent,) = list_jobs(server)
    assert sent["documents"][0]["format"] == "image/tiff"  # type: ignore[index]
    assert sent["documents"][0]["pages"] == 2  # type: ignore[index]


def test_the_pc_registers_with_a_group(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    server.write_group("news.rec", "News", [])
    printer.start()
    printer.print_file(make_pdf(tmp_path / "list.pdf"))
    dialog = printer.next_dialog(1)

    def is_listed() -> bool:
        return "news.rec" in [one["value"] for one in dialog.ask("GET", "choices")["groups"]]

    wait_until(is_listed)
    assert dialog.ask("POST", "register", {"groups": ["news.rec"]})["messages"]
    assert ADDRESS in (server.home / "groups" / "news.rec").read_text(encoding="utf-8")
    members = {one["value"]: one["member"] for one in dialog.ask("GET", "choices")["groups"]}
    assert members["news.rec"]
    dialog.cancel()


def test_a_text_becomes_a_pdf(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    _, printer = office
    printer.start()
    path = tmp_path / "note.txt"
    path.write_text("A note for all branches.\n" * 100)
    printer.print_file(path)
    assert printer.next_dialog(1).look()["pages"] == 2


@pytest.mark.skipif(
    not Path(OFFICE).exists(), reason="LibreOffice is not here: apt-get install libreoffice-writer-nogui"
)
def test_an_office_program_prints_here(office: tuple[Server, PcPrinter], tmp_path: Path) -> None:
    server, printer = office
    printer.start()
    letter = tmp_path / "letter.html"
    letter.write_text("<html><body><h1>To all branches</h1><p>Good morning.</p></body></html>", encoding="utf-8")
    command = [OFFICE, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--pt", QUEUE, str(letter)]
    done = subprocess.run(command, env=printer.cups.environment, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    dialog = printer.next_dialog(1)
    shown = dialog.look()
    assert shown["pages"] == 1
    document = printer.pc.home / "drafts" / dialog.draft / "document"
    text = pypdfium2.PdfDocument(document)[0].get_textpage().get_text_range()
    assert "To all branches" in text
    assert dialog.send(title=shown["title"], groups=["all.rec"])["state"] == "sent"
    assert len(list_jobs(server)) == 1


def test_the_printer_goes_again(office: tuple[Server, PcPrinter]) -> None:
    _, printer = office
    backend = printer.cups.home / "programs" / "backend" / "distprint"
    entry = printer.pc.home / "distserver-printer.desktop"
    assert backend.exists()
    assert "printer run" in entry.read_text()
    done = printer.command("printer", "remove", *printer.places)
    assert done.returncode == 0, done.stderr
    assert not backend.exists()
    assert not entry.exists()
    assert QUEUE not in printer.cups.run("lpstat", "-e")
    nowhere = str(printer.pc.home / "no-desktop")
    made = printer.command("printer", "install", *printer.places, "--autostart", nowhere)
    assert f"{nowhere} is not: have each account's session start" in made.stdout
    assert "sessions that begin from now on" in printer.command("printer", "install", *printer.places).stdout
    assert (QUEUE in printer.cups.run("lpstat", "-e"), list_own(printer)) == (True, [])


def list_own(printer: PcPrinter) -> list[str]:
    """What the viewer offers to print on: what goes out again is none of it."""
    asked = "from pc_client.receiver.printing import list_printers; print(*list_printers())"
    environment = {**printer.cups.environment, "CUPS_SERVER": f"127.0.0.1:{printer.cups.port}"}
    command = [sys.executable, "-c", asked]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.split()
