"""The dialog as a Flask application: the page, and the JSON and the picture that it asks for."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Flask, Response, jsonify, request, send_file

from pc_client.desktop.screen import Entrance, make_screen
from pc_client.sending.desk import Gone, SendingDesk, Wrong


def make_app(desk: SendingDesk) -> Flask:
    """The application of one program's dialogs."""
    entrance = Entrance(
        keys=desk.keys,
        cookie=f"pc_dialog_{secrets.token_hex(6)}",  # cookies know no ports: each program has a name of its own
        name=desk.settings.name,
        window="the dialog",
        anew="print the document again",
    )
    app = make_screen(Path(__file__).parent, entrance, {Gone: 404, Wrong: 422})
    _add_drafts(app, desk)
    return app


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
        return jsonify(state=decision.state, words=decision.words, keyword=decision.keyword)

    @app.post("/api/drafts/<key>/cancel")
    def cancel(key: str) -> Response:
        desk.cancel(desk.find(key))
        return jsonify(state="canceled", words="", keyword="")

    @app.post("/api/register")
    def register() -> Response:
        groups = (request.get_json() or {}).get("groups", [])
        return jsonify(messages=desk.register([str(one) for one in groups]))
