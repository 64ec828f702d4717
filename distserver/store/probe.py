"""Whether the database can be written."""

from __future__ import annotations

import sqlalchemy as sa

from distserver.store.database import Database
from distserver.store.tables import audit


def check_writable(database: Database) -> None:
    """Take the right to write and change nothing. Raises `StoreUnavailable` or `NoSpace`."""
    with database.begin() as connection:
        connection.execute(sa.update(audit).where(audit.c.key == -1).values(who=audit.c.who))
