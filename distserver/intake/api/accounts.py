"""Users, tokens and the audit log, for administrators; for everybody, who they are."""

from __future__ import annotations

from flask import Response
from pydantic import Field

from distserver.accounts.access import ADMINISTRATORS, EVERYONE
from distserver.errors import BadRequest
from distserver.intake.api import messages
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.jobs.quotas import read_quota
from distserver.model.accounts import Role, User
from distserver.services import Services
from distwire.api import accounts as wire
from distwire.api.base import Request

_ADMINISTRATORS = roles(*ADMINISTRATORS)


class AuditQuery(Request):
    """The newest `limit` entries; of one action, if given."""

    limit: int = Field(default=100, ge=1, le=1000)
    action: str | None = Field(default=None, pattern=r"^[a-z-]{1,40}$")


@operation("GET /api/v1/me", roles(*EVERYONE, Role.WORKER), Messages(answer=wire.Me))
def show_me(call: Call[None, None]) -> wire.Me:
    """Show who the token speaks for, and what is left of their quota."""
    found = call.services.jobs.quotas.list_allowances(call.actor)
    allowances = [messages.to_allowance(one) for one in found]
    return wire.Me.model_validate({"name": call.actor.name, "role": str(call.actor.role), "allowances": allowances})


@operation("GET /api/v1/users", _ADMINISTRATORS, Messages(answer=wire.UserList))
def list_users(call: Call[None, None]) -> wire.UserList:
    """List all users."""
    users = call.services.accounts.list_users(call.actor)
    allowances = call.services.jobs.quotas.list_of_users(users)
    return wire.UserList(users=[messages.to_user(user, allowances[user.name]) for user in users])


@operation(
    "POST /api/v1/users", _ADMINISTRATORS, Messages(body=wire.NewUser, answer=wire.User, status=201), errors=(400, 409)
)
def create_user(call: Call[None, wire.NewUser]) -> wire.User:
    """Create a user; without a password only tokens can speak for them."""
    asked = call.body
    user = call.services.accounts.create_user(asked.name, Role(asked.role), asked.password, call.actor)
    return _to_user(call.services, user)


@operation(
    "PATCH /api/v1/users/<user>",
    _ADMINISTRATORS,
    Messages(body=wire.UserChange, answer=wire.User),
    errors=(400, 404, 409),
)
def change_user(call: Call[None, wire.UserChange], user: str) -> wire.User:
    """Change a user's role, password, quota or whether they are disabled; but for the quota, all their sessions end."""
    accounts, asked, by = call.services.accounts, call.body, call.actor
    done: User | None = None
    if asked.role is not None:
        done = accounts.set_role(user, Role(asked.role), by)
    if asked.password is not None:
        done = accounts.set_password(user, asked.password, by)
    if asked.disabled is not None:
        done = accounts.disable_user(user, by) if asked.disabled else accounts.enable_user(user, by)
    if asked.quota is not None:
        done = accounts.set_quota(user, read_quota(asked.quota), by)
    if done is None:
        raise BadRequest("say what to change: role, password, quota or disabled")
    return _to_user(call.services, done)


def _to_user(services: Services, user: User) -> wire.User:
    return messages.to_user(user, services.jobs.quotas.list_of_users([user])[user.name])


@operation("GET /api/v1/tokens", roles(*EVERYONE), Messages(answer=wire.TokenList))
def list_tokens(call: Call[None, None]) -> wire.TokenList:
    """List tokens: all for administrators, their own for others. Secrets are never shown again."""
    return wire.TokenList(tokens=[messages.to_token(t) for t in call.services.accounts.list_tokens(call.actor)])


@operation(
    "POST /api/v1/tokens",
    _ADMINISTRATORS,
    Messages(body=wire.NewToken, answer=wire.TokenSecret, status=201),
    errors=(400, 404),
)
def create_token(call: Call[None, wire.NewToken]) -> wire.TokenSecret:
    """Create a token for a user, the device at an address, or a machine's worker; its secret is shown this once."""
    asked = call.body
    token, secret = call.services.accounts.create_token(asked.subject, Role(asked.role), asked.note, call.actor)
    return messages.to_token_secret(token, secret)


@operation("DELETE /api/v1/tokens/<token>", roles(*EVERYONE), Messages(status=204), errors=(404,))
def revoke_token(call: Call[None, None], token: str) -> Response:
    """Revoke a token: administrators any, others their own."""
    call.services.accounts.revoke_token(token, call.actor)
    return Response(status=204)


@operation("GET /api/v1/audit", _ADMINISTRATORS, Messages(query=AuditQuery, answer=wire.AuditLog))
def list_audit(call: Call[AuditQuery, None]) -> wire.AuditLog:
    """List who did what to what, newest first."""
    entries = call.services.accounts.list_audit(call.actor, limit=call.query.limit, action=call.query.action)
    return wire.AuditLog(entries=[messages.to_audit_entry(entry) for entry in entries])


OPERATIONS = (
    show_me,
    list_users,
    create_user,
    change_user,
    list_tokens,
    create_token,
    revoke_token,
    list_audit,
)
