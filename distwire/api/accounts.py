"""Users, tokens and the audit log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from distwire.api.base import Message, Request, Time

Role = Literal["administrator", "operator", "sender", "receiver", "device", "worker"]
PersonRole = Literal["administrator", "operator", "sender", "receiver"]
Password = Annotated[str, Field(min_length=10, max_length=1024)]


class Me(Message):
    """Who the token speaks for."""

    name: str
    role: Role


class User(Message):
    """Somebody who can sign in."""

    name: str
    role: PersonRole
    disabled: bool
    has_password: bool
    created: Time


class UserList(Message):
    """All users, by name."""

    users: list[User]


class NewUser(Request):
    """A user to be made; without a password only tokens can speak for them."""

    name: str = Field(min_length=1, max_length=64)
    role: PersonRole
    password: Password | None = None


class UserChange(Request):
    """What is to be changed; what is left out stays."""

    role: PersonRole | None = None
    password: Password | None = None
    disabled: bool | None = None


class Token(Message):
    """A key for programs. `subject` is a user; with the role device, a device's address; with worker, a machine."""

    id: str
    subject: str
    role: Role
    note: str
    created: Time
    used: Time | None
    revoked: bool


class TokenList(Message):
    """Tokens, oldest first."""

    tokens: list[Token]


class NewToken(Request):
    """A token to be made."""

    subject: str = Field(min_length=1, max_length=1024)
    role: Role
    note: str = Field(default="", max_length=200)


class TokenSecret(Token):
    """A new token. `secret` is shown this once."""

    secret: str


class AuditEntry(Message):
    """Who did what to what, and when."""

    at: Time
    who: str
    action: str
    object: str
    detail: str


class AuditLog(Message):
    """The newest entries, newest first."""

    entries: list[AuditEntry]
