"""How the panel's API answers: JSON, and errors as a keyword with words (docs/reference/panel.md)."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from distwire.api.failures import ApiError
from distwire.scan.faults import ScanError
from mfp_client.memory.errors import MemoryFault
from mfp_client.panel.refusals import Refusal, find_status
from mfp_client.works.faults import WorksFault, explain

Body = TypeVar("Body", bound=BaseModel)
Answer = tuple[Response, int]


def set_up(app: Flask) -> None:
    """Answer every error of ours, and what Flask refuses by itself, in one form."""
    app.register_error_handler(Refusal, lambda error: _answer(error.keyword, str(error), error.facts))
    for kind in (WorksFault, MemoryFault, ScanError, ApiError, OSError):
        app.register_error_handler(kind, lambda error: _answer(*explain(error)))
    app.register_error_handler(HTTPException, _answer_http)


def read_json() -> dict[str, Any]:
    """The JSON object of a request. Raises `Refusal`."""
    try:
        said = request.get_json(silent=True)
    except RecursionError:  # lists in lists without end
        said = None
    if not isinstance(said, dict):
        raise Refusal("wrong-request", "send a JSON object")
    return said


def read_body(kind: type[Body]) -> Body:
    """The JSON of a request as a message. Raises `Refusal` that names the field."""
    try:
        return kind.model_validate(read_json())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Refusal("wrong-request", f"{where}: {first['msg']}", field=where) from error


def read_optional_body(kind: type[Body]) -> Body:
    """As `read_body`; a request without a body says what a message without fields does."""
    return read_body(kind) if request.get_data() else kind()


def _answer_http(error: HTTPException) -> Answer:
    code = error.code or 500
    keyword = "no-such-page" if code == 404 else "panel-failed" if code >= 500 else "wrong-request"
    return jsonify(error=keyword, words=error.description, facts={}), code


def _answer(keyword: str, words: str, facts: dict[str, object]) -> Answer:
    return jsonify(error=keyword, words=words, facts=facts), find_status(keyword)
