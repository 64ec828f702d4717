"""Changed IPP and HTTP requests, guided by the lines they reach: no fault, no leak, nothing left behind (N1)."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

from tests.fuzz.campaign import Campaign
from tests.fuzz.findings import Tally
from tests.fuzz.leak import measure_leak
from tests.support.server import ROOT

_KEEP = ROOT / "var" / "fuzz"
_MEMORY = Path("/dev/shm")
"""Where files cost no disk, if there is such a place."""


def main(argv: list[str] | None = None) -> int:
    """Operations × statuses, then one JSON object; 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="deploy/bench fuzz", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="twenty thousand requests")
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N", help="requests in all (1,000,000)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2, metavar="N", help="at once (all cores)")
    parser.add_argument("--seconds", type=float, default=1e9, metavar="S", help="start nothing more after so many")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep totals there, scripts in FILE.d; go on from them"
    )
    parser.add_argument("--keep", type=Path, default=_KEEP, metavar="FOLDER", help="for scripts that find something")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="to begin like an earlier campaign")
    given = parser.parse_args(argv)
    count = min(20_000, given.count) if given.quick else given.count
    begun, total = time.monotonic(), _read(given.state)
    already = total.requests
    print(f"seed {given.seed}, from {already} requests on", flush=True)

    def tell(now: Tally) -> None:
        _write(given.state, now)
        speed = (now.requests - already) / (time.monotonic() - begun)
        print(f"{now.requests} requests, {speed:.0f} a second, {len(now.findings)} findings", flush=True)

    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        work = Path(folder)
        kept = given.state.with_name(given.state.name + ".d") if given.state else None
        if kept is not None and kept.is_dir():
            shutil.copytree(kept, work / "corpus")
        campaign = Campaign(work, total, given.processes, tell)
        campaign.run(count, begun + given.seconds, given.seed)
        leak = measure_leak(work, max(2_000, min(20_000, count // 10)), given.seed)
        total.findings |= leak.findings
        for path in (work / "findings").iterdir():
            given.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, given.keep)
        if kept is not None:
            shutil.copytree(work / "corpus", kept, dirs_exist_ok=True)
    seconds = time.monotonic() - begun
    print(f"\n{total.describe()}\n\n{leak.words}")
    for key, details in total.findings.items():
        print(f"\nFOUND {key} (see {given.keep})\n{details[-1500:]}")
    print(json.dumps(_sum_up(total, total.requests - already, seconds, given.seed) | leak.figures))
    return 1 if total.findings else 0


def _sum_up(total: Tally, now: int, seconds: float, seed: int) -> dict[str, object]:
    return {
        "requests": total.requests,
        "replayed": total.replayed,
        "scripts": total.scripts,
        "clearings": total.clearings,
        "requests_per_second": round(now / seconds, 1),
        "requests_per_cpu_second": round(total.requests / max(1.0, total.seconds), 1),
        "operations": len({operation for operation, _ in total.answers}),
        "statuses": len({status for _, status in total.answers}),
        "most_grown_mb": max((point["grown_mb"] for point in total.growth), default=0.0),
        "findings": sorted(total.findings),
        "seed": seed,
    }


def _read(state: Path | None) -> Tally:
    if state is None or not state.exists():
        return Tally()
    return Tally.from_json(json.loads(state.read_text("utf-8")))


def _write(state: Path | None, total: Tally) -> None:
    if state is not None:
        part = state.with_suffix(".part")
        part.write_text(total.dump(), "utf-8")
        part.replace(state)


if __name__ == "__main__":
    raise SystemExit(main())
