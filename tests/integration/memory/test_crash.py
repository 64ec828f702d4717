"""Whatever instant a process dies at, and wherever the disk is full: no document is lost before its delivery is
accepted, none is left over afterwards, and no image ID is given twice (SPEC D7)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sources import ROOT

WRITES = {"cycle": 28, "move": 10}
"""Of storing a document of two pages, sending it, and erasing another; and of moving one to a medium. How many they are
stands here so that none is passed by unseen."""


@pytest.mark.parametrize("how", ["kill-before", "kill-after", "kill-within", "full"])
@pytest.mark.parametrize("what", WRITES)
def test_every_write_may_be_the_last(tmp_path: Path, what: str, how: str) -> None:
    command = [sys.executable, "-m", "tests.support.memory_crash", str(tmp_path), what, how]
    said = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300).stdout)
    assert said["wrong"] == []
    writes = said["writes"]
    while writes[:2] == ["commit", "commit"]:  # an image ID that was given before takes one more
        del writes[0]
    assert said["strikes"] >= len(writes) == WRITES[what]
    assert list(_find_haste(said["writes"])) == []


def _find_haste(writes: list[str]) -> Iterator[int]:
    """Commits that tell of something that a power cut could still take back: data or names that were not synced."""
    data = names = False
    for number, write in enumerate(writes, 1):
        data = (data or write == "pwrite") and write not in ("fdatasync", "fsync")
        names = (names or write in ("link", "unlink", "rename")) and write != "fsync"
        if write == "commit" and (data or names):
            yield number
