"""Accounts on an empty SQLite file, with quick password hashes and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from distserver.accounts.passwords import Passwords
from distserver.accounts.service import Accounts
from distserver.accounts.throttle import Throttle
from distserver.store.database import Database
from distserver.store.tables import metadata


@dataclass
class Desk:
    """The accounts, and the time they see."""

    database: Database
    now: float = 1_000_000.0

    def __post_init__(self) -> None:
        quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        throttle = Throttle(free=3, clock=lambda: self.now)
        self.accounts = Accounts(self.database, clock=lambda: self.now, passwords=quick, throttle=throttle)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(f"sqlite:///{tmp_path / 'accounts.sqlite'}", durable=False, pool=2)
    metadata.create_all(database.engine)
    yield Desk(database)
    database.close()
