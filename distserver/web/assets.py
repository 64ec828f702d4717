"""Style sheets, scripts and signs. An address with the content's digest may be cached for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory, url_for

from distserver.accounts.access import public

FOLDER = Path(__file__).parent / "static"
_YEAR = 31_536_000

blueprint = Blueprint("board", __name__, template_folder="templates")


def set_up(app: Flask) -> None:
    """Give templates `asset(name)`."""
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in FOLDER.iterdir()}

    def asset(name: str) -> str:
        return url_for("board.asset", name=name, v=digests[name])

    app.jinja_env.globals["asset"] = asset


@blueprint.get("/assets/<name>")
@public
def asset(name: str) -> Response:
    """One file of `static/`."""
    response = send_from_directory(FOLDER, name)
    if request.args.get("v"):
        response.cache_control.max_age = _YEAR
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.no_cache = None
    return response
