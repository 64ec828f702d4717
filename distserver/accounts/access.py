"""The access rule of a route, declared on its view function: `@access(Role…)` or `@public`.

The application refuses every route without a rule, and a test walks all routes. Nothing here knows Flask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from distserver.model.accounts import Role

F = TypeVar("F", bound=Callable[..., Any])
_ATTRIBUTE = "_distserver_access"

PEOPLE = (Role.ADMINISTRATOR, Role.OPERATOR, Role.SENDER, Role.RECEIVER)
SENDERS = (Role.ADMINISTRATOR, Role.OPERATOR, Role.SENDER, Role.DEVICE)
OPERATORS = (Role.ADMINISTRATOR, Role.OPERATOR)
ADMINISTRATORS = (Role.ADMINISTRATOR,)
EVERYONE = (*PEOPLE, Role.DEVICE)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may use a route: these roles, or anybody without signing in when `public`."""

    roles: frozenset[Role] = frozenset()
    public: bool = False

    def allows(self, role: str | None) -> bool:
        """Whether somebody with `role` (None: not signed in) may use it."""
        return self.public or role in self.roles

    def __str__(self) -> str:
        return "anybody" if self.public else ", ".join(role for role in Role if role in self.roles)


def access(*roles: Role) -> Callable[[F], F]:
    """Let users with one of `roles` use the route."""
    return lambda view: _mark(view, AccessRule(frozenset(roles)))


def public(view: F) -> F:
    """Let anybody use the route, signed in or not."""
    return _mark(view, AccessRule(public=True))


def find_rule(view: Callable[..., Any] | None) -> AccessRule | None:
    """The rule of a view function; None when it has none, and then nobody may use it."""
    rule = getattr(view, _ATTRIBUTE, None)
    return rule if isinstance(rule, AccessRule) else None


def _mark(view: F, rule: AccessRule) -> F:
    setattr(view, _ATTRIBUTE, rule)
    return view
