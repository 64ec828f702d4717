"""Errors, as application/problem+json (RFC 9457), and the answer of /healthz."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from distwire.api.base import Message

MEDIA_TYPE = "application/problem+json"


class FieldError(Message):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(Message):
    """An error: `title` says what, `detail` what to do. `reason` is a keyword where the status says too little, such as
    why a document was refused. `named` is the group or destination that nobody knows, as the request has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    reason: str | None = None
    named: str | None = None
    errors: list[FieldError] = Field(default_factory=list)


class Health(Message):
    """`ok` when the server can accept a job; else `reasons` say why not."""

    status: Literal["ok", "unavailable"]
    reasons: list[str]
    version: str
