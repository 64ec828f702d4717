"""Which process looks at the printers for the subscribers of one database: one at a time, until it ends."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from distserver.store.database import Database

_LOCK = 77312


class TellingLease:
    """On SQLite there is one machine, and one door on it. On PostgreSQL it is a lock that a session of its own has: it
    is free again when the process is gone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: sa.Connection | None = None

    def hold(self) -> bool:
        """Whether this process has it, or has got it now."""
        if self._database.sqlite:
            return True
        try:
            if self._session is None:
                return self._take()
            self._session.execute(sa.text("SELECT 1"))
        except SQLAlchemyError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()
            session.close()

    def _take(self) -> bool:
        session = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if session.execute(sa.text(f"SELECT pg_try_advisory_lock({_LOCK})")).scalar():
            self._session = session
            return True
        session.close()
        return False
