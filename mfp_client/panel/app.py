"""The panel as a Flask application (SPEC D5): the screen, and the JSON that it asks for.

Only a browser on the device itself sees it. A page of another site in that browser must not work the panel: what
changes something carries a header that such a page cannot send, and names of other hosts are refused.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, request

from mfp_client.panel import answers
from mfp_client.panel.desk import Desk
from mfp_client.panel.own_screen import refuse_foreign_pages
from mfp_client.panel.routes import documents, jobs, memberships, screen, session, setup, tasks

_HERE = Path(__file__).parent
_MOST_OCTETS = 1 << 20
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def make_app(desk: Desk) -> Flask:
    """The application of one device."""
    app = Flask("mfp_client.panel", static_folder=str(_HERE / "static"), template_folder=str(_HERE / "templates"))
    app.config["MAX_CONTENT_LENGTH"] = _MOST_OCTETS
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["desk"] = desk
    app.before_request(lambda: refuse_foreign_pages(desk.settings.panel_host))
    app.after_request(_add_headers)
    answers.set_up(app)
    for part in (screen, session, setup, tasks, documents, jobs, memberships):
        app.register_blueprint(part.blueprint)
    return app


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
