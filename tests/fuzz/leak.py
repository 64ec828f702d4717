"""Whether the server keeps anything of requests that are over: a house without libFuzzer, in a process of its own.

python -m tests.fuzz.leak FOLDER COUNT SEED
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.findings import Finding
from tests.fuzz.mutation import mutate_script
from tests.fuzz.watch import Watch
from tests.support.server import ROOT

_MOST_OCTETS = 12_000
_WARM = 0.4
_MOST = {"rss_mb": 16.0, "blocks_k": 20.0, "descriptors": 4, "threads": 2}
"""What may have been added to a warm process: caches fill for a while, the store opens connections as it needs them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """What was measured, for a person and for a program; `findings` when it is too much, or anything was found."""

    words: str
    figures: dict[str, float]
    findings: dict[str, str]


def measure_leak(folder: Path, count: int, seed: int) -> Leak:
    """Play so many requests, made of FOLDER/corpus, in another process."""
    command = [sys.executable, "-m", "tests.fuzz.leak", str(folder), str(count), str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return Leak(done.stderr, {}, {"died: the process that measures leaks": done.stderr[-3000:]})
    points, findings = json.loads(done.stdout.splitlines()[-1])
    first, last = next(one for one in points if one["requests"] >= _WARM * count), points[-1]
    grown = {name: round(last[name] - first[name], 1) for name in first}
    words = f"memory over {grown['requests']:.0f} requests once warm: {first['rss_mb']} MB → {last['rss_mb']} MB, "
    words += f"{first['blocks_k']} → {last['blocks_k']} thousand blocks, descriptors {grown['descriptors']:+.0f}"
    if any(grown[name] > most for name, most in _MOST.items()):
        findings["leak: of a process without libFuzzer"] = json.dumps(points)
    return Leak(words, {"leak_mb": grown["rss_mb"], "leak_blocks_k": grown["blocks_k"]}, findings)


def play_changed(watch: Watch, scripts: list[bytes], count: int, seed: int) -> list[dict[str, float]]:
    """Changed scripts until so many requests were played; what the process held meanwhile."""
    chance, points = random.Random(seed), [watch.measure()]
    start = watch.tally.requests
    while (played := watch.tally.requests - start) < count:
        watch.play(mutate_script(chance.choice(scripts), _MOST_OCTETS, chance))
        if played >= len(points) * count / 20:
            points.append(watch.measure() | {"requests": played})
    watch.clear()
    return [*points, watch.measure() | {"requests": watch.tally.requests - start}]


def main() -> None:
    """See above."""
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    scripts = [path.read_bytes() for path in sorted((folder / "corpus").iterdir())]

    def keep(finding: Finding) -> None:
        (folder / "findings" / f"leak-{len(watch.tally.findings)}.script").write_bytes(finding.script)

    watch = Watch(keep)
    with tempfile.TemporaryDirectory(dir=folder) as home, watch.over(Path(home) / "home"):
        points = play_changed(watch, scripts, count, seed)
    print(json.dumps([points, watch.tally.findings]))


if __name__ == "__main__":
    main()
