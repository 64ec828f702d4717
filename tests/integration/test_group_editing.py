"""An editor saves a group file while devices register and withdraw: no line lost, no half file seen (SPEC D1, D9, D10).

The long form of the same storm, 1,000 operations in each encoding, is `deploy/bench groups`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.group_storm import ENCODINGS, ENOUGH_SAVES, STYLES, Storm, raise_storm


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_no_line_is_lost_and_no_half_file_is_seen(tmp_path: Path, style: str, encoding: str) -> None:
    damage = raise_storm(Storm(tmp_path, encoding, style, operations=60))
    assert damage.whole, damage
    assert damage.saves >= ENOUGH_SAVES
