"""Who gets in: sessions, access rules, CSRF, and what browsers may do with a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect, validate_csrf

from distserver.accounts.access import find_rule
from distserver.errors import Conflict, Forbidden, LaterError, NotSignedIn
from distserver.settings import Settings
from distserver.web.context import get_services, wants_json
from distserver.web.person import Person, read_session_id

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

STALE_PAGE = "the page was open for too long, or you have signed in anew since: load it again, then repeat what you did"
_CHECKS_ITSELF = "_distserver_checks_csrf"
F = TypeVar("F", bound=Callable[..., Any])

_csrf = CSRFProtect()


def set_up(app: Flask, settings: Settings) -> None:
    """Sessions that scripts cannot read and other sites cannot use; CSRF tokens that live as long as a session."""
    app.config.update(
        SESSION_COOKIE_NAME="distserver_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.board_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    _csrf.init_app(app)
    manager = LoginManager(app)
    manager.user_loader(_load_person)


def protect(blueprint: Blueprint) -> None:
    """Check rule and CSRF token before each view of `blueprint`, and add the headers to what it answers."""
    blueprint.before_request(_check)
    blueprint.after_request(_add_headers)


def checks_csrf_itself(view: F) -> F:
    """For a view that reads its body as a stream, and must call `check_csrf` before it does anything."""
    setattr(view, _CHECKS_ITSELF, True)
    return view


def check_csrf(token: str | None) -> None:
    """Raises `Conflict` unless this is the token of the session's pages."""
    try:
        validate_csrf(token)
    except ValueError as error:  # wtforms.ValidationError
        raise Conflict(STALE_PAGE) from error


def begin_session(person: Person) -> None:
    """Forget whatever the cookie said before, and note when this session began."""
    session.clear()
    session["began"] = time.time()
    session.permanent = True


def local_target(target: str | None) -> str:
    """`target` if it is a path of this server, else the start page: a sign-in must not lead elsewhere."""
    parts = urlsplit(target or "")
    safe = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    if not safe or any(c in str(target) for c in "\\\r\n\t"):
        return url_for("start.show")
    return str(target)


def _load_person(session_id: str) -> Person | None:
    found = read_session_id(session_id)
    began = session.get("began", 0.0)
    if found is None or not 0 <= time.time() - began < current_app.permanent_session_lifetime.total_seconds():
        return None
    if g.get("person_unknown"):  # asked once in vain: the page that says so is for nobody in particular
        return None
    try:
        user = get_services().accounts.find_session(*found)
    except LaterError:
        g.person_unknown = True
        raise
    return None if user is None else Person(user)


def _check() -> ResponseReturnValue | None:
    rule = find_rule(current_app.view_functions.get(request.endpoint or ""))
    if rule is None:
        raise Forbidden("this page has no access rule")
    g.actor = current_user.name if current_user.is_authenticated else "-"
    if not rule.public:
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if not rule.allows(current_user.role):
            raise Forbidden(f"this is for {rule}; you are signed in as {current_user.role}")
    if not getattr(current_app.view_functions[request.endpoint or ""], _CHECKS_ITSELF, False):
        _csrf.protect()
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    if wants_json() or request.method != "GET":
        raise NotSignedIn("you are signed out: sign in again")
    return redirect(url_for("sessions.sign_in", next=request.full_path.rstrip("?")))


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
