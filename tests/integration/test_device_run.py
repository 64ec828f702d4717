"""`mfp-client run`: printer and panel as one tree that a service manager starts and ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.support.patience import wait_until
from tests.support.whole_device import PATIENCE, ROOT, start_whole_device, write_home


def test_printer_and_panel_run_as_one_tree_and_end_together(tmp_path: Path) -> None:
    with start_whole_device(tmp_path / "home", name="複合機 2") as device:
        assert device.ask("api/state")["device"]["name"] == "複合機 2"
        with urlopen(device.uri.replace("ipp:", "http:").removesuffix("ipp/print")) as page:
            assert page.status == 200
        panel = device.panel_process()
        assert panel is not None
        assert device.stop() == 0
        assert not _is_alive(panel.pid)


def test_a_panel_that_dies_is_started_again_and_the_printer_goes_on(tmp_path: Path) -> None:
    with start_whole_device(tmp_path / "home") as device:
        before = device.panel_process()
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)
        wait_until(
            lambda: (now := device.panel_process()) is not None and now.pid != before.pid, lambda: "no new panel"
        )
        assert device.ask("api/state")["serial"] > 0
        assert device.process.poll() is None


def test_the_panel_ends_with_a_device_that_is_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with start_whole_device(home) as device:
        panel = device.panel_process()
        assert panel is not None
        device.kill()
        wait_until(lambda: not _is_alive(panel.pid), lambda: "the panel does not end")
    with start_whole_device(home) as device:  # the same ports are free again
        assert device.ask("api/state")["serial"] > 0


def test_what_prevents_a_start_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        write_home(tmp_path, printer_port=taken.getsockname()[1])
        done = _run(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the printer cannot run: 127.0.0.1:" in done.stderr
    (tmp_path / "mfp-client.toml").write_text("name = 5\n")
    done = _run(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "line 1: name: write words" in done.stderr


def _run(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mfp_client", "run", "--home", str(home)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
