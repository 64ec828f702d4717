"""Windows of the PC's programs: a browser that opens none is told of."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pc_client.desktop.windows import open_window
from tests.support.patience import wait_until
from tests.support.sources import ROOT


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo first >&2; echo 'no sandbox for root' >&2; exit 3", "has ended with code 3: no sandbox for root"),
        ("exit 1", "has ended with code 1"),
    ],
)
def test_a_browser_that_ends_without_a_window_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, script: str, told: str
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    with caplog.at_level(logging.WARNING):
        open_window("http://127.0.0.1:9/", (100, 100), str(browser), tmp_path)
        wait_until(lambda: told in caplog.text)
        wait_until(lambda: not any(one.name == "window" for one in threading.enumerate()))


def test_a_pc_without_a_browser_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", lambda _address: False)
    open_window("http://127.0.0.1:9/", (100, 100), "", tmp_path)
    assert "no browser" in caplog.text


def test_a_window_stays_whatever_its_browser_says_once_the_program_has_ended(tmp_path: Path) -> None:
    """Nobody reads that any more."""
    browser, done = tmp_path / "browser", tmp_path / "done"
    wait = f"while [ ! -e '{tmp_path}/ended' ]; do sleep 0.05; done"
    browser.write_text(f"#!/bin/sh\n{wait}\necho one >&2\necho two >&2\n: > '{done}'\n")
    browser.chmod(0o755)
    code = "import pathlib, sys; from pc_client.desktop.windows import open_window as show; "
    code += "show('http://127.0.0.1:9/', (100, 100), sys.argv[1], pathlib.Path('/'))"
    subprocess.run([sys.executable, "-c", code, str(browser)], cwd=ROOT, check=True)
    (tmp_path / "ended").touch()
    wait_until(done.exists)


def test_a_browser_that_is_not_there_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_window("http://127.0.0.1:9/", (100, 100), str(tmp_path / "none"), tmp_path)
    assert "cannot be started" in caplog.text
