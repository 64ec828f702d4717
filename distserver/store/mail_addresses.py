"""SQL over the mail addresses of users: each belongs to one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from distserver.store.mail_tables import mail_address

_c = mail_address.c


def find_user_of(connection: sa.Connection, address: str) -> str | None:
    """The name of the user whose address (in its one form) it is."""
    return connection.execute(sa.select(_c.user).where(_c.address == address)).scalar()


def list_addresses(connection: sa.Connection, user: str) -> list[str]:
    """A user's, by the alphabet."""
    return list(connection.execute(sa.select(_c.address).where(_c.user == user).order_by(_c.address)).scalars())


def replace_addresses(connection: sa.Connection, user: str, addresses: Sequence[str]) -> None:
    """From now on these are the user's. Raises `sqlalchemy.exc.IntegrityError` when one is somebody else's."""
    connection.execute(mail_address.delete().where(_c.user == user))
    if addresses:
        connection.execute(mail_address.insert(), [{"address": one, "user": user} for one in addresses])
