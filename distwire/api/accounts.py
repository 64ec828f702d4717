"""Users, tokens and the audit log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from distwire.api.base import Message, Request, Time

Role = Literal["administrator", "operator", "sender", "receiver", "device", "worker"]
PersonRole = Literal["administrator", "operator", "sender", "receiver"]
Password = Annotated[str, Field(min_length=10, max_length=1024)]


class Allowance(Message):
    """How somebody stands with one limit of their quota: of `limit` in each `window`, `used` is spent and `left` is
    left until `renewed`."""

    measure: Literal["jobs", "pages", "bytes"]
    window: Literal["day", "week", "month"]
    limit: int
    used: int
    left: int
    renewed: Time


class Me(Message):
    """Who the token speaks for, and what is limited for them."""

    name: str
    role: Role
    allowances: list[Allowance] = Field(default_factory=list)


class User(Message):
    """Somebody who can sign in. `quota` is what was set for them, as it is written (`jobs=20/day`, `unlimited`); null
    leaves it to the default of their role. `allowances` tell what holds, and what is left of it."""

    name: str
    role: PersonRole
    disabled: bool
    has_password: bool
    created: Time
    quota: str | None = None
    allowances: list[Allowance] = Field(default_factory=list)


class UserList(Message):
    """All users, by name."""

    users: list[User]


class NewUser(Request):
    """A user to be made; without a password only tokens can speak for them."""

    name: str = Field(min_length=1, max_length=64)
    role: PersonRole
    password: Password | None = None


class UserChange(Request):
    """What is to be changed; what is left out stays. `quota` is written `jobs=20/day pages=500/week bytes=2G/month`,
    `unlimited`, or `default` for that of the role."""

    role: PersonRole | None = None
    password: Password | None = None
    disabled: bool | None = None
    quota: str | None = Field(default=None, max_length=500)


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
