"""What all pages share: the menu, the filters of templates, pages for errors, and answers to operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from distserver.accounts.access import ADMINISTRATORS, OPERATORS, SENDERS
from distserver.errors import Conflict, DistserverError, LaterError, UserError
from distserver.intake.api.problems import status_of
from distserver.web.context import wants_json
from distserver.web.formats import FILTERS
from distserver.web.guard import STALE_PAGE

_HEADINGS = {
    400: "Not understood",
    401: "Signed out",
    403: "Not allowed",
    404: "Not found",
    409: "Not possible now",
    413: "Too large",
    422: "Document refused",
    429: "Too many tries",
    500: "Something went wrong here",
    503: "Not just now",
    507: "No room just now",
}


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One place to go; `here` when the page shown belongs to it."""

    word: str
    icon: str
    url: str
    here: bool


def set_up(app: Flask) -> None:
    """Give templates the filters and the menu; a page of the board says what no page was found for."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["menu"] = list_menu
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.register_error_handler(HTTPException, _explain_http)


def list_menu() -> list[MenuEntry]:
    """The places that this person may go to."""
    roles = {"send": SENDERS, "system": OPERATORS, "devices": ADMINISTRATORS}
    places = [place for place in _PLACES if current_user.role in roles.get(place[1], (current_user.role,))]
    return [
        MenuEntry(word, icon, url_for(endpoint), request.blueprint == endpoint.partition(".")[0])
        for word, icon, endpoint in places
    ]


_PLACES = (
    ("Start", "home", "start.show"),
    ("Send", "send", "send.show"),
    ("Jobs", "jobs", "jobs.show_all"),
    ("Groups", "groups", "groups.show_all"),
    ("Wall", "wall", "wall.show"),
    ("System", "system", "system.show"),
    ("Devices", "devices", "devices.show"),
)


def explain_errors(blueprint: Blueprint) -> None:
    """Answer our errors in words: a page, or JSON to a script."""
    blueprint.register_error_handler(DistserverError, _explain)
    blueprint.register_error_handler(CSRFError, lambda _: _explain(Conflict(STALE_PAGE)))
    blueprint.register_error_handler(HTTPException, _explain_http)


def answer_operation(operation: Callable[[], str], back: str) -> ResponseReturnValue:
    """Do one thing, and say in words what came of it: as JSON to a script, else on the page `back`."""
    try:
        message, kind, status = operation(), "good", 200
    except (UserError, LaterError) as error:
        message, kind, status = str(error), "bad", int(status_of(error))
    message = capitalise(message)
    if wants_json():
        return jsonify(message=message), status
    flash(message, kind)
    return redirect(back, 303)


def capitalise(message: str) -> str:
    """A message of ours as a sentence."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")


def _explain(error: DistserverError) -> ResponseReturnValue:
    return _answer(int(status_of(error)), capitalise(str(error)))


def _explain_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    return _answer(error.code or 500, error.description or "")


def _answer(status: int, message: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(message=message), status
    return render_template("board/error.html", heading=_HEADINGS.get(status, "Refused"), message=message), status
