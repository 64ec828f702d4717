"""A short campaign of kills on each database; `deploy/bench kills` runs long ones (N4)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.killing import run_campaign
from tests.support.postgres import PostgresServer


@pytest.mark.real
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_printed_twice(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """N4, N7, D16: kill -9 of web, worker and render child in mid-broadcast; all.rec is the only group file."""
    settings: dict[str, object] = {}
    if kind == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        settings["database"] = server.create_database()
    found = run_campaign(tmp_path, 3, random.Random(7), ("pdf", "pwg-mono"), **settings)
    assert found.kills.total() == 3
    assert found.jobs
    assert (found.open, found.lost, found.twice) == ([], [], [])
    assert set(found.states) == {"completed"}
