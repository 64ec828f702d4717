"""First start of a panel on a real server: what is wrong is told before the code of the board is used up (SPEC D9)."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from distwire.local.token import read_token
from mfp_client.panel.desk import AGAIN
from mfp_client.settings import DeviceSettings, load_settings
from tests.support.panel import PATIENCE, Panel, run_panel
from tests.support.patience import wait_until
from tests.support.server import ROOT, Server, run_server

ADDRESS = "ipp://192.0.2.7/ipp/print"
LONG_NAME = "札幌支店の複合機" * 8
"""192 octets: a line of all.rec may have it, a printer may not."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("server")) as server:
        server.write_group("all.rec", "everybody", [f"{ADDRESS}; {LONG_NAME}"])
        yield server


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    with run_panel(tmp_path / "home", DeviceSettings(panel_port=0)) as panel:
        yield panel


def _make_code(server: Server) -> str:
    done = server.command("device", "enrol", ADDRESS, "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["code"])


def _setup(server: Server, **more: str) -> dict[str, str]:
    return {"server": server.local()["url"], "address": ADDRESS, "code": _make_code(server), **more}


@pytest.mark.parametrize(
    ("wrong", "keyword"),
    [
        ({"name": LONG_NAME[:100]}, "wrong-request"),
        ({"name": "two\nlines"}, "wrong-request"),
        ({"server": "ftp://127.0.0.1"}, "wrong-server"),
        ({"server": "server.example.org"}, "wrong-server"),
        ({"address": "line\u2028line"}, "wrong-address"),
        ({"address": "the copier in the hall"}, "wrong-address"),
        ({"address": "ipp:///ipp/print"}, "wrong-address"),
    ],
)
def test_what_is_wrong_uses_no_code_up(server: Server, panel: Panel, wrong: dict[str, str], keyword: str) -> None:
    wished = _setup(server)
    refused = panel.ask("POST", "/api/setup", {**wished, **wrong})
    assert (refused.status, refused.body["error"]) == (400, keyword), refused.body
    assert not read_token(panel.home)
    assert panel.ask("POST", "/api/setup", dict(wished)).status == 200


def test_a_name_that_is_too_long_for_a_printer_is_cut(server: Server, panel: Panel) -> None:
    said = panel.post("/api/setup", **_setup(server))
    assert LONG_NAME.startswith(said["name"])
    assert load_settings(panel.home).name == said["name"]
    assert stat.S_IMODE((panel.home / "server-token").stat().st_mode) == 0o600


def test_settings_that_cannot_be_written_use_no_code_up(server: Server, panel: Panel) -> None:
    file, wished = panel.home / "mfp-client.toml", _setup(server)
    said = file.read_text()
    file.write_text("name = [")
    refused = panel.ask("POST", "/api/setup", dict(wished))
    assert (refused.status, refused.body["error"]) == (503, "disk-error"), refused.body
    file.write_text(said)
    assert panel.ask("POST", "/api/setup", dict(wished)).status == 200


def test_the_command_tells_a_name_that_is_too_long_before_it_uses_the_code(server: Server, tmp_path: Path) -> None:
    code = _make_code(server)
    command = [sys.executable, "-m", "mfp_client", "enrol", "--home", str(tmp_path), "--code", code[:4], code[4:]]
    command += ["--server", server.local()["url"], "--address", ADDRESS]
    done = subprocess.run([*command, "--name", LONG_NAME], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "name: write a name of at most" in done.stderr) == (1, True), done.stderr
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_after_it_the_panel_starts_again_with_its_server(server: Server, panel: Panel) -> None:
    before = panel.url
    panel.post("/api/setup", **_setup(server, name="head office"))
    assert panel.process.stdout is not None
    panel.url = panel.process.stdout.readline().strip()
    assert panel.url != before
    wait_until(lambda: panel.get("/api/state")["server"]["state"] == "up", lambda: str(panel.get("/api/state")))
    assert panel.get("/api/state")["device"]["name"] == "head office"


@pytest.mark.parametrize("seconds", [0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_a_panel_that_is_told_to_end_while_it_starts_again_ends(server: Server, panel: Panel, seconds: float) -> None:
    panel.post("/api/setup", **_setup(server))
    time.sleep(seconds)
    assert panel.stop() in (0, -signal.SIGTERM)


def test_to_end_goes_before_to_start_again(panel: Panel) -> None:
    panel.process.send_signal(signal.SIGSTOP)
    for told in (AGAIN, signal.SIGTERM, AGAIN, signal.SIGCONT):
        panel.process.send_signal(told)
    assert panel.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("damaged", ["two\nlines", "tab\there", "\x00", "é", ""])
def test_a_damaged_token_is_as_one_that_the_server_does_not_know(server: Server, tmp_path: Path, damaged: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "server-token").write_text(damaged)
    settings = DeviceSettings(server=server.local()["url"], address=ADDRESS, panel_port=0)
    with run_panel(home, settings) as panel:
        wait_until(
            lambda: panel.get("/api/state")["server"]["state"] == "refused", lambda: str(panel.get("/api/state"))
        )


def test_a_panel_without_a_server_is_set_up_also_after_somebody_tried_to_log_in(server: Server, panel: Panel) -> None:
    refused = panel.ask("POST", "/api/log-in", {"user": "anna", "password": "too early"})
    assert (refused.status, refused.body["error"]) == (503, "server-down"), refused.body
    state = panel.get("/api/state")
    assert (state["device"]["set_up"], state["server"]["state"]) == (False, "none")
    assert panel.ask("POST", "/api/setup", dict(_setup(server))).status == 200


def test_where_nobody_logs_in_the_device_is_enrolled_once(server: Server, tmp_path: Path) -> None:
    """Also when two come at once, and before the panel has started again: one code is used."""
    with run_panel(tmp_path / "home", DeviceSettings(panel_port=0, log_in="none")) as panel:
        assert panel.ask("GET", "/api/groups").status == 503
        wished, other = _setup(server), {**_setup(server), "server": "http://127.0.0.1:9"}
        with ThreadPoolExecutor(4) as pool:
            wishes = [{**wished, "code": _make_code(server)}] + [other] * 3
            statuses = set(pool.map(lambda body: _try_setup(panel, body), wishes))
        assert 200 in statuses <= {0, 200, 403, 503}, statuses
        assert load_settings(panel.home).server == wished["server"].rstrip("/")
        panel.url = _read_address(panel)
        again = panel.ask("POST", "/api/setup", dict(_setup(server)))
        assert (again.status, "mfp-client enrol" in again.body["words"]) == (403, True), again.body


def _try_setup(panel: Panel, body: dict[str, str]) -> int:
    """The status; 0 from a panel that ends to start again."""
    try:
        return panel.ask("POST", "/api/setup", dict(body)).status
    except (OSError, HTTPException):
        return 0


def _read_address(panel: Panel) -> str:
    assert panel.process.stdout is not None
    return panel.process.stdout.readline().strip()


def test_a_device_that_is_enrolled_anew_beside_its_panel_is_taken_again(server: Server, panel: Panel) -> None:
    """The code ends the token that the panel has; the panel finds the new one, and works on by itself."""
    panel.post("/api/setup", **_setup(server))
    panel.url = _read_address(panel)
    command = [sys.executable, "-m", "mfp_client", "enrol", "--home", str(panel.home), "--code", _make_code(server)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    panel.url = _read_address(panel)
    wait_until(lambda: panel.get("/api/state")["server"]["state"] == "up", lambda: str(panel.get("/api/state")))
    listed = json.loads(server.command("device", "list", "--json").stdout)
    assert [one["subject"] for one in listed].count(ADDRESS) == 1, listed
