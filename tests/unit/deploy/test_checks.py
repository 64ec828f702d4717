"""How many workers share the tests of `deploy/test`."""

from __future__ import annotations

import pytest

from deploy.lib.checks import count_workers


@pytest.mark.parametrize(
    ("cores", "memory_mb", "workers"),
    [(1, 2000, 3), (2, 4000, 3), (2, 8000, 4), (4, 8000, 6), (4, 16000, 8), (16, 64000, 8)],
)
def test_workers_are_two_for_each_core_where_the_memory_is_enough(cores: int, memory_mb: int, workers: int) -> None:
    assert count_workers(cores, memory_mb) == workers
