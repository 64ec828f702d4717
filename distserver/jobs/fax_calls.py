"""The log of calls to fax numbers, for operators."""

from __future__ import annotations

from distserver.accounts.access import OPERATORS
from distserver.errors import Forbidden
from distserver.model.fax_calls import FaxCallEntry
from distserver.model.jobs import Actor
from distserver.store import fax_calls as store
from distserver.store.database import Database


class FaxCalls:
    """All calls whose deliveries are remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, by: Actor, limit: int) -> list[FaxCallEntry]:
        """The newest first, of `limit` deliveries. Raises `Forbidden`."""
        if by.role not in OPERATORS:
            raise Forbidden(f"{by.name} may not see the calls of others: operators may")
        with self._database.read() as connection:
            return store.list_newest(connection, limit)
