"""What PostgreSQL does with the sessions of a worker that is stopped in the middle of a transaction (N4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from distserver.errors import StoreUnavailable
from distserver.store import executors
from distserver.store.database import Database

pytestmark = pytest.mark.real

_STOPPED, _OTHER = "branch:17:0a1b2c3d4e5f", "branch:18:5f4e3d2c1b0a"


@pytest.fixture
def databases(postgres_url: str) -> Iterator[dict[str, Database]]:
    made = {name: Database(postgres_url, durable=False, pool=2, name=name) for name in (_STOPPED, _OTHER)}
    yield made
    for database in made.values():
        database.close()


def test_sessions_of_a_dead_worker_are_ended_and_no_others(databases: dict[str, Database]) -> None:
    """N4: locks that it holds in the middle of a transaction are free for the others, and its own error is a later."""
    stopped, other = databases[_STOPPED], databases[_OTHER]
    with pytest.raises(StoreUnavailable), stopped.begin() as held:
        stopped.lock_claims(held)
        with other.begin() as connection:
            assert executors.end_sessions(connection, _STOPPED) == 1
            assert executors.end_sessions(connection, _OTHER) == 0  # but the one that asks
        with other.begin() as connection:
            other.lock_claims(connection)
        held.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("name", [_STOPPED, ""])
def test_a_session_that_idles_in_a_transaction_is_ended_by_the_server(postgres_url: str, name: str) -> None:
    """N4: also when nobody is left to end it: a machine that is gone, a web process that is stopped."""
    database = Database(postgres_url, durable=False, pool=2, name=name)
    try:
        with database.read() as connection:
            assert connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"
    finally:
        database.close()
