"""The screen as a Flask application: the page, and the JSON and pictures that it asks for."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request, send_file

from pc_client.desktop.screen import Denied, Entrance, make_screen
from pc_client.receiver.handling import Gone, find_document, print_document
from pc_client.receiver.handover import HAND_OVER, SHOW
from pc_client.receiver.inbox import read_clock
from pc_client.receiver.pages import NoPage
from pc_client.receiver.printing import NotPrinted, list_printers
from pc_client.receiver.screen.desk import Desk, describe_document

_COOKIE = "pc_screen"
_SHOW, _HAND_OVER = f"/{SHOW}", f"/{HAND_OVER}"
_ANSWER_SECONDS = 0.3  # the web server ends with the receiver
_WIDEST, _MOST_COPIES = 4000, 99


def make_app(desk: Desk) -> Flask:
    """The application of one PC's account."""
    entrance = Entrance(
        keys=desk.keys,
        cookie=_COOKIE,
        name=desk.settings.name,
        window="the inbox",
        anew="open the inbox from the tray or with `pc-client inbox`",
        programs=(_SHOW, _HAND_OVER),
    )
    app = make_screen(Path(__file__).parent, entrance, {Gone: 404, NoPage: 422, NotPrinted: 502})
    _add_door(app, desk)
    _add_inbox(app, desk)
    _add_documents(app, desk)
    return app


def _add_door(app: Flask, desk: Desk) -> None:
    def check_program() -> None:
        if not desk.keys.is_master(request.headers.get("Authorization", "").removeprefix("Bearer ")):
            raise Denied("this is for programs of the account alone")

    @app.post(_HAND_OVER)
    def hand_over() -> Response:
        check_program()
        if desk.end is None or request.get_json().get("session") == desk.session:
            return jsonify(ends=False)
        threading.Timer(_ANSWER_SECONDS, desk.end).start()
        return jsonify(ends=True)

    @app.post(_SHOW)
    def show_window() -> Response:
        check_program()
        desk.show("inbox")
        return jsonify(shown=True)


def _add_inbox(app: Flask, desk: Desk) -> None:
    @app.get("/api/state")
    def show_state() -> Response:
        if request.args.get("dialog"):
            desk.note_dialog()
        return jsonify(desk.describe())

    @app.get("/api/letters")
    def list_letters() -> Response:
        found = desk.inbox.list_here(request.args.get("search", "")[:200])
        return jsonify([describe_document(one) for one in found])

    @app.post("/api/quiet")
    def be_quiet() -> Response:
        minutes = _number(request.get_json(), "minutes", 0, 7 * 24 * 60)
        desk.inbox.note_quiet(read_clock() + minutes * 60 if minutes else 0.0)
        _wake(desk)
        return jsonify(desk.describe())

    @app.get("/api/printers")
    def show_printers() -> Response:
        own = [desk.settings.printer] if desk.settings.printer else []
        return jsonify(list(dict.fromkeys([*own, *list_printers()])))

    @app.post("/api/announced")
    def announce() -> Response:
        desk.inbox.note_all_announced(_number(request.get_json(), "up_to", 0, (1 << 63) - 1), read_clock())
        return jsonify(desk.describe())


def _add_documents(app: Flask, desk: Desk) -> None:
    @app.get("/api/letters/<letter>")
    def show_letter(letter: str) -> Response:
        return jsonify(describe_document(find_document(desk.inbox, letter)))

    @app.get("/api/letters/<letter>/pages/<int:page>")
    def show_page_of(letter: str, page: int) -> Response:
        find_document(desk.inbox, letter)
        width = _number(request.args, "width", 50, _WIDEST, 900)
        rotation = _number(request.args, "rotation", 0, 270)
        drawn = desk.drawer.draw(desk.inbox.document_path(letter), page, width, rotation // 90 * 90)
        return Response(drawn, content_type="image/png", headers={"Cache-Control": "private, max-age=600"})

    @app.get("/api/letters/<letter>/first-page")
    def show_first_page(letter: str) -> Response:
        found = desk.inbox.find(letter)
        if found is None or not desk.inbox.page_path(found.id).exists():
            raise Gone("there is no picture of it")
        return send_file(desk.inbox.page_path(found.id).absolute(), "image/png")

    @app.get("/api/letters/<letter>/document")
    def save_document(letter: str) -> Response:
        found = find_document(desk.inbox, letter)
        path = desk.inbox.document_path(letter).absolute()
        return send_file(path, "application/pdf", as_attachment=True, download_name=f"{found.title[:80]}.pdf")

    @app.post("/api/letters/<letter>/read")
    def note_read(letter: str) -> Response:
        find_document(desk.inbox, letter)
        desk.inbox.note_announced([letter], read_clock())
        desk.inbox.note_read(letter, read_clock())
        return jsonify(desk.describe())

    @app.post("/api/letters/<letter>/print")
    def print_letter(letter: str) -> Response:
        asked = request.get_json()
        copies = _number(asked, "copies", 1, _MOST_COPIES, 1)
        print_document(desk.inbox, letter, str(asked.get("printer", "")), copies)
        return jsonify(describe_document(find_document(desk.inbox, letter)))

    @app.delete("/api/letters/<letter>")
    def take_out(letter: str) -> Response:
        found = find_document(desk.inbox, letter)
        desk.inbox.drop(found.id)
        return jsonify(desk.describe())


def _wake(desk: Desk) -> None:
    if desk.announcer is not None:
        desk.announcer.wake()


def _number(told: Any, name: str, least: int, most: int, default: int = 0) -> int:
    """A whole number that was told, brought within these."""
    try:
        return min(max(int(told.get(name, default)), least), most)
    except (TypeError, ValueError):
        return default
