"""A short campaign of kills on each database; `deploy/bench kills` runs long ones (N4)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.killing import run_campaign
from tests.support.postgres import PostgresServer

_KILLS = 5
_LONGEST_SECONDS = 120.0


@pytest.mark.real
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_printed_twice(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """N4, N7, D16: kill -9 of any process in mid-broadcast, `serve` too; .rec files are the only groups."""
    settings: dict[str, object] = {}
    if kind == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        settings["database"] = server.create_database()
    with run_campaign(tmp_path, 7, quick=True, **settings) as campaign:
        found = campaign.run_piece(_KILLS, time.monotonic() + _LONGEST_SECONDS)
    assert found.kills.total() == _KILLS
    assert found.jobs
    assert found.wrong == []
