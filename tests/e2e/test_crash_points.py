"""A process dies at a durable write of a broadcast, and the receipts are those of an undisturbed one (N4).

Every eleventh instant of all; `deploy/bench sweep` goes through every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crashing import SIDES, prepare_sweep, walk

_EVERY = 11
_AT_ONCE = 2


@pytest.mark.real
def test_receipts_are_the_same_wherever_a_process_dies(tmp_path: Path) -> None:
    """N4: web, worker and the child that converts are struck right before and right after what they write."""
    with prepare_sweep(tmp_path) as sweep:
        whole = sweep.pass_through(0, SIDES[0])
        assert whole.wrong == ()
        roles = {write.partition(" ")[0] for write in whole.writes}
        assert roles == {"web", "worker", "render"}
        instants = [(number, side) for number in range(1, len(whole.writes) + 1) for side in SIDES]
        chosen = instants[_EVERY // 2 :: _EVERY]
        for start in range(0, len(chosen), _AT_ONCE):
            for passage in walk(sweep, chosen[start : start + _AT_ONCE]):
                assert passage.wrong == (), passage
