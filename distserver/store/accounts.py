"""SQL over users and tokens. What may be done with them is known to `distserver.accounts`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from distserver.model.accounts import Role, Token, User
from distserver.model.quotas import parse_quota
from distserver.store.tables import token, user


def insert_user(connection: sa.Connection, name: str, role: Role, password: str | None, now: float) -> None:
    """Write a user; `password` is its hash. Raises `sqlalchemy.exc.IntegrityError` when the name is taken."""
    connection.execute(user.insert(), {"name": name, "role": role, "password": password, "created": now})


def find_user(connection: sa.Connection, name: str) -> User | None:
    row = connection.execute(user.select().where(user.c.name == name)).first()
    return None if row is None else _user_from_row(row)


def find_password(connection: sa.Connection, name: str) -> str | None:
    """Hash of the user's password."""
    return connection.execute(sa.select(user.c.password).where(user.c.name == name)).scalar()


def list_users(connection: sa.Connection) -> list[User]:
    """By name."""
    return [_user_from_row(row) for row in connection.execute(user.select().order_by(user.c.name))]


def count_administrators(connection: sa.Connection) -> int:
    """Users who are administrators and not disabled."""
    query = sa.select(sa.func.count()).where(user.c.role == Role.ADMINISTRATOR, sa.not_(user.c.disabled))
    return int(connection.execute(query).scalar_one())


def lock_users(connection: sa.Connection) -> None:
    """Let nobody else change users until the transaction ends (SQLite has one writer at a time anyway)."""
    connection.execute(user.update().values(session_epoch=user.c.session_epoch))


def update_user(connection: sa.Connection, name: str, *, end_sessions: bool, **values: object) -> bool:
    """Set `role`, `password`, `disabled`, `quota`; True when there is such a user."""
    if end_sessions:
        values["session_epoch"] = user.c.session_epoch + 1
    return connection.execute(user.update().where(user.c.name == name).values(**values)).rowcount > 0


def insert_token(connection: sa.Connection, new: Token, digest: str) -> None:
    values = {"id": new.id, "hash": digest, "subject": new.subject, "role": new.role, "note": new.note}
    connection.execute(token.insert(), {**values, "created": new.created})


def find_token_by_hash(connection: sa.Connection, digest: str) -> Token | None:
    row = connection.execute(token.select().where(token.c.hash == digest)).first()
    return None if row is None else _token_from_row(row)


def find_token(connection: sa.Connection, token_id: str) -> Token | None:
    row = connection.execute(token.select().where(token.c.id == token_id)).first()
    return None if row is None else _token_from_row(row)


def list_tokens(connection: sa.Connection, subject: str | None = None) -> list[Token]:
    """Oldest first; those of one subject, if given."""
    query = token.select().order_by(token.c.created, token.c.id)
    if subject is not None:
        query = query.where(token.c.subject == subject)
    return [_token_from_row(row) for row in connection.execute(query)]


def revoke_token(connection: sa.Connection, token_id: str) -> bool:
    """True when there is such a token, revoked or not."""
    return connection.execute(token.update().where(token.c.id == token_id).values(revoked=True)).rowcount > 0


def touch_token(connection: sa.Connection, token_id: str, now: float) -> None:
    """Remember that the token was used."""
    connection.execute(token.update().where(token.c.id == token_id).values(used=now))


def _user_from_row(row: Any) -> User:
    quota = None if row.quota is None else parse_quota(row.quota)
    return User(row.name, Role(row.role), row.disabled, row.password is not None, row.created, row.session_epoch, quota)


def _token_from_row(row: Any) -> Token:
    return Token(row.id, row.subject, Role(row.role), row.note, row.created, row.used, row.revoked)
