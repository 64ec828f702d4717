"""Windows of the PC's programs: a browser that opens none is told of."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from pc_client.desktop.windows import open_window
from tests.support.patience import wait_until


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


def test_a_browser_that_is_not_there_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_window("http://127.0.0.1:9/", (100, 100), str(tmp_path / "none"), tmp_path)
    assert "cannot be started" in caplog.text
