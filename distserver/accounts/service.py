"""What may be done with users, and signing in. Every change is audited."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from distserver.accounts.passwords import Passwords, check_password
from distserver.accounts.throttle import Throttle
from distserver.accounts.tokens import Tokens
from distserver.errors import BadRequest, Conflict, Forbidden, NotFound, WrongProof
from distserver.model.accounts import Role, Token, User
from distserver.model.jobs import Actor
from distserver.model.quotas import Quota
from distserver.store import accounts, audit
from distserver.store.audit import AuditEntry
from distserver.store.database import Database


class Accounts:
    """Users and tokens of one installation; safe to use from any thread."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._names = throttle or Throttle()
        self._origins = Throttle(free=30, longest=60.0)
        self._tokens = Tokens(database, clock)

    def sign_in(self, name: str, password: str, origin: str) -> User:
        """The user, when the password is right. Raises `WrongProof`, and `TooManyTries` after several wrong ones.

        `origin` is the address that the request came from, or the device whose panel the user stands before.
        """
        name = clean_name(name)
        self._origins.check(origin)
        self._names.attempt((name, origin))
        with self._database.read() as connection:
            user = accounts.find_user(connection, name)
            stored = accounts.find_password(connection, name)
        right = self._passwords.verify(stored, password)
        if user is None or user.disabled or not right:
            self._origins.attempt(origin)
            self._note(name, "sign-in-refused", name, origin)
            raise WrongProof("the name or the password is wrong", "wrong-password")
        self._names.succeed((name, origin))
        if stored and self._passwords.is_outdated(stored):
            with self._database.begin() as connection:
                accounts.update_user(connection, name, end_sessions=False, password=self._passwords.hash(password))
        self._note(name, "sign-in", name, origin)
        return user

    def find_session(self, name: str, epoch: int) -> User | None:
        """The user of a session that began under `epoch`; None when that session has ended since."""
        with self._database.read() as connection:
            user = accounts.find_user(connection, name)
        return user if user and not user.disabled and user.session_epoch == epoch else None

    def authenticate(self, bearer: str, origin: str) -> Actor:
        """Who a token speaks for. Raises `NotSignedIn`, and `TooManyTries` after several wrong ones from `origin`."""
        return self._tokens.authenticate(bearer, origin)

    def list_users(self, by: Actor) -> list[User]:
        """By name."""
        _require_administrator(by)
        with self._database.read() as connection:
            return accounts.list_users(connection)

    def create_user(self, name: str, role: Role, password: str | None, by: Actor) -> User:
        """Raises `Conflict` when the name is taken. Without a password, only tokens can speak for the user."""
        _require_administrator(by)
        name = clean_name(name)
        _require_person(role)
        try:
            with self._changing(by, "user-create", name, role) as (connection, now):
                accounts.insert_user(connection, name, role, self._hashed(name, password), now)
        except IntegrityError as error:
            raise Conflict(f"there is a user '{name}' already") from error
        return self._find(name)

    def set_password(self, name: str, password: str, by: Actor) -> User:
        """Set the password of a user (administrators) or one's own; all sessions of the user end."""
        name = clean_name(name)
        if by.name != name or by.role in (Role.DEVICE, Role.WORKER):
            _require_administrator(by)
        hashed = self._hashed(name, password)
        with self._changing(by, "user-password", name) as (connection, _):
            _found(accounts.update_user(connection, name, end_sessions=True, password=hashed), name)
        return self._find(name)

    def set_role(self, name: str, role: Role, by: Actor) -> User:
        """Give a user another role; their sessions end. Raises `Conflict` when nobody would be administrator."""
        _require_administrator(by)
        _require_person(role)
        return self._alter(clean_name(name), by, "user-role", role, role=role)

    def disable_user(self, name: str, by: Actor) -> User:
        """End the user's sessions and refuse their password and tokens until they are enabled again."""
        _require_administrator(by)
        return self._alter(clean_name(name), by, "user-disable", "", disabled=True)

    def enable_user(self, name: str, by: Actor) -> User:
        """Let a disabled user sign in again."""
        _require_administrator(by)
        return self._alter(clean_name(name), by, "user-enable", "", disabled=False)

    def set_quota(self, name: str, quota: Quota | None, by: Actor) -> User:
        """Give a user a quota of their own; None: the default of their role again. Nobody is signed out by it."""
        _require_administrator(by)
        name, text = clean_name(name), None if quota is None else str(quota)
        with self._changing(by, "user-quota", name, text or "default") as (connection, _):
            _found(accounts.update_user(connection, name, end_sessions=False, quota=text), name)
        return self._find(name)

    def find_user(self, name: str, by: Actor) -> User:
        """A user, for administrators and for themselves. Raises `NotFound`."""
        name = clean_name(name)
        if by.name != name:
            _require_administrator(by)
        return self._find(name)

    def list_tokens(self, by: Actor) -> list[Token]:
        """All tokens for an administrator, their own for anybody else; oldest first, revoked ones too."""
        return self._tokens.list(None if by.role == Role.ADMINISTRATOR else by.name)

    def create_token(self, subject: str, role: Role, note: str, by: Actor) -> tuple[Token, str]:
        """A new token and its secret, which is not to be had again.

        `subject`: a user, a device's address, or the name of the machine that a worker runs on.
        """
        _require_administrator(by)
        name = subject if role is Role.DEVICE else clean_name(subject)
        user = self._find(name) if role.is_person else None
        return self._tokens.create(name if user is None else user.name, role, note, by, user)

    def revoke_token(self, token_id: str, by: Actor) -> None:
        """Refuse the token from now on. Raises `NotFound`, also for somebody else's token."""
        if token_id not in {token.id for token in self.list_tokens(by)}:
            raise NotFound(f"there is no token {token_id}")
        self._tokens.revoke(token_id, by)

    def list_audit(self, by: Actor, *, limit: int = 100, action: str | None = None) -> list[AuditEntry]:
        """Who did what, newest first."""
        _require_administrator(by)
        with self._database.read() as connection:
            return audit.list_entries(connection, limit=limit, action=action)

    def has_users(self) -> bool:
        """False before the first start."""
        with self._database.read() as connection:
            return bool(accounts.list_users(connection))

    def _alter(self, name: str, by: Actor, action: str, detail: str, **values: object) -> User:
        with self._changing(by, action, name, detail) as (connection, _):
            accounts.lock_users(connection)
            _found(accounts.update_user(connection, name, end_sessions=True, **values), name)
            if accounts.count_administrators(connection) == 0:
                raise Conflict("nobody would be administrator any more: make somebody else one first")
        return self._find(name)

    def _find(self, name: str) -> User:
        with self._database.read() as connection:
            user = accounts.find_user(connection, name)
        if user is None:
            raise _no_user(name)
        return user

    def _hashed(self, name: str, password: str | None) -> str | None:
        if password is None:
            return None
        check_password(name, password)
        return self._passwords.hash(password)

    @contextmanager
    def _changing(self, by: Actor, action: str, what: str, detail: str = "") -> Iterator[tuple[sa.Connection, float]]:
        now = self._clock()
        with self._database.begin() as connection:
            yield connection, now
            audit.record(connection, now, by.name, action, what, detail)

    def _note(self, who: str, action: str, what: str, detail: str) -> None:
        with self._database.begin() as connection:
            audit.record(connection, self._clock(), who, action, what, detail)


def clean_name(text: str) -> str:
    """A user's name in its one form (NFC). Raises `BadRequest`."""
    name = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(name) <= 64:
        raise BadRequest("a user's name has between 1 and 64 characters")
    if any(c in "/\\:;<>\"'`" or unicodedata.category(c)[0] in "CZ" for c in name):
        raise BadRequest("a user's name has no spaces, no control characters and none of / \\ : ; < > quotes")
    return name


def _require_administrator(by: Actor) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Forbidden("only an administrator may do this")


def _require_person(role: Role) -> None:
    if not role.is_person:
        raise BadRequest(f"a {role} is no user: give it a token of its own instead")


def _found(found: bool, name: str) -> None:
    if not found:
        raise _no_user(name)


def _no_user(name: str) -> NotFound:
    return NotFound(f"there is no user '{name}'")
