"""N4, D4 under a storm of chance: however workers and users act and die, limits hold, counts are right, all ends."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.store.choice import Limits
from tests.support.jobs import Office
from tests.support.yard import LIMITS, Yard

SEEDS = range(int(os.environ.get("STORM_SEEDS", "4")))
ACTS = 120


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


@pytest.mark.parametrize("limits", [LIMITS, Limits()], ids=["limited", "unlimited"])
@pytest.mark.parametrize("crashes", [False, True], ids=["calm", "crashes"])
@pytest.mark.parametrize("seed", SEEDS)
async def test_after_any_storm_all_ends_and_nothing_is_stranded(
    office: Office, seed: int, crashes: bool, limits: Limits
) -> None:
    """Without crashes nobody needs the sweeper: whoever frees a destination brings back what waits for it."""
    yard = Yard(office, random.Random(seed), crashes, limits)
    await yard.storm(ACTS)
    await yard.settle_all()
