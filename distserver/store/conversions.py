"""SQL over conversions: one line for each time bytes were made, so that one for each class can be shown (SPEC N2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from distserver.store.tables import conversion


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """`rendition` names the documents (digests joined by '+', cut); times in seconds; `at` since the epoch."""

    rendition: str
    klass: str
    format: str
    outcome: str
    pages: int
    octets: int
    wall: float
    cpu: float
    peak_mb: float
    at: float


def insert_conversion(connection: sa.Connection, row: ConversionRow) -> None:
    connection.execute(conversion.insert(), asdict(row))
