"""A screen of this PC as a Flask application: its page, who may see it, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request, send_file, send_from_directory
from werkzeug.exceptions import HTTPException

from distwire.local.own_peer import is_other_account
from distwire.local.own_screen import is_from_elsewhere, names_other_host
from pc_client.desktop.keys import Keys
from pc_client.desktop.refusals import Refusal

HOST = "127.0.0.1"
_SHARED = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ENTER = "/api/enter"
_LARGEST = 1 << 20


class Denied(Refusal):
    """The request is somebody else's."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A window gets in with one of `keys`, once, and then has the `cookie`. `name` is what its page calls this PC.
    `window` is what people call the screen; `anew` tells how to get a window of it. `programs`: paths for programs of
    the account, which have no cookie and are checked by themselves."""

    keys: Keys
    cookie: str
    name: str
    window: str
    anew: str
    programs: tuple[str, ...] = ()

    def check(self, endpoint: str | None) -> None:
        """Raises `Denied` for a request of somebody else."""
        if names_other_host(request.headers, HOST) or is_from_elsewhere(request.method, request.headers, "X-Screen"):
            raise Denied(f"{self.window} is worked from its own window")
        if request.path == "/" or endpoint in ("static", "show_shared"):
            return
        if is_other_account(request.environ):
            raise Denied(f"{self.window} is another account's")
        if request.path in (_ENTER, *self.programs):
            return
        if not self.keys.admits(request.cookies.get(self.cookie, "")):
            raise self.deny()

    def deny(self) -> Denied:
        """For who has no key, or one that was used."""
        return Denied(f"this window's key is used up: {self.anew}")


def make_screen(folder: Path, entrance: Entrance, refusals: Mapping[type[Refusal], int]) -> Flask:
    """The application whose page and scripts stand in `folder`/static; what all screens share is under /shared.
    `refusals` are its errors, whose words people are told, and their statuses."""
    app = Flask(f"pc_client.{folder.parent.name}.screen", static_folder=str(folder / "static"), template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST
    app.before_request(lambda: entrance.check(request.endpoint))
    app.after_request(_add_headers)
    for kind, status in {**refusals, Denied: 403}.items():
        app.register_error_handler(kind, _make_refusal(status))
    app.register_error_handler(HTTPException, lambda error: (jsonify(words=error.description), error.code))

    @app.get("/")
    def show_page() -> Response:
        return send_file(folder / "static" / "index.html", "text/html")

    @app.get("/shared/<name>")
    def show_shared(name: str) -> Response:
        return send_from_directory(_SHARED, name)

    @app.post(_ENTER)
    def enter() -> Response:
        value = entrance.keys.redeem(str((request.get_json(silent=True) or {}).get("key", "")))
        if value is None:
            raise entrance.deny()
        response = jsonify(name=entrance.name)
        response.set_cookie(entrance.cookie, value, httponly=True, samesite="Strict")
        return response

    return app


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.cache_control.no_cache:  # as files are sent where nothing else is said: pictures of pages among them
        response.headers["Cache-Control"] = "no-store"
    return response


def _make_refusal(status: int) -> Any:
    return lambda error: (jsonify(words=str(error), keyword=error.keyword), status)
