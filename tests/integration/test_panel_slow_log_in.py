"""A log-in that the server answers late: on the panel STOP takes it back, and others log in meanwhile (SPEC D5)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mfp_client.panel.app import make_app
from mfp_client.panel.desk import Desk, open_desk
from mfp_client.settings import DeviceSettings, save_settings
from tests.support.patience import MOST_SECONDS, wait_until
from tests.support.serving import serving


class _Slow(BaseHTTPRequestHandler):
    """Lets everybody in, anna when it is told to."""

    asked = threading.Event()
    told = threading.Event()

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if said["user"] == "anna":
            self.asked.set()
            self.told.wait(MOST_SECONDS)
        answer = {"user": said["user"], "role": "sender", "grant": "dg_1", "grant_expires": "2099-01-01T00:00:00Z"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class _LogIn:
    """One that is under way in a thread of its own."""

    screen: FlaskClient
    user: str
    answers: list[TestResponse] = field(default_factory=list)

    def begin(self) -> threading.Thread:
        thread = threading.Thread(target=self.carry_out, daemon=True)
        thread.start()
        return thread

    def carry_out(self) -> None:
        self.answers.append(self.screen.post("/api/log-in", json={"user": self.user, "password": "x"}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    _Slow.asked.clear()
    _Slow.told.clear()
    with serving(server, "slow"):
        address = f"http://127.0.0.1:{server.server_address[1]}"
        save_settings(tmp_path, DeviceSettings(log_in="users", server=address))
        with open_desk(tmp_path) as desk:
            yield desk


def _make_screen(desk: Desk) -> FlaskClient:
    screen = make_app(desk).test_client()
    screen.environ_base["HTTP_X_PANEL"] = "1"
    return screen


def test_an_answer_that_comes_late_takes_the_panel_from_nobody(desk: Desk) -> None:
    """Who was let in since stays, and what they scan goes on."""
    late, bob = _LogIn(_make_screen(desk), "anna"), _LogIn(_make_screen(desk), "bob")
    under_way = late.begin()
    wait_until(_Slow.asked.is_set)
    bob.carry_out()
    assert bob.answers[0].status_code == 200
    _Slow.told.set()
    under_way.join(MOST_SECONDS)
    assert [(one.status_code, one.get_json()["error"]) for one in late.answers] == [(409, "log-in-overtaken")]
    assert bob.screen.get("/api/state").get_json()["seat"]["user"] == "bob"
    bob.screen.post("/api/log-out")
    bob.carry_out()
    assert bob.answers[1].status_code == 200


def test_nor_does_it_log_in_after_who_has_left(desk: Desk) -> None:
    late, bob = _LogIn(_make_screen(desk), "anna"), _LogIn(_make_screen(desk), "bob")
    under_way = late.begin()
    wait_until(_Slow.asked.is_set)
    bob.carry_out()
    bob.screen.post("/api/log-out")
    _Slow.told.set()
    under_way.join(MOST_SECONDS)
    assert late.answers[0].status_code == 409
    assert desk.seats.user is None
