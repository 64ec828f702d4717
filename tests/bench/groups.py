"""Group files: reading 10,000 groups, following an edit, and 1,000 registrations against a saving editor."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from distserver.groups.index import GroupIndex
from tests.support.group_storm import ENCODINGS, STYLES, Storm, raise_storm


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; returns 1 when a line was lost or a half file was seen."""
    parser = argparse.ArgumentParser(prog="deploy/bench groups", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    quick = parser.parse_args(argv).quick
    figures = measure_index(1_000 if quick else 10_000)
    for name, value in figures.items():
        print(f"{name:<42} {value:>12.3f}")
    print(f"\n{'editor':<10} {'encoding':<16} {'saves':>6} {'restored':>9} {'seconds':>8}  damage")
    storms = []
    for style in STYLES:
        for label, codec in ENCODINGS.items():
            storms.append(run_storm(style, label, codec, 100 if quick else 1_000))
    print(json.dumps({"index": figures, "storms": storms}, ensure_ascii=False))
    return 0 if all(storm["whole"] for storm in storms) else 1


def run_storm(style: str, label: str, codec: str, operations: int) -> dict[str, object]:
    """One storm, printed as a line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        damage = raise_storm(Storm(Path(folder), codec, style, operations))
    said = "none" if damage.whole else str(damage)
    print(f"{style:<10} {label:<16} {damage.saves:>6} {damage.restored:>9} {damage.seconds:>8.1f}  {said}", flush=True)
    return {
        "style": style,
        "encoding": label,
        "operations": operations,
        "saves": damage.saves,
        "restored": damage.restored,
        "seconds": round(damage.seconds, 2),
        "whole": damage.whole,
    }


def measure_index(groups: int) -> dict[str, float]:
    """Seconds for the first reading of all groups (ten times as many destinations), for a look at all, and for an edit
    to show; and the same reading without any parsing, as the floor."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        write_groups(directory, groups)
        began = time.perf_counter()
        for path in directory.iterdir():
            path.read_bytes()
        floor = time.perf_counter() - began
        began = time.perf_counter()
        with GroupIndex(directory) as index:
            first = time.perf_counter() - began
            began = time.perf_counter()
            index.refresh()
            look = time.perf_counter() - began
            before = index.reads
            edits = [time_edit(index, directory / "g00007.rec", number) for number in range(10)]
            reads = index.reads - before
    return {
        "groups": groups,
        "destinations": groups * 10,
        "first reading, s": first,
        "plain reading of the same bytes, s": floor,
        "look at all files, s": look,
        "edit to be seen, median, s": statistics.median(edits),
        "edit to be seen, worst, s": max(edits),
        "files read for each edit": reads / len(edits),
    }


def write_groups(directory: Path, groups: int) -> None:
    """`groups` files of ten destinations each, and all.rec with all of them."""
    line = "dev{0}.branch{1}.mei.co.jp; 支店 {0}\n"
    lines = [line.format(number, number % 100) for number in range(groups * 10)]
    (directory / "all.rec").write_text("# all\n# all.rec\n" + "".join(lines))
    for group in range(groups):
        name = f"g{group:05}.rec"
        (directory / name).write_text(f"# group {group}\n# {name}\n" + "".join(lines[group * 10 : group * 10 + 10]))


def time_edit(index: GroupIndex, path: Path, number: int) -> float:
    """Seconds from a save by an editor to the listener's call."""
    seen = threading.Event()
    index.add_listener(lambda _snapshot, changed: seen.set() if path.name in changed else None)
    began = time.perf_counter()
    with path.open("a") as stream:
        stream.write(f"new{number}.mei.co.jp; new {number}\n")
    seen.wait(30)
    took = time.perf_counter() - began
    time.sleep(0.2)
    return took


if __name__ == "__main__":
    sys.exit(main())
