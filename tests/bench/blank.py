"""Blank pages told from pages with next to nothing on them, on paper from clean to filthy.

Prints how many of each kind were taken for blank: of those with something on them it should be none.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from distwire.scan.blank import is_blank
from tests.support.dirty_paper import CONTENTS, LEVELS, make_page


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object: `removed` blank pages by level, `lost` pages, `ms_median`."""
    parser = argparse.ArgumentParser(prog="deploy/bench blank", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 pages of each kind and level instead of 50")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first page; default: ever new ones")
    options = parser.parse_args(argv)
    count = 5 if options.quick else 50
    times: list[float] = []
    taken: dict[str, dict[str, int]] = {}
    print(f"taken for blank, of {count}:  " + "  ".join(f"{level:>10}" for level in LEVELS))
    for content in (None, *CONTENTS):
        row = taken[content or "nothing"] = {}
        for number, level in enumerate(LEVELS):
            row[level] = sum(_judge(content, number, options.seed + one, times) for one in range(count))
        print(f"{content or 'nothing':<22}  " + "  ".join(f"{one:>10}" for one in row.values()), flush=True)
    blank = taken.pop("nothing")
    facts = {
        "seed": options.seed,
        "pages": count,
        "removed": {level: one / count for level, one in blank.items()},
        "lost": sum(one for row in taken.values() for one in row.values()),
        "ms_median": round(statistics.median(times) * 1000, 1),
    }
    print(json.dumps(facts))
    return 0


def _judge(content: str | None, level: int, seed: int, times: list[float]) -> bool:
    page = make_page(content, level, seed)
    begun = time.process_time()
    blank = is_blank(page)
    times.append(time.process_time() - begun)
    return blank


if __name__ == "__main__":
    raise SystemExit(main())
