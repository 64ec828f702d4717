"""400 well printers among 100 that misbehave in every way: how much they wait for those, and how each of those ends."""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.hostile import BEHAVIOURS, HostileNetwork, Paper, Script, run_hostile_process
from tests.support.hostile.catalogue import PATIENCE, SMALL
from tests.support.hostile.trials import Row, count_sheets, read_rows, submit, wait_for_rows, write_document
from tests.support.server import Server, run_server

_WELL_SECONDS = 300.0
_GOAL = 1.2


@dataclass
class Round:
    """One broadcast: seconds from the job's birth to each well printer's end, and all rows at the last look."""

    seconds: list[float]
    rows: dict[str, Row]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else float("inf")


def main(argv: list[str] | None = None) -> int:
    """A table, then one JSON object; 1 when a well printer did not print exactly once, or an ill one that can tell
    printed twice."""
    parser = argparse.ArgumentParser(prog="deploy/bench hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=500, metavar="N", help="destinations, a fifth of them ill (500)")
    parser.add_argument("--quick", action="store_true", help="a hundred destinations, and less patience with the ill")
    given = parser.parse_args(argv)
    count, patience = (100, 30.0) if given.quick else (given.count, 120.0)
    ill = {f"ill {n}": name for n, name in zip(range(count // 5), _cycle(), strict=False)}
    well = [f"well {n}" for n in range(count - len(ill))]
    with (
        tempfile.TemporaryDirectory(prefix="hostile-") as folder,
        run_hostile_process() as network,
        run_server(Path(folder) / "home", **PATIENCE) as server,
    ):
        scripts = {printer: _shrink(BEHAVIOURS[name].script) for printer, name in ill.items()}
        network.play(scripts)  # those with a port of their own have it from now on
        _write_groups(server, network, well, ill)
        network.play(dict.fromkeys(scripts, Script()))
        document = write_document(Path(folder) / "notice.pdf", SMALL)
        _broadcast(server, document, "well", "warm", well)
        alone = [_broadcast(server, document, "well", f"alone {n}", well) for n in range(3)]
        equal = _broadcast(server, document, "all", "all well", well)
        network.play(scripts)
        began = time.monotonic()
        mixed = _broadcast(server, document, "all", "mixed", well)
        job = next(iter(mixed.rows.values()))["job"]
        left = max(0.0, patience - (time.monotonic() - began))
        rows = wait_for_rows(server, job, lambda rows: all(row["ended"] for row in rows.values()), left)
        paper = network.paper()
    paper.printed = [sheet for sheet in paper.printed if sheet.title == "mixed"]
    result = _sum_up((*alone, equal), mixed, ill, rows, paper)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["well_not_once"] or result["twice"] else 0


def _cycle() -> list[str]:
    return list(BEHAVIOURS) * 200


def _shrink(script: Script) -> Script:
    """Faults within the document, for a document that is small."""
    return dataclasses.replace(
        script, steps=tuple(dataclasses.replace(step, octets=min(step.octets, SMALL // 2)) for step in script.steps)
    )


def _write_groups(server: Server, network: HostileNetwork, well: Sequence[str], ill: dict[str, str]) -> None:
    """`all` has an ill one after every four well ones; `well` only those."""
    mixed: list[str] = []
    rest = list(ill)
    for number, printer in enumerate(well):
        mixed.append(printer)
        if number % 4 == 3 and rest:
            mixed.append(rest.pop(0))
    server.write_group("all.rec", "all", network.lines([*mixed, *rest]))
    server.write_group("well.rec", "well", network.lines(well))


def _broadcast(server: Server, document: Path, group: str, title: str, well: Sequence[str]) -> Round:
    """One job, watched until the well printers have ended. The server's own times count, not those of our looks."""
    job = submit(server, document, group, title)
    until = time.monotonic() + _WELL_SECONDS
    while True:
        counts = server.job(job)["counts"]
        enough = counts["completed"] + counts["aborted"] >= len(well)
        if enough and all((rows := read_rows(server, job))[printer]["ended"] for printer in well):
            break
        if time.monotonic() > until:
            rows = read_rows(server, job)
            break
        time.sleep(0.5)
    born = _moment(server.job(job)["created"])
    seconds = [_moment(rows[printer]["ended"]) - born for printer in well if rows[printer]["state"] == "completed"]
    return Round(seconds, rows)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _sum_up(
    before: Sequence[Round], mixed: Round, ill: dict[str, str], rows: dict[str, Row], paper: Paper
) -> dict[str, Any]:
    """Print the table; answer its figures. The last round `before` was to all destinations, the others to the well
    ones alone."""
    *alone, equal = (one.median for one in before)
    alone_median = statistics.median(alone)
    sheets = count_sheets(paper, rows)
    well_not_once = sorted(printer for printer in rows if printer not in ill and sheets[printer] != 1)
    twice = sorted(p for p, name in ill.items() if BEHAVIOURS[name].tells and sheets[p] > 1)
    ends: dict[str, list[str]] = {}
    as_expected = Counter[bool]()
    for printer, name in ill.items():
        row, expected = rows[printer], BEHAVIOURS[name]
        end = f"{row['state']}, {row['reason']}"
        ends.setdefault(name, []).append(f"{end}; tries {row['attempts']}, sheets {sheets[printer]}")
        as_expected[row["state"] == expected.end] += 1
    count = len(rows) - len(ill)
    print(f"{f'{count} well alone, median s':<44}{alone_median:>9.2f}")
    print(f"{f'the same, {len(ill)} more that are well too':<44}{equal:>9.2f}")
    print(f"{f'the same, {len(ill)} more that are ill':<44}{mixed.median:>9.2f}")
    print(f"{f'ratio to alone (goal {_GOAL})':<44}{mixed.median / alone_median:>9.2f}")
    print(f"{'ratio to as many that are all well':<44}{mixed.median / equal:>9.2f}\n")
    for name, found in sorted(ends.items()):
        for end, times in Counter(found).items():
            print(f"{name:<34}{times:>3} x {end}")
    print(f"\nill ones at the end expected: {as_expected[True]} of {len(ill)}; twice: {twice or 'none'}")
    print(f"well ones not printed exactly once: {well_not_once or 'none'}")
    return {
        "destinations": len(rows),
        "ill": len(ill),
        "alone_median_s": [round(one, 3) for one in alone],
        "all_well_median_s": round(equal, 3),
        "mixed_median_s": round(mixed.median, 3),
        "mixed_slowest_s": round(max(mixed.seconds, default=0.0), 3),
        "ratio": round(mixed.median / alone_median, 3),
        "ratio_all_well": round(mixed.median / equal, 3),
        "ends": ends,
        "as_expected": as_expected[True],
        "well_not_once": well_not_once,
        "twice": twice,
    }


if __name__ == "__main__":
    raise SystemExit(main())
