"""What a view works with: the services of this process, and who is asking."""

from __future__ import annotations

from typing import cast

from flask import current_app, request
from flask_login import current_user

from distserver.errors import NotSignedIn
from distserver.model.jobs import Actor
from distserver.services import Services


def get_services() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions["distserver"])


def get_actor() -> Actor:
    """Who asks. Raises `NotSignedIn`."""
    if not current_user.is_authenticated:
        raise NotSignedIn("sign in first")
    return Actor(current_user.name, current_user.role)


def get_origin() -> str:
    """The address that the request came from."""
    return request.remote_addr or "unknown"


def wants_json() -> bool:
    """True for a request made by a script of a page."""
    return request.accept_mimetypes.best == "application/json"
