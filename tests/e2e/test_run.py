"""`deploy/run` as a new user has it: the server, three devices, one broadcast, three receipts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support.ippeveprinter import find_port
from tests.support.patience import wait_until
from tests.support.sources import ROOT

pytestmark = pytest.mark.real
BRANCHES = ("sapporo", "nagoya", "osaka")


def _start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """What `deploy/run` becomes once the environment is ready, in the environment of this test."""
    port = str(find_port())
    command = [sys.executable, "-P", "-m", "deploy.demo", "--home", str(home), "--port", port, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def _pages(home: Path, branch: str) -> list[Path]:
    tray = home / "demo" / branch / "tray"
    return [p for p in tray.rglob("*.png") if not any(part.startswith(".") for part in p.relative_to(tray).parts)]


def test_once_lays_pages_into_three_trays(tmp_path: Path) -> None:
    """D4, D11, N7: one small command; every branch has both pages, and a receipt that says completed."""
    run = _start(tmp_path / "home", "--once")
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert said.count(" completed ") == len(BRANCHES), said
    assert {branch: len(_pages(tmp_path / "home", branch)) for branch in BRANCHES} == dict.fromkeys(BRANCHES, 2)


def test_it_stays_until_it_is_told_to_end(tmp_path: Path) -> None:
    """N7: Ctrl-C ends server and devices, and what a home holds is found again by the next start."""
    for start in range(2):
        run = _start(tmp_path / "home")
        assert run.stdout is not None
        said = []
        try:
            for line in run.stdout:
                said.append(line)
                if "Ctrl-C" in line:
                    break
        finally:
            run.send_signal(signal.SIGINT)
            rest, _ = run.communicate(timeout=120)
        assert run.returncode == 0, (start, "".join(said) + rest)
        assert any(line.startswith("Sign in: admin") for line in said), said


def test_the_first_device_has_a_panel_that_is_enrolled(tmp_path: Path) -> None:
    """D5, D9: whoever tries it can stand at a panel at once, with a page in its feeder; also at the second start."""
    device = tmp_path / "home/demo/sapporo"
    for _ in range(2):
        run = _start(tmp_path / "home")
        assert run.stdout is not None
        try:
            line = next(line for line in run.stdout if line.startswith("Panel:"))
            address = next(word for word in line.split() if word.startswith("http://"))
            wait_until(lambda address=address: _ask(address)["server"]["state"] == "up")
            state = _ask(address)
        finally:
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=120)
        assert (state["device"]["name"], state["device"]["set_up"]) == ("Sapporo branch", True)
        assert [one["uri"] for one in state["scanners"]] == [f"folder:{device / 'feeder'}"]
        assert [path.name for path in (device / "feeder").iterdir()] == ["notice.pdf"]
        assert f'media_folders = ["{device / "stick"}"]' in (device / "mfp-client.toml").read_text()
        assert (device / "stick").is_dir()
        assert (device / "server-token").stat().st_mode & 0o777 == 0o600


def _ask(panel: str) -> Any:
    with urlopen(f"{panel}api/state") as answer:
        return json.load(answer)
