"""Faxes that have come in, and what became of them: each is a job once, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from distserver.accounts.access import OPERATORS
from distserver.errors import Forbidden
from distserver.jobs.acceptance import Also
from distserver.model.jobs import Actor
from distserver.model.received_faxes import Fate, FaxOrigin, ReceivedFax
from distserver.store import received_faxes as store
from distserver.store.database import Database

_REMEMBERED_SECONDS = 90 * 86400.0


class ReceivedFaxes:
    """All of them. `clock` is in seconds since the epoch."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def find(self, origin: FaxOrigin, digest: str | None = None) -> ReceivedFax | None:
        """What is known of this file: as it lies there, or else with this content under this name."""
        with self._database.read() as connection:
            if digest is None:
                return store.find_at(connection, origin)
            return store.find_digest(connection, origin.server, origin.name, digest)

    def accepting(self, fax: ReceivedFax) -> Also:
        """Writes that the fax has become the job, into the transaction that makes the job."""

        def write(connection: sa.Connection, job: str) -> None:
            store.write(connection, replace(fax, fate=Fate.ACCEPTED, job=job, reason="", seen=self._clock()))

        return write

    def record(self, fax: ReceivedFax) -> None:
        """Write what became of it."""
        with self._database.begin() as connection:
            store.write(connection, replace(fax, seen=self._clock()))

    def note_removed(self, fax: ReceivedFax) -> None:
        """Write that its server does not have it any more."""
        self.record(replace(fax, removed=self._clock()))

    def tidy(self, server: str, there: set[str]) -> None:
        """Forget what nobody asks for again; `there` are the files that lie at the server now."""
        with self._database.begin() as connection:
            store.forget(connection, self._clock() - _REMEMBERED_SECONDS)
            store.forget_gone(connection, server, there)

    def list(self, by: Actor, limit: int = 200) -> list[ReceivedFax]:
        """The newest first. Raises `Forbidden`."""
        if by.role not in OPERATORS:
            raise Forbidden(f"{by.name} may not see the faxes of others: operators may")
        with self._database.read() as connection:
            return store.list_newest(connection, limit)
