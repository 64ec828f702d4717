"""How long a job of a well-behaved client takes beside each crowd of hostile ones, against the same client alone."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from tests.support.crowd import CROWDS
from tests.support.pressed import Pressed, run_pressed

GOAL = 5.0
_ON_A_SMALL_DISK = "disk"


def main(argv: list[str] | None = None) -> int:
    """A table, then one JSON object; 1 when some crowd was answered wrongly or slowed the good client too much."""
    parser = argparse.ArgumentParser(prog="deploy/bench intake-hostile", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each crowd comes (3)")
    parser.add_argument("--quick", action="store_true", help="each crowd comes once")
    given = parser.parse_args(argv)
    kinds = [kind for kind in CROWDS if _ON_A_SMALL_DISK not in kind]
    with (
        tempfile.TemporaryDirectory(prefix="intake-hostile-") as folder,
        run_pressed(Path(folder) / "home") as pressed,
    ):
        print(f"{'crowd':<34}{'clients':>8}{'alone ms':>10}{'beside ms':>10}{'ratio':>7}  answers")
        rows = {kind: _measure(pressed, kind, 1 if given.quick else given.rounds) for kind in kinds}
    ratios = {kind: ratio for kind, (ratio, _) in rows.items()}
    missed = [kind for kind, (ratio, right) in rows.items() if ratio > GOAL or not right]
    print(json.dumps({"worst": max(ratios.values()), "missed": missed, **ratios}))
    return 1 if missed else 0


def _measure(pressed: Pressed, kind: str, rounds: int) -> tuple[float, bool]:
    """The median of the ratios, and whether all were answered as they should be."""
    met = [pressed.meet(kind) for _ in range(rounds)]
    ratio = round(statistics.median(one.ratio for one in met), 2)
    alone, beside = (
        1000 * statistics.median(statistics.median(times) for times in all_)
        for all_ in ([one.alone for one in met], [one.during for one in met])
    )
    right = all(set(one.answers) <= CROWDS[kind].answers for one in met)
    print(f"{kind:<34}{CROWDS[kind].count:>8}{alone:>10.1f}{beside:>10.1f}{ratio:>7.2f}  {met[-1].answers}", flush=True)
    return ratio, right


if __name__ == "__main__":
    raise SystemExit(main())
