"""The panel's files and scripted answers in place of the device: states that a real device reaches rarely, or too late.

A jam in the middle of a scan, ten thousand destinations, a sheet of another device: a test writes the state, and the
screen shows it. What is asked for is written down in `calls`. Flows through real devices are tested elsewhere.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from PIL import Image, ImageDraw
from werkzeug.serving import make_server

import mfp_client.panel
from tests.support.serving import serving

POLICY = "default-src 'self'"
_FILES = Path(mfp_client.panel.__file__).parent
_POLL_SECONDS = 10.0
_PATIENCE_SECONDS = 120.0

Answer = Callable[[dict[str, Any]], ResponseReturnValue]


def idle_state() -> dict[str, Any]:
    """A device at rest, with nobody logged in."""
    return {
        "device": {
            "name": "Sales department 1",
            "address": "sale1.hqs.mei.co.jp",
            "version": "0.1.0",
            "language": "en",
            "contrast": "normal",
            "log_in": "users",
            "set_up": True,
        },
        "server": {"state": "up", "url": "https://server.example", "words": "", "since": 0},
        "seat": None,
        "printer": {"state": "idle", "reasons": ["none"], "words": ""},
        "scanners": [{"uri": "folder:feeder", "name": "Feeder"}],
        "memory": {"octets": 812_000_000, "limit": 4_000_000_000, "documents": 3},
        "waiting": 0,
        "task": None,
        "notices": [],
        "unfinished": [],
    }


SEAT = {
    "user": "tanaka",
    "role": "sender",
    "operator": False,
    "language": None,
    "idle_seconds": 600,
    "warning_seconds": 20,
    "offline": False,
}


@dataclass
class ScriptedPanel:
    """`answers` by method and path (without /api) replaces or adds answers; `calls` is what was asked, in order; `seen`
    is the serial of the state that a screen had when it asked for the next. While `late` is not set, a state that is
    asked for without waiting is under way."""

    url: str = ""
    state: dict[str, Any] = field(default_factory=idle_state)
    answers: dict[tuple[str, str], Answer | Any] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    serial: int = 1
    seen: int = 0
    late: threading.Event | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def set(self, **facts: Any) -> None:
        """Change the state; every screen that waits is told."""
        with self._changed:
            self.state.update(facts)
            self.serial += 1
            self._changed.notify_all()

    def rest(self) -> None:
        """As at the beginning."""
        with self._changed:
            self.answers.clear()
            self.calls.clear()
            self.late = None
        self.set(**idle_state())

    def wait_state(self, after: int | None) -> dict[str, Any]:
        """The state, once it is newer than `after`."""
        with self._changed:
            if after is not None:
                self.seen = after
                self._changed.notify_all()
            self._changed.wait_for(lambda: after is None or self.serial > after, timeout=_POLL_SECONDS)
            told = {"serial": self.serial, **self.state}
        if after is None and self.late is not None:
            self.late.wait(_PATIENCE_SECONDS)
        return told

    def wait_seen(self) -> None:
        """Until a screen has drawn the state: it asks for the one after it."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.seen >= self.serial, timeout=_PATIENCE_SECONDS), "nobody looks"

    def answer(self, method: str, path: str, body: dict[str, Any]) -> ResponseReturnValue:
        """What the script says to a request."""
        self.calls.append((method, path, body))
        found = self.answers.get((method, path))
        if found is None:
            return jsonify({"error": "not-scripted", "words": f"{method} {path} is not scripted"}), 404
        return found(body) if callable(found) else jsonify(found)

    def bodies(self, method: str, path: str) -> list[Any]:
        """What was sent there so far."""
        return [body for called, where, body in self.calls if (called, where) == (method, path)]


def refuse(status: int, error: str, words: str = "", **facts: Any) -> Answer:
    """A refusal as the panel's interface words it."""
    return lambda _body: (jsonify({"error": error, "words": words, "facts": facts}), status)


def make_app(panel: ScriptedPanel) -> Flask:
    """The page, its files, and the scripted interface."""
    app = Flask("panel", template_folder=str(_FILES / "templates"), static_folder=str(_FILES / "static"))

    @app.get("/")
    def page() -> ResponseReturnValue:
        return render_template("panel.html", language="en"), {"Content-Security-Policy": POLICY}

    @app.get("/api/state")
    def state() -> ResponseReturnValue:
        return jsonify(panel.wait_state(request.args.get("after", type=int)))

    @app.get("/api/<path:path>.jpg")
    def picture(path: str) -> ResponseReturnValue:
        return draw_page(path), {"Content-Type": "image/jpeg"}

    @app.route("/api/<path:path>", methods=["GET", "POST", "DELETE"])
    def other(path: str) -> ResponseReturnValue:
        body = (request.get_json(silent=True) or {}) if request.method == "POST" else dict(request.args)
        return panel.answer(request.method, f"/{path}", body)

    return app


def draw_page(path: str) -> bytes:
    """A page that can be told from others: its address as the heading, and lines that differ."""
    image = Image.new("L", (420, 594), 255)
    draw = ImageDraw.Draw(image)
    draw.text((40, 36), "Price list, spring", fill=0, font_size=30)
    seed = sum(path.encode())
    for line in range(22):
        draw.line((40, 100 + 20 * line, 200 + (seed * (line + 3) * 37) % 180, 100 + 20 * line), fill=90, width=6)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


@contextmanager
def run_scripted_panel() -> Iterator[ScriptedPanel]:
    """Serve on a free port of this machine for as long as the block runs."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    panel = ScriptedPanel()
    server = make_server("127.0.0.1", 0, make_app(panel), threaded=True)
    panel.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server, "panel"):
        yield panel
