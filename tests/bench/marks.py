"""Mark sheets worn and scanned in every way: how many are read, how many wrongly, how long it takes; beside pyzbar."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from PIL import Image
from pyzbar import pyzbar

from distwire.marks import FORM
from mfp_client.marksheet.judging import judge_page
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.verdict import Rule
from tests.support.sheets import KEY, MADE, MODE_NAMES, SheetCase, make_case

RULE = Rule(KEY, MADE)
PEER_EVERY = 10
"""A bare call of pyzbar takes ten times as long: every tenth page is enough to know it."""


@dataclass(frozen=True)
class Reading:
    """What one reader made of a page; CPU milliseconds from grey pixels to the answer."""

    found: bool
    wrong: bool
    ms: float


@dataclass(frozen=True)
class Line:
    """One page and both readers."""

    seed: int
    mode: str
    level: int
    own: bool
    ours: Reading
    peer: Reading | None
    why: str


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; returns 1 when a page was read as what it is not."""
    parser = argparse.ArgumentParser(prog="deploy/bench marks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 pages instead of 10,000")
    parser.add_argument("--pages", type=int, help="so many pages")
    parser.add_argument("--seed", type=int, help="of the first page; default: a fresh one each time")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes")
    options = parser.parse_args(argv)
    pages = options.pages or (300 if options.quick else 10_000)
    first = random.SystemRandom().randrange(1 << 40) if options.seed is None else options.seed
    print(f"{pages} pages from seed {first}", flush=True)
    lines = list(_show_progress(_measure(range(first, first + pages), options.workers), pages))
    _print_table(lines)
    figures = {"seed": first, "pages": pages, **_sum_up(lines)}
    print(json.dumps(figures))
    return 1 if figures["wrong"] else 0


def _measure(seeds: Iterable[int], workers: int) -> Iterator[Line]:
    if workers == 1:
        _silence_zbar()
        yield from map(_measure_page, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _silence_zbar) as pool:
        yield from pool.map(_measure_page, seeds, chunksize=5)


def _silence_zbar() -> None:
    """It writes assertions to standard error, from C."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _measure_page(seed: int) -> Line:
    case = make_case(seed)
    begun = time.process_time()
    verdict = judge_page(Scan(case.scanned.grey(), case.scanned.dpi), RULE)
    ms = 1000 * (time.process_time() - begun)
    read = None if verdict.mark is None else verdict.mark.image_id
    ours = Reading(read is not None and read == case.image_id, read is not None and read != case.image_id, ms)
    peer = _ask_peer(case) if seed % PEER_EVERY == 0 else None
    return Line(
        seed, case.mode, case.level, case.image_id is not None, ours, peer, (verdict.why or "").partition(":")[0]
    )


def _ask_peer(case: SheetCase) -> Reading:
    """pyzbar as its page tells to use it: one call with the whole page."""
    picture = Image.fromarray(case.scanned.grey())
    begun = time.process_time()
    texts = [each.data.decode("utf-8", "replace") for each in pyzbar.decode(picture)]
    ms = 1000 * (time.process_time() - begun)
    wrong = any(FORM.fullmatch(text) and text != case.payload for text in texts)
    return Reading(case.image_id is not None and case.payload in texts, case.image_id is not None and wrong, ms)


def _show_progress(lines: Iterator[Line], pages: int) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        if number % max(1, pages // 20) == 0:
            print(f"{number} pages", flush=True)
        if line.ours.wrong:
            print(f"seed {line.seed} was read as what it is not", flush=True)
        yield line


def _print_table(lines: list[Line]) -> None:
    print(f"{'share read':<12} " + " ".join(f"{f'level {level}':>14}" for level in range(4)))
    for mode in MODE_NAMES:
        cells = [
            [line for line in lines if line.own and (line.mode, line.level) == (mode, level)] for level in range(4)
        ]
        shares = [f"{_share([one.ours for one in cell]):.3f} of {len(cell):<5}" if cell else "" for cell in cells]
        print(f"{mode:<12} " + " ".join(f"{share:>14}" for share in shares))
    lost = [line for line in lines if line.own and not line.ours.found]
    print("not read: " + (" ".join(f"{one.seed} ({one.mode}, {one.level})" for one in lost[:40]) or "none"))


def _sum_up(lines: list[Line]) -> dict[str, float | None]:
    asked = [(line, line.peer) for line in lines if line.peer is not None]
    ours = _figures([(line, line.ours) for line in lines])
    return {**ours, **{f"pyzbar_{name}": value for name, value in _figures(asked).items()}}


def _figures(readings: list[tuple[Line, Reading]]) -> dict[str, float | None]:
    own = {level: [one for line, one in readings if line.own and line.level == level] for level in range(4)}
    nothing = [one.ms for line, one in readings if not line.own]
    read = [one.ms for _, one in readings if one.found]
    return {
        "recall_office": _share(own[0] + own[1]),
        "recall_bad_office": _share(own[2]),
        "recall_worst": _share(own[3]),
        "wrong": sum(one.wrong for _, one in readings),
        "ms_read_median": round(statistics.median(read), 1) if read else None,
        "ms_nothing_p95": round(statistics.quantiles(nothing, n=20)[-1], 1) if len(nothing) > 1 else None,
    }


def _share(readings: list[Reading]) -> float | None:
    return round(sum(one.found for one in readings) / len(readings), 4) if readings else None


if __name__ == "__main__":
    raise SystemExit(main())
