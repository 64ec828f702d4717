"""Whatever instant a device dies at, and wherever its disk is full: what was scanned for a group reaches a real server
once, or is still there to be sent; what was to be erased is gone, what was to be kept is kept (SPEC D7, N4)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT

WRITES = {"erase": 37, "keep": 33}
"""From the first page to the erasing of another document. How many they are stands here so that none is passed by
unseen."""

FIRST, STEP = 3, 8
"""One of them is the call to the server; `python -m tests.support.works_crash` strikes at each."""


@pytest.mark.parametrize("how", ["kill-before", "kill-after", "kill-within", "full"])
@pytest.mark.parametrize("what", WRITES)
def test_any_write_may_be_the_last(tmp_path: Path, what: str, how: str) -> None:
    command = [sys.executable, "-m", "tests.support.works_crash", str(tmp_path), what, how, str(FIRST), str(STEP)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=500)
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["wrong"] == []
    assert len(said["writes"]) == WRITES[what]
    assert said["writes"].index("submit") + 1 in range(FIRST, WRITES[what] + 1, STEP)
    assert said["strikes"] == len(range(FIRST, WRITES[what] + 1, STEP))
