"""Tokens for programs and devices: `ds_…`, of which only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import sqlalchemy as sa

from distserver.accounts.throttle import Throttle
from distserver.errors import BadRequest, NotSignedIn
from distserver.model.accounts import Role, Token, User, lesser_role
from distserver.model.address import AddressError, parse_address
from distserver.model.jobs import Actor
from distserver.store import accounts, audit
from distserver.store.database import Database

PREFIX = "ds_"
_USED_RESOLUTION = 600.0
_REFUSED = "this token is not known or has been revoked: ask an administrator for another"


class Tokens:
    """Creates, checks and revokes tokens; `accounts.service` decides who may have it done."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._wrong = Throttle(free=20)

    def authenticate(self, bearer: str, origin: str) -> Actor:
        """Who the token speaks for: a user with the lesser of the user's and the token's role, a device or
        a worker.

        Only wrong tokens are slowed down: behind one address there may be a whole branch with right ones.
        """
        with self._database.read() as connection:
            token = accounts.find_token_by_hash(connection, digest_of(bearer)) if bearer.startswith(PREFIX) else None
            user = accounts.find_user(connection, token.subject) if token and token.role.is_person else None
        actor = None if token is None or token.revoked else _actor_of(token, user)
        if token is None or actor is None:
            self._wrong.attempt(origin)
            raise NotSignedIn(_REFUSED)
        if token.used is None or self._clock() - token.used > _USED_RESOLUTION:
            with self._database.begin() as connection:
                accounts.touch_token(connection, token.id, self._clock())
        return actor

    def create(self, subject: str, role: Role, note: str, by: Actor, user: User | None) -> tuple[Token, str]:
        """A token for `user`, for the device at the address `subject` or for the worker of that name; its secret."""
        if user is None:
            subject = _device_address(subject) if role is Role.DEVICE else subject
        elif lesser_role(user.role, role) is not role:
            raise BadRequest(f"the user '{user.name}' is {user.role}: a token cannot allow more than that")
        if len(note) > 200 or not note.isprintable():
            raise BadRequest("the note of a token has at most 200 characters, and no line breaks")
        token = Token(secrets.token_hex(6), subject, role, note, self._clock(), None, False)
        with self._database.begin() as connection:
            return token, write_token(connection, token, by)

    def list(self, subject: str | None) -> list[Token]:
        """Oldest first; those of one subject, if given."""
        with self._database.read() as connection:
            return accounts.list_tokens(connection, subject)

    def revoke(self, token_id: str, by: Actor) -> None:
        with self._database.begin() as connection:
            accounts.revoke_token(connection, token_id)
            audit.record(connection, self._clock(), by.name, "token-revoke", token_id, "")


def write_token(connection: sa.Connection, token: Token, by: Actor) -> str:
    """Write a new token; its secret, which is not to be had again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    accounts.insert_token(connection, token, digest_of(secret))
    detail = f"{token.subject} {token.role} {token.note}".strip()
    audit.record(connection, token.created, by.name, "token-create", token.id, detail)
    return secret


def digest_of(secret: str) -> str:
    """What is stored of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _actor_of(token: Token, user: User | None) -> Actor | None:
    if not token.role.is_person:
        return Actor(token.subject, token.role, token=token.id)
    if user is None or user.disabled:
        return None
    return Actor(user.name, lesser_role(user.role, token.role), token=token.id)


def _device_address(text: str) -> str:
    try:
        return parse_address(text).uri
    except AddressError as error:
        raise BadRequest(str(error)) from error
