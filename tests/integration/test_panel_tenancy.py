"""One device has one panel and one printer: a second one on its home is turned away and disturbs nothing, and commands
work beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ippeveprinter import find_port
from tests.support.panel import Office, run_office
from tests.support.server import ROOT
from tests.support.whole_device import start_whole_device


def _command(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mfp_client", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with run_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def test_a_second_panel_disturbs_no_scan_of_the_first(office: Office) -> None:
    panel = office.panel
    panel.lay_text(pages=2)
    panel.post("/api/tasks", kind="store", title="in the middle")
    second = _command("panel", "--home", str(panel.home), "--port", "0")
    assert (second.returncode, "another mfp-client is at work" in second.stderr) == (1, True), second.stderr
    task = panel.wait_for("done", "failed")
    assert (task["step"], task["document"]["pages"]) == ("done", 2), task
    panel.post("/api/task/stop")


def test_commands_work_beside_the_panel(office: Office, tmp_path: Path) -> None:
    panel, home = office.panel, ("--home", str(office.panel.home))
    panel.lay_text()
    panel.post("/api/tasks", kind="store", title="seen by both")
    image_id = panel.wait_for("done", "failed")["document"]["id"]
    listed = json.loads(_command("memory", "list", *home, "--json").stdout)
    assert image_id in [one["id"] for one in listed["documents"]]
    made = _command("sheet", "make", *home, "--id", str(image_id), "--out", str(tmp_path / "sheet.pdf"))
    assert made.returncode == 0, made.stderr
    assert _command("memory", "erase", *home, str(image_id), "--operator").returncode == 0
    gone = panel.ask("GET", f"/api/documents/{image_id}")
    assert (gone.status, gone.body["error"]) == (404, "image-erased")


def test_a_second_device_on_the_home_touches_nothing_that_the_first_is_printing(tmp_path: Path) -> None:
    with start_whole_device(tmp_path / "home") as device:
        spool = device.home / "printer" / "spool"
        part = spool / ".000001-half.part"
        part.write_bytes(b"what is being received")
        file = device.home / "mfp-client.toml"
        said = file.read_text()
        lines = [line for line in said.splitlines() if not line.startswith(("printer_port", "panel_port"))]
        file.write_text("\n".join([*lines, f"printer_port = {find_port()}", f"panel_port = {find_port()}", ""]))
        second = _command("run", "--home", str(device.home))
        assert (second.returncode, "another mfp-client is at work" in second.stderr) == (1, True), second.stderr
        assert part.exists()
