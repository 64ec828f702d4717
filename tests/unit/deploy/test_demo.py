"""The parts of `deploy/run`: its group file, its document, its children, its words when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pypdf
import pytest

from deploy.demo.branches import BRANCHES, is_free, write_groups
from deploy.demo.notice import write_notice
from deploy.demo.processes import Child, DemoFailed, end_all
from tests.support.ippeveprinter import find_port
from tests.support.sources import ROOT

URIS = [(branch, f"ipp://127.0.0.1:{9000 + n}/ipp/print") for n, branch in enumerate(BRANCHES)]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "deploy.demo", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_group_file_has_the_form_of_a_group(tmp_path: Path) -> None:
    """D1: two lines of names, then an address and a name a line."""
    write_groups(tmp_path, URIS)
    lines = (tmp_path / "demo.rec").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# demonstration branches", "# demo.rec"]
    assert lines[-3:] == [f"{uri}; {branch.name}" for branch, uri in URIS]
    assert [path.name for path in tmp_path.iterdir()] == ["demo.rec"]


def test_group_file_is_left_alone_when_it_is_right(tmp_path: Path) -> None:
    write_groups(tmp_path, URIS)
    before = (tmp_path / "demo.rec").stat()
    write_groups(tmp_path, URIS)
    assert (tmp_path / "demo.rec").stat().st_ino == before.st_ino


def test_the_devices_stand_in_all_rec_once_at_the_address_of_now(tmp_path: Path) -> None:
    """D9: only what all.rec names can be registered with a group, also at a demonstration."""
    (tmp_path / "all.rec").write_text("# everything\n# all.rec\nsale1.example; sales\n", encoding="utf-8")
    before = [(branch, uri.replace(":900", ":800")) for branch, uri in URIS]
    for branches in (before, URIS, URIS):
        write_groups(tmp_path, branches)
    lines = (tmp_path / "all.rec").read_text(encoding="utf-8").splitlines()
    members = [f"{uri}; {branch.name}" for branch, uri in URIS]
    assert lines == ["# everything", "# all.rec", "sale1.example; sales", *members]


def test_notice_has_two_pages_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        write_notice(tmp_path / name, date(2026, 4, 1))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    pages = pypdf.PdfReader(tmp_path / "a.pdf").pages
    assert len(pages) == 2
    assert "Notices now reach every branch at once" in pages[0].extract_text()


def test_taken_port_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert not is_free(port)
        done = _run("--port", str(port), "--home", str(tmp_path / "home"))
    assert done.returncode == 78
    assert done.stderr == f"deploy/run: port {port} is taken: end what uses it, or choose another with --port N\n"


def test_unusable_home_is_one_line_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = _run("--port", str(find_port()), "--home", str(tmp_path / "file/home"))
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1


def test_once_without_devices_makes_no_sense() -> None:
    assert _run("--once", "--no-demo").returncode == 2


def test_child_is_waited_for_and_ended(tmp_path: Path) -> None:
    child = _child(tmp_path, "print('ready', flush=True); import time; time.sleep(600)")
    try:
        assert child.wait_for("word", lambda: "ready" in child.log.read_text() or None, 60) is True
    finally:
        end_all([child])
    assert not child.is_running()


def test_child_that_ends_is_told_by_its_last_words(tmp_path: Path) -> None:
    child = _child(tmp_path, "import sys; sys.exit('no paper in the tray')")
    with pytest.raises(DemoFailed, match="ended before it had spoken: no paper in the tray"):
        child.wait_for("spoken", lambda: None, 60)


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from deploy.demo.processes import Child\n"
        "Child('x', [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'],"
        " Path(sys.argv[1]))\ntime.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = tmp_path / "log"
    parent = subprocess.Popen([sys.executable, "-P", "-c", code, str(log)], env=environment)
    try:
        _wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
        child = int(log.read_text())
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    _wait_until(lambda: not _lives(child))


def _child(folder: Path, code: str) -> Child:
    return Child("device", [sys.executable, "-c", code], folder / "logs/log")


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_until(condition: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
