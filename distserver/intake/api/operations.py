"""An operation in one declaration: route, access rule, messages. Flask's view and OpenAPI are both made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import Response
from pydantic import BaseModel

from distserver.accounts.access import AccessRule
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.services import Services

Q = TypeVar("Q")
B = TypeVar("B")
JSON = "application/json"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One request, as a handler sees it: who asks, from where, with which query and body (checked already)."""

    services: Services
    actor: Actor
    origin: str
    query: Q
    body: B


Handler = Callable[..., BaseModel | Response]


@dataclass(frozen=True, slots=True)
class Messages:
    """What goes in and out. A multipart body is read by the handler itself; without `answer` it sends `media`.

    With `ranges` a part of the answer can be had alone (RFC 9110 §14). `fails_alike`: errors are told by the same
    message as success. `tag` is the entity tag of the answer, known before it is made: who shows it is told in a few
    octets that nothing has changed (RFC 9110 §13.1.2).
    """

    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_type: str = JSON
    answer: type[BaseModel] | None = None
    media: str = JSON
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    ranges: bool = False
    fails_alike: bool = False
    tag: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is Flask's rule. `errors` are the statuses of problems it may answer beside those that all may."""

    method: str
    path: str
    rule: AccessRule
    messages: Messages
    handler: Handler
    errors: tuple[int, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip().splitlines()[0].rstrip(".")

    @property
    def description(self) -> str:
        return " ".join((self.handler.__doc__ or "").split())


def operation(
    route: str, rule: AccessRule, messages: Messages, *, errors: tuple[int, ...] = ()
) -> Callable[[Handler], Operation]:
    """Declare the decorated function as the operation `route` (`GET /api/v1/groups`); its docstring describes it."""
    method, path = route.split(" ", 1)
    return lambda handler: Operation(method, path, rule, messages, handler, errors)


def roles(*allowed: Role) -> AccessRule:
    """Users with one of these roles may do it."""
    return AccessRule(frozenset(allowed))


ANYBODY = AccessRule(public=True)
NOBODY_KNOWN = Actor("anybody", "none")
