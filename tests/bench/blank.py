"""Blank pages told from pages with next to nothing on them, on paper from clean to filthy.

Prints how many of each kind were taken for blank: of those with something on them it should be none. The peer is the
usual rule, a share of pixels much darker than the paper, with limits of 0.1 % and 0.5 %.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from distwire.scan.blank import is_blank
from tests.support.dirty_paper import CONTENTS, LEVELS, make_page

NOTHING = "nothing"
PEER_LIMITS = (0.001, 0.005)


@dataclass
class Tally:
    """What both rules said of the pages so far: `taken` by ours, shares of dark pixels for the peer."""

    taken: dict[str, dict[str, int]] = field(default_factory=dict)
    shares: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    def judge(self, content: str, level: int, seed: int) -> None:
        page = make_page(None if content == NOTHING else content, level, seed)
        begun = time.process_time()
        blank = is_blank(page)
        self.times.append(time.process_time() - begun)
        row = self.taken.setdefault(content, dict.fromkeys(LEVELS, 0))
        row[LEVELS[level]] += blank
        shares = self.shares.setdefault(content, {})
        shares.setdefault(LEVELS[level], []).append(_measure_share(page))

    def describe_peer(self, limit: float) -> dict[str, object]:
        """What a rule by shares would have removed of blank pages, by level, and lost of others."""
        others = [row for name, row in self.shares.items() if name != NOTHING]
        blank = self.shares[NOTHING]
        return {
            "removed": {level: sum(one < limit for one in shares) / len(shares) for level, shares in blank.items()},
            "lost": sum(one < limit for row in others for shares in row.values() for one in shares),
        }


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object: `removed` blank pages by level and `lost` others, ours and the peer's."""
    parser = argparse.ArgumentParser(prog="deploy/bench blank", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 pages of each kind and level instead of 50")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first page; default: ever new ones")
    options = parser.parse_args(argv)
    count = 5 if options.quick else 50
    tally = Tally()
    print(f"taken for blank, of {count:<6}" + "".join(f"{level:>12}" for level in LEVELS))
    for content in (NOTHING, *CONTENTS):
        for level in range(len(LEVELS)):
            for one in range(count):
                tally.judge(content, level, options.seed + one)
        print(f"{content:<22}" + "".join(f"{one:>12}" for one in tally.taken[content].values()), flush=True)
    blank = tally.taken[NOTHING]
    facts = {
        "seed": options.seed,
        "pages": count,
        "removed": {level: one / count for level, one in blank.items()},
        "lost": sum(one for name, row in tally.taken.items() if name != NOTHING for one in row.values()),
        "peer": {str(limit): tally.describe_peer(limit) for limit in PEER_LIMITS},
        "ms_median": round(statistics.median(tally.times) * 1000, 1),
    }
    print(json.dumps(facts))
    return 0


def _measure_share(page: Image.Image) -> float:
    """Of pixels that are a quarter darker than the paper, without the outermost four millimetres."""
    edge = 24
    grey = np.asarray(page)[edge:-edge, edge:-edge]
    return float((grey < 0.75 * np.median(grey)).mean())


if __name__ == "__main__":
    raise SystemExit(main())
