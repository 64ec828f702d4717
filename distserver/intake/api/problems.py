"""Our error tree → application/problem+json (RFC 9457). The one place where an error gets its HTTP status."""

from __future__ import annotations

import math
from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import HTTPException

from distserver.errors import (
    BadRequest,
    Conflict,
    DistserverError,
    DocumentRefused,
    Forbidden,
    LaterError,
    NoSpace,
    NotFound,
    NotInAllRec,
    NotSignedIn,
    QuotaExceeded,
    TooManyTries,
    Unknown,
    UnknownDestination,
    UnknownGroup,
    WrongProof,
)
from distserver.intake.api.validation import InvalidFields
from distserver.jobs.incoming import LIMIT_REACHED
from distwire.api.problem import MEDIA_TYPE, Problem

_STATUSES: tuple[tuple[type[DistserverError], HTTPStatus], ...] = (
    (InvalidFields, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DocumentRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadRequest, HTTPStatus.BAD_REQUEST),
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (QuotaExceeded, HTTPStatus.TOO_MANY_REQUESTS),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (NoSpace, HTTPStatus.INSUFFICIENT_STORAGE),
    (LaterError, HTTPStatus.SERVICE_UNAVAILABLE),
)
_DETAILS = {
    404: "there is nothing at this address: see /api/v1/openapi.json for what there is",
    405: "this address does not take this method: see /api/v1/openapi.json for those it takes",
    413: "the request is too large",
    500: "something went wrong on the server; its log says what, under the request id of this answer",
}
_RETRY_SECONDS = 10


def status_of(error: DistserverError) -> HTTPStatus:
    """The status that goes with an error's type."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_error(error: DistserverError) -> Response:
    """The problem that tells this error."""
    status = status_of(error)
    detail = str(error) if status is not HTTPStatus.INTERNAL_SERVER_ERROR else _DETAILS[500]
    response = make_problem(
        status,
        detail,
        reason=_reason_of(error),
        named=error.named if isinstance(error, Unknown) else None,
        errors=error.errors if isinstance(error, InvalidFields) else [],
    )
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="distserver"'
    after = _retry_after(error)
    if after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response


def _reason_of(error: DistserverError) -> str | None:
    match error:
        case QuotaExceeded():
            return LIMIT_REACHED
        case DocumentRefused():
            return str(error.reason)
        case WrongProof():
            return error.keyword
        case NotInAllRec():
            return "not-in-all-rec"
        case UnknownDestination():
            return "unknown-destination"
        case UnknownGroup():
            return "unknown-group"
        case TooManyTries():
            return "locked-out"
        case _:
            return None


def _retry_after(error: DistserverError) -> float | None:
    if isinstance(error, TooManyTries | QuotaExceeded):
        return error.retry_after
    return _RETRY_SECONDS if isinstance(error, LaterError) else None


def answer_http_exception(error: HTTPException) -> Response:
    """The problem for what Flask and Werkzeug refuse by themselves (no such route, wrong method, too large …)."""
    status = HTTPStatus(error.code or 500)
    ours = error.description if error.description != type(error).description else None
    response = make_problem(status, ours or _DETAILS.get(status) or error.description or status.phrase)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def make_problem(status: HTTPStatus, detail: str, **more: object) -> Response:
    """A problem document about this request."""
    problem = Problem.model_validate(
        {"title": status.phrase, "status": int(status), "detail": detail, "instance": request.path, **more}
    )
    text = problem.model_dump_json(exclude_none=True)
    return Response(text, status=int(status), content_type=MEDIA_TYPE)
