"""`mfp-client run`: printer and panel as one tree that a service manager starts and ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.request import urlopen

from distwire.local.token import read_token
from mfp_client.settings import DeviceSettings, load_settings
from tests.support.ippeveprinter import find_port
from tests.support.patience import wait_until
from tests.support.processes import is_alive
from tests.support.server import run_server
from tests.support.whole_device import PATIENCE, ROOT, start_whole_device, write_home


def test_printer_and_panel_run_as_one_tree_and_end_together(tmp_path: Path) -> None:
    with start_whole_device(tmp_path / "home", name="複合機 2") as device:
        assert device.ask("api/state")["device"]["name"] == "複合機 2"
        with urlopen(device.uri.replace("ipp:", "http:").removesuffix("ipp/print")) as page:
            assert page.status == 200
        panel = device.panel_process()
        assert panel is not None
        assert device.stop() == 0
        assert not is_alive(panel.pid)


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
        wait_until(lambda: not is_alive(panel.pid), lambda: "the panel does not end")
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


def test_a_code_makes_the_device_known_to_the_server(tmp_path: Path) -> None:
    home, mine = tmp_path / "device", "ipp://127.0.0.1:8651/ipp/print"
    with run_server(tmp_path / "server") as server:
        server.write_group("all.rec", "everybody", [f"{mine}; 本社 複合機"])
        url = server.local()["url"].rstrip("/")
        told = ("--server", url, "--address", mine)
        refused = _enrol(home, *told, "--code", "1234 5678")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert not (home / "server-token").exists()
        code = json.loads(server.command("device", "enrol", mine, "--json").stdout)["code"]
        done = _enrol(home, *told, "--code", code)
        assert (done.returncode, done.stdout) == (0, f"本社 複合機 is enrolled with {url} as {mine}\n"), done.stderr
        assert (home / "server-token").stat().st_mode & 0o777 == 0o600
        settings = load_settings(home)
        assert (settings.server, settings.address, settings.name) == (url, mine, "本社 複合機")
        with start_whole_device(home, **{**asdict(settings), "printer_port": find_port(), "panel_port": 0}) as device:
            assert device.ask("api/state")["device"]["set_up"] is True
            wait_until(lambda: device.ask("api/state")["server"]["state"] == "up")
        assert _enrol(home, "--code", code).returncode == 1


def test_enrol_says_what_is_missing_or_wrong(tmp_path: Path) -> None:
    assert "say which server: --server" in _enrol(tmp_path, "--code", "1").stderr
    assert "say which line of all.rec" in _enrol(tmp_path, "--server", "http://127.0.0.1:9", "--code", "1").stderr
    done = _enrol(tmp_path, "--server", "nonsense", "--address", "a", "--code", "1")
    assert "server: write" in done.stderr
    away = _enrol(tmp_path, "--server", "http://127.0.0.1:9", "--address", "a", "--code", "1")
    assert (away.returncode, away.stderr.count("\n")) == (1, 1)
    assert load_settings(tmp_path) == DeviceSettings()  # the file is tried before the code is used up, and says nothing
    assert read_token(tmp_path) == ""


def _enrol(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mfp_client", "enrol", "--home", str(home), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
