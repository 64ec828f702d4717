"""Whoever walks away from a panel is logged out, also when printer or server give no sign of life (SPEC D5)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.device import start_device, wait_for_jobs
from tests.support.panel import Office, run_office
from tests.support.patience import wait_until

PASSWORDS = {"anna": "correct horse battery", "bob": "staple of the house"}
_IDLE = 10


@pytest.fixture(scope="module")
def slow_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Path]]:
    """The device's own printer takes longer for a page than somebody may stand at the panel idly."""
    folder = tmp_path_factory.mktemp("office")
    with (
        start_device("everything", folder / "slow", seconds_per_page=4.0 * _IDLE) as slow,
        run_office(folder, log_in="users", idle_seconds=_IDLE, printer_uri=slow.uri) as office,
    ):
        for user, password in PASSWORDS.items():
            done = office.server.command(
                "user", "add", user, "--role", "sender", "--password-stdin", stdin=password + "\n"
            )
            assert done.returncode == 0, done.stderr
        yield office, slow.tray


def _wait_until_nobody_is_there(office: Office) -> None:
    panel = office.panel
    wait_until(lambda: panel.get("/api/state")["seat"] is None, lambda: str(panel.get("/api/state")["seat"]))


def test_a_printer_that_gives_no_sign_keeps_nobody_logged_in_and_prints_on(slow_office: tuple[Office, Path]) -> None:
    office, tray = slow_office
    panel = office.panel
    panel.log_in("anna", PASSWORDS["anna"])
    panel.lay_text()
    panel.post("/api/tasks", kind="copy", copies=1)
    assert panel.wait_for("printing", "failed")["step"] == "printing"
    _wait_until_nobody_is_there(office)
    panel.log_in("bob", PASSWORDS["bob"])
    assert panel.task() is None
    assert panel.ask("GET", "/api/task/pages/1.jpg").status == 409
    for path, body in (
        ("/api/tasks", {"kind": "copy"}),
        ("/api/task/answer", {"answer": "end"}),
        ("/api/task/start", {"copies": 1}),
        ("/api/task/retry", {}),
        ("/api/task/stop", {"keep": True}),
        ("/api/task/stop", {"keep": False}),
    ):
        answer = panel.ask("POST", path, body)
        assert (answer.status, answer.body["error"]) in ((409, "busy"), (409, "not-asked")), (path, answer)
    wait_for_jobs(tray, 1)
    panel.log_in("bob", PASSWORDS["bob"])  # he too has stood there for too long
    wait_until(lambda: panel.ask("POST", "/api/tasks", {"kind": "copy"}).status == 200, lambda: "still busy")
    panel.post("/api/task/stop")


def test_a_server_that_hangs_keeps_nobody_logged_in(slow_office: tuple[Office, Path]) -> None:
    office, _ = slow_office
    office.panel.log_in("anna", PASSWORDS["anna"])
    tree = [office.server.process.pid, *(one.pid for one in office.server.descendants())]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    try:
        _wait_until_nobody_is_there(office)
        assert office.panel.stop() in (0, -signal.SIGTERM)
    finally:
        for pid in tree:
            os.kill(pid, signal.SIGCONT)
