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
_END_SECONDS = 15.0
_LATE_SECONDS = 2.0
_GOAL = 1.2


@dataclass
class Round:
    """One broadcast: seconds from the job's birth to each well printer's end, and all rows at the last look."""

    job: str
    seconds: dict[str, float]
    rows: dict[str, Row]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds.values()) if self.seconds else float("inf")


def main(argv: list[str] | None = None) -> int:
    """A table, then one JSON object; 1 when a well printer did not print exactly once, or an ill one that can tell
    printed twice."""
    parser = argparse.ArgumentParser(prog="deploy/bench hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=500, metavar="N", help="destinations, a fifth of them ill (500)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="broadcasts of each kind, in turns (5)")
    parser.add_argument("--quick", action="store_true", help="a hundred destinations, and less patience with the ill")
    given = parser.parse_args(argv)
    count, patience = (100, 30.0) if given.quick else (given.count, 120.0)
    well = [f"well {n}" for n in range(count - count // 5)]
    with (
        tempfile.TemporaryDirectory(prefix="hostile-") as folder,
        run_hostile_process() as network,
        run_server(Path(folder) / "home", **PATIENCE) as server,
    ):
        document = write_document(Path(folder) / "notice.pdf", SMALL)
        server.write_group("well.rec", "well", network.lines(well))
        _broadcast(server, document, "well", "warm", well)
        alone, equal, mixed = [], [], []
        for number in range(given.rounds):
            ill = {f"ill {number}.{n}": name for n, name in zip(range(count // 5), _cycle(), strict=False)}
            _write_group(server, network, f"equal {number}", well, [f"{printer}, well" for printer in ill])
            network.play({printer: _shrink(BEHAVIOURS[name].script) for printer, name in ill.items()})
            _write_group(server, network, f"mixed {number}", well, list(ill))
            alone.append(_broadcast(server, document, "well", f"alone {number}", well))
            equal.append(_broadcast(server, document, f"equal {number}", f"equal {number}", well))
            began = time.monotonic()
            mixed.append(_broadcast(server, document, f"mixed {number}", f"mixed {number}", well))
            if number < given.rounds - 1:
                _end(server, mixed[-1].job)
        left = max(0.0, patience - (time.monotonic() - began))
        ended = lambda rows: all(row["ended"] for row in rows.values())  # noqa: E731
        rows = wait_for_rows(server, mixed[-1].job, ended, left)
        paper = network.paper()
    paper.printed = [sheet for sheet in paper.printed if sheet.title == f"mixed {given.rounds - 1}"]
    result = _sum_up(alone, equal, mixed, ill, rows, paper)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["well_not_once"] or result["twice"] else 0


def _end(server: Server, job: str) -> None:
    """What is left of an earlier round is not to be in the way of the next."""
    done = server.command("job", "cancel", job)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for_rows(server, job, lambda rows: all(row["ended"] for row in rows.values()), _END_SECONDS)


def _cycle() -> list[str]:
    return list(BEHAVIOURS) * 200


def _shrink(script: Script) -> Script:
    """Faults within the document, for a document that is small."""
    return dataclasses.replace(
        script, steps=tuple(dataclasses.replace(step, octets=min(step.octets, SMALL // 2)) for step in script.steps)
    )


def _write_group(
    server: Server, network: HostileNetwork, name: str, well: Sequence[str], others: Sequence[str]
) -> None:
    """Another one after every four of the well."""
    lines: list[str] = []
    rest = list(others)
    for number, printer in enumerate(well):
        lines.append(printer)
        if number % 4 == 3 and rest:
            lines.append(rest.pop(0))
    server.write_group(f"{name.replace(' ', '-')}.rec", name, network.lines([*lines, *rest]))


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
    seconds = {
        printer: _moment(rows[printer]["ended"]) - born for printer in well if rows[printer]["state"] == "completed"
    }
    return Round(job, seconds, rows)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _sum_up(
    alone: Sequence[Round],
    equal: Sequence[Round],
    mixed: Sequence[Round],
    ill: dict[str, str],
    rows: dict[str, Row],
    paper: Paper,
) -> dict[str, Any]:
    """Print the table; answer its figures. `ill`, `rows` and `paper` are of the last mixed round.

    Two ratios, each a median over the rounds of what stood side by side: to the well ones alone, and to the same
    broadcast with printers in the place of the ill ones that are well, which tells what illness costs.
    """
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
    ratio, ratio_equal = _compare(mixed, alone), _compare(mixed, equal)
    count = len(rows) - len(ill)
    for words, rounds in (("alone", alone), (f"{len(ill)} more, well", equal), (f"{len(ill)} more, ill", mixed)):
        print(f"{f'{count} well, {words}: median s':<44}{' '.join(f'{one.median:8.2f}' for one in rounds)}")
    print(f"{'ratio to alone':<44}{ratio:>8.2f}")
    print(f"{f'ratio to as many that are all well (goal {_GOAL})':<44}{ratio_equal:>8.2f}\n")
    for name, found in sorted(ends.items()):
        for end, times in Counter(found).items():
            print(f"{name:<34}{times:>3} x {end}")
    print(f"\nill ones at the end expected: {as_expected[True]} of {len(ill)}; twice: {twice or 'none'}")
    print(f"well ones not printed exactly once: {well_not_once or 'none'}")
    late = {
        printer: [round(seconds, 1), one.rows[printer]["attempts"], one.rows[printer]["message"]]
        for one in mixed
        for printer, seconds in one.seconds.items()
        if seconds > one.median + _LATE_SECONDS
    }
    print(f"well ones that came late (seconds, tries, words): {late or 'none'}")
    return {
        "destinations": len(rows),
        "ill": len(ill),
        "alone_median_s": [round(one.median, 3) for one in alone],
        "all_well_median_s": [round(one.median, 3) for one in equal],
        "mixed_median_s": [round(one.median, 3) for one in mixed],
        "mixed_slowest_s": [round(max(one.seconds.values(), default=0.0), 3) for one in mixed],
        "ratio": round(ratio, 3),
        "ratio_all_well": round(ratio_equal, 3),
        "ends": ends,
        "as_expected": as_expected[True],
        "well_not_once": well_not_once,
        "twice": twice,
        "late": late,
    }


def _compare(these: Sequence[Round], those: Sequence[Round]) -> float:
    return statistics.median(one.median / other.median for one, other in zip(these, those, strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
