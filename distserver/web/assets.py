"""Style sheets, scripts and signs. An address with the content's digest may be cached for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from distserver.accounts.access import public

_YEAR = 31_536_000
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

FILES = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "static").iterdir())}
"""All of `static/` by name: some 40 kB, held in memory."""

_DIGESTS = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in FILES.items()}

blueprint = Blueprint("board", __name__, template_folder="templates")


def set_up(app: Flask) -> None:
    """Give templates `asset(name)`."""
    app.jinja_env.globals["asset"] = lambda name: url_for("board.asset", name=name, v=_DIGESTS[name])


@blueprint.get("/assets/<name>")
@public
def asset(name: str) -> ResponseReturnValue:
    """One file of `static/`."""
    if name not in FILES:
        raise NotFound("there is no such file")
    kind = _TYPES[Path(name).suffix]
    response = Response(FILES[name], mimetype=kind)
    response.set_etag(_DIGESTS[name])
    if request.args.get("v"):
        response.cache_control.max_age = _YEAR
        response.cache_control.public = True
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response.make_conditional(request)
