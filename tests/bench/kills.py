"""Kill -9 of web, worker and render processes during broadcasts: nothing lost, nothing printed twice (N4)."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.support.killing import Campaign, run_campaign
from tests.support.postgres import run_postgres

_PROFILES = ("pdf", "pdf", "pdf", "pwg-mono")


def main(argv: list[str] | None = None) -> int:
    """A line for each database, then one JSON object; 1 when something was lost, printed twice or left open."""
    parser = argparse.ArgumentParser(prog="deploy/bench kills", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three kills on each database")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="kills on each database (20)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="to repeat a campaign's choices")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    given = parser.parse_args(argv)
    count = 3 if given.quick else given.count
    results = {}
    print(f"seed {given.seed}")
    print(f"{'database':<12}{'kills':>6}{'jobs':>6}{'copies':>8}{'lost':>6}{'twice':>7}{'open':>6}{'asked':>7}{'s':>8}")
    for kind in [given.database] if given.database else ["sqlite", "postgresql"]:
        found = _run(kind, count, random.Random(given.seed))
        results[kind] = {**asdict(found), "kills": dict(found.kills), "states": dict(found.states)}
        print(
            f"{kind:<12}{found.kills.total():>6}{len(found.jobs):>6}{found.deliveries:>8}{len(found.lost):>6}"
            f"{len(found.twice):>7}{len(found.open):>6}{found.adopted:>7}{found.seconds:>8.0f}",
            flush=True,
        )
    print(json.dumps({"seed": given.seed, **results}, ensure_ascii=False))
    return 1 if any(r["lost"] or r["twice"] or r["open"] for r in results.values()) else 0


def _run(kind: str, count: int, chance: random.Random) -> Campaign:
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        if kind == "sqlite":
            return run_campaign(Path(folder), count, chance, _PROFILES)
        with run_postgres() as server:
            return run_campaign(Path(folder), count, chance, _PROFILES, database=server.create_database())


if __name__ == "__main__":
    raise SystemExit(main())
