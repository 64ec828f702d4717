"""The operations as Flask views: who asks, may they, what do they say, and the answer as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from pydantic import BaseModel
from werkzeug.exceptions import UnsupportedMediaType

from distserver.accounts.access import AccessRule, access, public
from distserver.accounts.grants import is_grant
from distserver.errors import BadRequest, DistserverError, Forbidden, NotSignedIn
from distserver.intake.api import (
    accounts,
    destinations,
    documents,
    faxes,
    groups,
    inbox,
    jobs,
    openapi,
    panel,
    recipients,
    stops,
    submission,
    system,
    terms,
)
from distserver.intake.api.operations import JSON, MULTIPART, NOBODY_KNOWN, Call, Operation
from distserver.intake.api.problems import answer_error
from distserver.intake.api.validation import InvalidFields, read_fields, read_json
from distserver.model.jobs import Actor
from distserver.services import Services
from distwire.api.problem import FieldError

_BODY_LIMIT = 2 << 20

OPERATIONS: tuple[Operation, ...] = (
    *groups.OPERATIONS,
    *stops.OPERATIONS,
    *destinations.OPERATIONS,
    *terms.OPERATIONS,
    *faxes.OPERATIONS,
    *recipients.OPERATIONS,
    submission.submit_job,
    *jobs.OPERATIONS,
    *documents.OPERATIONS,
    *accounts.OPERATIONS,
    *panel.OPERATIONS,
    *inbox.OPERATIONS,
    *system.OPERATIONS,
)


def register(app: Flask, services: Services) -> None:
    """Add the API to the application."""
    blueprint = Blueprint("api", __name__)
    blueprint.register_error_handler(DistserverError, answer_error)
    for operation in OPERATIONS:
        blueprint.add_url_rule(
            operation.path, operation.name, _make_view(operation, services), methods=[operation.method]
        )
    description = openapi.describe(OPERATIONS)

    @public
    def show_openapi() -> Response:
        """Show this description."""
        return Response(description, content_type=JSON)

    blueprint.add_url_rule("/api/v1/openapi.json", "show_openapi", show_openapi, methods=["GET"])
    app.register_blueprint(blueprint)


def _make_view(operation: Operation, services: Services) -> Any:
    def view(**parameters: str | int) -> Response:
        actor = _admit(operation.rule, services)
        call = Call(services, actor, origin_of_request(), _read_query(operation), _read_body(operation))
        tag = operation.messages.tag(call) if operation.messages.tag else None
        if tag is not None and request.if_none_match.contains_weak(tag):  # as proxies make of it
            return _tagged(Response(status=HTTPStatus.NOT_MODIFIED), tag)
        answer = operation.handler(call, **parameters)
        if isinstance(answer, BaseModel):
            said = Response(answer.model_dump_json(), status=operation.messages.status, content_type=JSON)
            return _tagged(said, tag)
        return answer

    return public(view) if operation.rule.public else access(*operation.rule.roles)(view)


def _tagged(response: Response, tag: str | None) -> Response:
    if tag is not None:
        response.set_etag(tag)
    return response


def _admit(rule: AccessRule, services: Services) -> Actor:
    """Who asks. Raises `NotSignedIn`, `TooManyTries`, and `Forbidden` when their role does not allow it."""
    if rule.public:
        return NOBODY_KNOWN
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not bearer.strip():
        raise NotSignedIn("show a token: the header 'Authorization: Bearer ds_…'; an administrator makes them")
    bearer = bearer.strip()
    door = services.grants if is_grant(bearer) else services.accounts
    actor = door.authenticate(bearer, origin_of_request())
    g.actor = actor.name
    if not rule.allows(actor.role):
        raise Forbidden(f"this takes the role {rule}; {actor.name} asks as {actor.role}")
    return actor


def origin_of_request() -> str:
    """The address that the request came from, or that a trusted proxy says it came from."""
    return request.remote_addr or "unknown"


def _read_query(operation: Operation) -> BaseModel | None:
    given = {name: request.args.getlist(name) for name in request.args}
    if operation.messages.query is not None:
        return read_fields(operation.messages.query, given)
    if given:
        raise InvalidFields([FieldError(field=name, message="is not known here") for name in given])
    return None


def _read_body(operation: Operation) -> BaseModel | None:
    messages = operation.messages
    if messages.body is None or messages.body_type == MULTIPART:
        return None
    request.max_content_length = _BODY_LIMIT
    try:
        data = request.get_data(cache=False)
    except OSError as error:
        raise BadRequest("the request broke off before its end: send it again") from error
    if data and request.mimetype != JSON:
        raise UnsupportedMediaType(f"send the body as {JSON}")
    return read_json(messages.body, data)
