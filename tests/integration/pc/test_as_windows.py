"""A PC's programs with what Windows' Python has and lacks (`tests.support.as_windows`), at a real server (SPEC D14)."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import make_pdf, make_tiff
from tests.support.ippeveprinter import run_eve_printer
from tests.support.patience import wait_until
from tests.support.pc import PATIENCE, Pc, Window, change_setting, run_office_with_pc
from tests.support.server import ROOT, Server

AS_WINDOWS = ("tests.support.as_windows", "pc_client")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path) as (server, pc):
        pc.program = AS_WINDOWS
        yield server, pc


def list_titles(server: Server) -> list[str]:
    return [one["title"] for one in json.loads(server.get("/api/v1/jobs"))["jobs"]]


def send(server: Server, path: Path) -> None:
    done = server.command("send", str(path), "--to", "all")
    assert done.returncode == 0, done.stderr


def test_what_comes_is_printed_on_a_printer_of_the_network(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    with run_eve_printer(tmp_path) as printer:
        pc.start("--headless", "--print-to", printer.uri)
        path = make_pdf(tmp_path / "prices.pdf", pages=40)
        send(server, path)
        (one,) = pc.wait_for(1)
        stored = (pc.home / "inbox" / "documents" / f"{one.id}.pdf").read_bytes()
        wait_until(lambda: printer.read_documents() == [stored], (pc.home / "receiver.out").read_text)


def test_a_second_receiver_says_that_one_runs(office: tuple[Server, Pc]) -> None:
    _, pc = office
    pc.start("--headless", "--print-to", str(pc.home / "out"))
    done = pc.command("receiver", "--headless", "--print-to", str(pc.home / "out"))
    assert done.returncode == 1
    assert "runs already" in done.stderr


def test_files_scans_and_a_watched_folder_are_sent(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    path = make_pdf(tmp_path / "prices.pdf")
    for more in ((), ("--bitmap", "black")):
        done = pc.command("send", str(path), "--to", "all", *more)
        assert done.returncode == 0, done.stderr
    (tmp_path / "sheets").mkdir()
    make_tiff(tmp_path / "sheets" / "1.tif")
    done = pc.command("send", "--scan", f"folder:{tmp_path}/sheets", "--to", "all", "--title", "scanned")
    assert done.returncode == 0, done.stderr
    assert list_titles(server) == ["scanned", "prices.pdf", "prices.pdf"]
    folder = tmp_path / "watched"
    folder.mkdir()
    command = [sys.executable, "-m", *AS_WINDOWS, "send", "--watch", str(folder), "--to", "all", "--home", str(pc.home)]
    process = subprocess.Popen(command, cwd=ROOT, env=pc.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0]
        make_pdf(folder / "one.pdf")
        wait_until(lambda: list_titles(server)[0] == "one.pdf", lambda: sorted(folder.rglob("*")))
        wait_until((folder / "sent" / "one.pdf").exists, lambda: sorted(folder.rglob("*")))
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()


def test_what_windows_has_not_is_told(office: tuple[Server, Pc]) -> None:
    _, pc = office
    pc.environment["PATH"] = ""
    for command, told in (
        (("printer", "run"), "add-group-printer"),
        (("send", "--scan", "sane:test:0", "--to", "all"), "SANE"),
    ):
        done = pc.command(*command)
        assert done.returncode == 1, (command, done.stdout)
        assert told in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_it_starts_with_the_session(office: tuple[Server, Pc], tmp_path: Path) -> None:
    _, pc = office
    pc.environment["APPDATA"] = str(tmp_path / "Roaming")
    assert pc.command("autostart", "on").returncode == 0
    (entry,) = (tmp_path / "Roaming").rglob("*.cmd")
    assert f'PC_CLIENT_HOME={pc.home}"' in entry.read_text()
    assert pc.command("autostart", "off").returncode == 0
    assert not entry.exists()


def test_the_window_shows_the_pages(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    change_setting(pc, browser=str(pc.home / "browser"))
    pc.start()
    send(server, make_pdf(tmp_path / "prices.pdf"))
    (one,) = pc.wait_for(1)
    wait_until(lambda: len(pc.opened()) == 1)
    window = Window(pc.opened()[0])
    assert window.fetch("GET", f"letters/{one.id}/pages/1?width=200").startswith(b"\x89PNG")
    done = pc.command("inbox")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(pc.opened()) == 2)
