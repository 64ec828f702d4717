"""A reply of the server → a message, or the error that it tells."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from distwire.api.exchange import Reply
from distwire.api.failures import NotUnderstood, Refused
from distwire.api.problem import Problem

M = TypeVar("M", bound=BaseModel)
_KEYWORDS = {
    400: "bad-request",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-large",
    422: "bad-request",
    429: "too-many",
    503: "try-later",
    507: "no-space",
}


def admit(reply: Reply) -> Reply:
    """The reply, if it is a good one. Raises `Refused` and `NotUnderstood`."""
    if reply.status < 300:
        return reply
    if reply.status < 400:
        raise NotUnderstood("the server's address leads elsewhere: write the one that it leads to")
    try:
        problem = Problem.model_validate_json(reply.data)
        detail, keyword = problem.detail, problem.reason
    except ValidationError:
        detail, keyword = f"the server answered with status {reply.status}", None
    after = _read_seconds(reply.headers.get("Retry-After"))
    raise Refused(reply.status, keyword or _keyword_of(reply.status), detail, after)


def parse(answer: type[M], reply: Reply) -> M:
    """The message. Raises `NotUnderstood`."""
    try:
        return answer.model_validate_json(reply.data)
    except ValidationError as error:
        raise NotUnderstood("the server's answer is not understood: is it another program, or another version?") from (
            error
        )


def _keyword_of(status: int) -> str:
    return _KEYWORDS.get(status, "bad-request" if status < 500 else "server-fault")


def _read_seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 9 else None
