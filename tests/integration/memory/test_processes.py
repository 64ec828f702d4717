"""Several processes in one memory at the same time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from mfp_client.memory.records import FIRST_ID, Draft, Limits
from mfp_client.memory.store import ImageMemory
from tests.support.memory_pages import ANNA, files_of, open_memory, store
from tests.support.sources import ROOT

PROCESSES, ROUNDS, IDS = 3, 12, 100


def test_processes_store_and_erase_beside_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.integration.memory.test_processes", str(tmp_path)]
    running = [subprocess.Popen([*command, str(n)], cwd=ROOT, stdout=subprocess.PIPE) for n in range(PROCESSES)]
    said = [json.loads(process.communicate(timeout=300)[0]) for process in running]
    given = [one for each in said for one in each["given"]]
    kept = [one for each in said for one in each["kept"]]
    assert len(given) == len(set(given)) == PROCESSES * ROUNDS
    with open_memory(tmp_path) as memory:
        assert sorted(one.id for one in memory.list_documents(ANNA)) == sorted(kept)
        assert memory.room.usage().documents == len(kept)
    assert files_of(tmp_path) == sorted(f"{one}.tif" for one in kept)


def work(home: Path, seed: str) -> dict[str, list[int]]:
    """Store documents, under one of few IDs, and erase every other one."""
    chance = random.Random(seed)
    given, kept = [], []
    with ImageMemory(home, Limits(reserve=0), draw=lambda: FIRST_ID + chance.randrange(IDS)) as memory:
        for number in range(ROUNDS):
            stored = store(memory, Draft("notice", "anna"), pages=2)
            given.append(stored.id)
            if number % 2:
                memory.erase(stored.id, ANNA)
            else:
                kept.append(stored.id)
            memory.sweep()
            memory.list_documents(ANNA, text="notice")
    return {"given": given, "kept": kept}


if __name__ == "__main__":
    print(json.dumps(work(Path(sys.argv[1]), sys.argv[2])))
