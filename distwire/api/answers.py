"""A reply of the server → a message, or the error that it tells."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from distwire.api.exchange import Reply
from distwire.api.failures import NotUnderstood, Refused, Unreachable
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
_STRANGERS = (400, 401, 403, 404, 405)
"""Told without a problem by another program, or by a proxy that knows nothing of our server; others may be a proxy's
word about our server, as that it takes nothing so large."""
_GATEWAYS = (502, 503, 504)
"""Told without a problem by a proxy whose server does not answer (RFC 9110 §15.6)."""


def admit(reply: Reply) -> Reply:
    """The reply, if it is a good one. Raises `Refused`, `NotUnderstood`, and `Unreachable` for a proxy's word that the
    server is away."""
    if reply.status < 300:
        return reply
    if reply.status < 400:
        raise NotUnderstood("the server's address leads elsewhere: write the one that it leads to")
    try:
        problem = Problem.model_validate_json(reply.data)
        detail, keyword, named = problem.detail, problem.reason, problem.named or ""
    except ValidationError as error:
        if reply.status in _STRANGERS:
            raise NotUnderstood(
                f"what answers at the server's address (status {reply.status}) is no Distserver: "
                "is it the right address, with https:// where it takes TLS?"
            ) from error
        if reply.status in _GATEWAYS:
            words = f"what stands before the server answers that it is away (status {reply.status})"
            raise Unreachable(words, begun=True) from error
        detail, keyword, named = f"the server answered with status {reply.status}", None, ""
    after = _read_seconds(reply.headers.get("Retry-After"))
    raise Refused(reply.status, keyword or _keyword_of(reply.status), detail, after, named)


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
