"""The dialog as a Flask application: the page, and the JSON and the picture that it asks for."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request, send_file
from werkzeug.exceptions import HTTPException

from distwire.local.own_screen import is_from_elsewhere, names_other_host
from pc_client.sending.desk import Gone, SendingDesk, Wrong

HOST = "127.0.0.1"
_HERE = Path(__file__).parent
_OPEN = ("/", "/api/enter")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Denied(Exception):
    """The words say why."""


def make_app(desk: SendingDesk) -> Flask:
    """The application of one program's dialogs."""
    app = Flask("pc_client.sending.screen", static_folder=str(_HERE / "static"), template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1 << 20
    cookie = f"pc_dialog_{secrets.token_hex(6)}"  # cookies know no ports: each program has a name of its own
    app.before_request(lambda: _check(desk, cookie))
    app.after_request(_add_headers)
    for kind, status in ((Denied, 403), (Gone, 404), (Wrong, 422)):
        app.register_error_handler(kind, _make_refusal(status))
    app.register_error_handler(HTTPException, lambda error: (jsonify(words=error.description), error.code))
    _add_entrance(app, desk, cookie)
    _add_drafts(app, desk)
    return app


def _check(desk: SendingDesk, cookie: str) -> None:
    if names_other_host(request.headers, HOST) or is_from_elsewhere(request.method, request.headers, "X-Screen"):
        raise Denied("the dialog is worked from its own window")
    if request.path in _OPEN or request.endpoint == "static":
        return
    if not desk.keys.admits(request.cookies.get(cookie, "")):
        raise Denied("this window's key is used up: print the document again")


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _make_refusal(status: int) -> Any:
    return lambda error: (jsonify(words=str(error)), status)


def _add_entrance(app: Flask, desk: SendingDesk, cookie: str) -> None:
    @app.get("/")
    def show_page() -> Response:
        return send_file(_HERE / "static" / "index.html", "text/html")

    @app.post("/api/enter")
    def enter() -> Response:
        value = desk.keys.redeem(str((request.get_json(silent=True) or {}).get("key", "")))
        if value is None:
            raise Denied("this window's key is used up: print the document again")
        response = jsonify(name=desk.settings.name)
        response.set_cookie(cookie, value, httponly=True, samesite="Strict")
        return response


def _add_drafts(app: Flask, desk: SendingDesk) -> None:
    @app.get("/api/drafts/<key>")
    def show_draft(key: str) -> Response:
        return jsonify(desk.describe(desk.find(key)))

    @app.get("/api/drafts/<key>/page-1")
    def show_picture(key: str) -> Response:
        picture = desk.find(key).look.picture
        if picture is None:
            raise Gone("there is no picture of it")
        return send_file(picture.absolute(), "image/png")

    @app.get("/api/choices")
    def show_choices() -> Response:
        return jsonify(desk.list_choices())

    @app.post("/api/drafts/<key>/send")
    def confirm(key: str) -> Response:
        decision = desk.confirm(desk.find(key), request.get_json())
        return jsonify(state=decision.state, words=decision.words)

    @app.post("/api/drafts/<key>/cancel")
    def cancel(key: str) -> Response:
        desk.cancel(desk.find(key))
        return jsonify(state="canceled", words="")

    @app.post("/api/register")
    def register() -> Response:
        groups = (request.get_json() or {}).get("groups", [])
        return jsonify(messages=desk.register([str(one) for one in groups]))
