"""D13: `pc-client send` from files, a watched folder and a scanner, at a real server."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pc_client.settings import FILE
from tests.support.documents import make_pdf, make_tiff
from tests.support.patience import wait_until
from tests.support.pc import PATIENCE, Pc, run_office_with_pc
from tests.support.pc_printer import Dialog
from tests.support.server import ROOT, Server


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Server, Pc]]:
    with run_office_with_pc(tmp_path) as both:
        yield both


def list_jobs(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(server.get("/api/v1/jobs"))["jobs"]
    return found


def start(pc: Pc, *arguments: str) -> subprocess.Popen[str]:
    """A command that runs on beside the test."""
    command = [sys.executable, "-m", *pc.program, *arguments, "--home", str(pc.home)]
    return subprocess.Popen(command, cwd=ROOT, env=pc.environment, stdout=subprocess.PIPE, text=True)


def test_files_go_as_they_are_and_as_bitmaps(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    path = make_pdf(tmp_path / "prices.pdf", pages=2)
    done = pc.command("send", str(path), "--to", "all", "--copies", "2")
    assert done.returncode == 0, done.stderr
    assert "prices.pdf: sent as job" in done.stdout
    done = pc.command("send", str(path), "--to-destination", "pc:frontdesk", "--bitmap", "grey", "--title", "grey")
    assert done.returncode == 0, done.stderr
    grey, plain = list_jobs(server)
    assert (plain["options"]["copies"], plain["documents"][0]["format"]) == (2, "application/pdf")
    assert plain["documents"][0]["size"] == path.stat().st_size
    assert (grey["documents"][0]["format"], grey["documents"][0]["pages"]) == ("image/tiff", 2)


def test_what_has_become_of_it_is_told_at_the_pc(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    assert "has sent nothing yet" in pc.command("sent").stdout
    server.write_group("tray.rec", "Tray", ["discard:one; One"])
    wait_until(lambda: b"tray.rec" in server.get("/api/v1/groups"))
    path = make_pdf(tmp_path / "prices.pdf")
    assert pc.command("send", str(path), "--to", "tray").returncode == 0
    wait_until(lambda: list_jobs(server)[0]["state"] == "completed")
    (job,) = list_jobs(server)
    listed = pc.command("sent").stdout
    assert (job["id"] in listed, "prices.pdf  1/1  Every destination has it." in listed) == (True, True)
    assert "One  completed" in pc.command("sent", job["id"]).stdout
    assert json.loads(pc.command("sent", job["id"], "--json").stdout)[0]["destination"] == "One"
    unknown = pc.command("sent", "nosuch")
    assert (unknown.returncode, "nosuch" in unknown.stderr) == (1, True)


def test_what_is_refused_is_said_and_not_kept(office: tuple[Server, Pc], tmp_path: Path) -> None:
    _, pc = office
    path = make_pdf(tmp_path / "prices.pdf")
    done = pc.command("send", str(path), "--to", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert json.loads(pc.command("outbox", "--json").stdout) == []
    assert pc.command("send", str(path)).returncode == 2
    assert pc.command("send", "--to", "all").returncode == 2


def test_of_files_of_which_one_makes_no_bitmaps_none_is_sent(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    good, bad = make_pdf(tmp_path / "good.pdf"), tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\nnothing\n")
    before = len(list_jobs(server))
    done = pc.command("send", str(good), str(bad), "--to", "all", "--bitmap", "black")
    assert done.returncode == 1
    assert json.loads(pc.command("outbox", "--json").stdout) == []
    assert len(list_jobs(server)) == before


def test_what_is_kept_goes_with_the_next_one(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    path = make_pdf(tmp_path / "prices.pdf")
    server.process.terminate()
    server.process.wait(PATIENCE)
    done = pc.command("send", str(path), "--to", "all", "--title", "first")
    assert done.returncode == 3
    assert "kept, and sent when the server is back" in done.stderr
    (row,) = json.loads(pc.command("outbox", "--json").stdout)
    assert (row["title"], row["reason"], row["final"]) == ("first", "server-away", False)
    assert pc.command("outbox", "--withdraw", "no-such-key").returncode == 1
    server.start_again()
    server.wait_until_healthy()
    assert pc.command("send", str(path), "--to", "all", "--title", "second").returncode == 0
    assert [one["title"] for one in list_jobs(server)] == ["second", "first"]


def test_a_watched_folder(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    folder = tmp_path / "scans"
    folder.mkdir()
    process = start(pc, "send", "--watch", str(folder), "--to", "all")
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0]
        assert "sending what comes into" in process.stdout.readline()
        make_pdf(folder / "one.pdf")
        (folder / "two.pdf").write_bytes(b"this is no document \x00\x01")
        (folder / "three.pdf.part").write_bytes(b"%PDF-")
        wait_until(lambda: [one["title"] for one in list_jobs(server)] == ["one.pdf"])
        wait_until((folder / "refused" / "two.pdf.txt").exists, lambda: sorted(folder.rglob("*")))
        assert (folder / "refused" / "two.pdf").exists()
        wait_until((folder / "sent" / "one.pdf").exists, lambda: sorted(folder.rglob("*")))
        assert (folder / "three.pdf.part").exists()
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()


def test_a_watched_folder_goes_on_where_nobody_hears_what_it_says(office: tuple[Server, Pc], tmp_path: Path) -> None:
    """As when the terminal in which it was begun, or what read its words, has ended."""
    server, pc = office
    folder = tmp_path / "scans"
    folder.mkdir()
    process = start(pc, "send", "--watch", str(folder), "--to", "all")
    try:
        assert process.stdout is not None
        assert "sending what comes into" in process.stdout.readline()
        process.stdout.close()
        for name in ("one.pdf", "two.pdf"):
            make_pdf(folder / name)
            wait_until(lambda: list_jobs(server)[:1] and list_jobs(server)[0]["title"] == name)  # noqa: B023 - at once
        (folder / "three.pdf").write_bytes(b"this is no document \x00\x01")
        wait_until((folder / "refused" / "three.pdf.txt").exists, lambda: sorted(folder.rglob("*")))
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_scanner_at_the_pc(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    (tmp_path / "sheets").mkdir()
    make_tiff(tmp_path / "sheets" / "1.tif")
    done = pc.command("send", "--scan", f"folder:{tmp_path}/sheets", "--to", "all", "--title", "scanned")
    assert done.returncode == 0, done.stderr
    (job,) = list_jobs(server)
    assert (job["title"], job["documents"][0]["format"]) == ("scanned", "application/pdf")


def test_asking_first(office: tuple[Server, Pc], tmp_path: Path) -> None:
    server, pc = office
    process = start(pc, "send", str(make_pdf(tmp_path / "prices.pdf", pages=4)), "--ask", "--to", "all")
    wait_until(lambda: len(pc.opened()) == 1)
    dialog = Dialog(pc.opened()[0])
    shown = dialog.look()
    assert (shown["title"], shown["pages"], shown["groups"]) == ("prices.pdf", 4, ["all"])
    assert dialog.send(title="asked", groups=["all.rec"])["state"] == "sent"
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    (job,) = list_jobs(server)
    assert (job["title"], f"prices.pdf: sent (job {job['id']})" in said) == ("asked", True)


def test_a_pc_that_is_not_enrolled_says_so(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "prices.pdf")
    command = [sys.executable, "-m", "pc_client", "send", str(path), "--to", "all", "--home", str(tmp_path / "home")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "not enrolled yet" in done.stderr
    assert FILE.load(tmp_path / "home").server == ""
