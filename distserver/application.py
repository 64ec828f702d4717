"""The web application: API and board on one Flask app, with what concerns every request."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from distserver import web
from distserver.accounts import local
from distserver.accounts.access import find_rule
from distserver.intake.api import routes
from distserver.intake.api.problems import answer_http_exception
from distserver.services import Services

log = logging.getLogger(__name__)
access_log = logging.getLogger("distserver.access")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def create_app(services: Services) -> Flask:
    """API and board. Nothing runs yet: following the group files is for the caller to start."""
    app = Flask("distserver", static_folder=None)
    app.extensions["distserver"] = services
    app.secret_key = local.read_session_key(services.settings.home)
    if services.settings.proxy_hops:
        hops = services.settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(_begin)
    app.before_request(_refuse_without_rule)
    app.after_request(_finish)
    routes.register(app, services)
    web.register(app, services)
    _answer_problems_below_api(app)
    return app


def is_api_path(path: str) -> bool:
    """Whether errors at this path are told as problem+json."""
    return path.startswith("/api/") or path in ("/healthz", "/metrics")


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.began = time.monotonic()


def _refuse_without_rule() -> None:
    """Deny by default: a route that states nobody who may use it is for nobody."""
    if request.endpoint is None or request.endpoint.endswith(".static"):
        return
    if find_rule(current_app.view_functions.get(request.endpoint)) is None:
        log.error("route-without-rule", {"endpoint": request.endpoint})
        raise Forbidden("this page states nobody who may see it")


def _finish(response: Response) -> Response:
    if is_api_path(request.path):
        response.headers.setdefault("Content-Security-Policy", _API_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    access_log.info(
        "request",
        {
            "id": g.get("request_id", "-"),
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round(1000 * (time.monotonic() - g.get("began", time.monotonic())), 1),
            "who": g.get("actor", "-"),
            "from": request.remote_addr,
        },
    )
    return response


def _answer_problems_below_api(app: Flask) -> None:
    """Errors that Flask finds before any blueprint (no such route, wrong method) follow the path, not the blueprint."""
    board = app.error_handler_spec[None][None].get(HTTPException)

    def answer(error: HTTPException) -> object:
        if is_api_path(request.path):
            return answer_http_exception(error)
        return board(error) if board else error

    app.register_error_handler(HTTPException, answer)  # type: ignore[arg-type]
