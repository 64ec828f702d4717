"""A death at every durable write of one broadcast in turn, before it and after it: the same receipts each time (N4)."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.support.crashing import SIDES, Passage, Sweep, prepare_sweep, walk
from tests.support.postgres import run_postgres

_QUICK = 7


def main(argv: list[str] | None = None) -> int:
    """A line for each death, then one JSON object; 1 when one led to other receipts or to a wrong number of prints."""
    parser = argparse.ArgumentParser(prog="deploy/bench sweep", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"every {_QUICK}th write only")
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="the first write (1)")
    parser.add_argument("--to", dest="last", type=int, default=1_000_000, metavar="N", help="the last write (all)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where homes go that came out wrong")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="sweep-") as folder, _prepare(given.database, Path(folder)) as sweep:
        whole = sweep.pass_through(0, SIDES[0])
        print(f"{len(whole.writes)} durable writes on {given.database}; the receipts when nothing disturbs:")
        for name, end in whole.ends.items():
            print(f"  {name:<16}{end}")
        passages = [] if whole.wrong else list(_go(sweep, given.first, given.last, _QUICK if given.quick else 1))
        wrong = [passage for passage in (whole, *passages) if passage.wrong]
        if given.keep is not None:
            for passage in wrong:
                name = f"{passage.number}-{passage.side}"
                shutil.copytree(Path(folder) / name, given.keep / name, dirs_exist_ok=True)
    struck = [passage for passage in passages if passage.struck is not None]
    print(f"{len(struck)} deaths, {len(wrong)} times wrong")
    result = {
        "database": given.database,
        "writes": whole.writes,
        "expected": whole.ends,
        "deaths": len(struck),
        "wrong": [asdict(passage) for passage in wrong],
        "passages": [{k: v for k, v in asdict(passage).items() if k != "writes"} for passage in passages],
    }
    print(json.dumps(result, ensure_ascii=False))
    return 1 if wrong else 0


@contextlib.contextmanager
def _prepare(database: str, folder: Path) -> Iterator[Sweep]:
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(run_postgres()) if database == "postgresql" else None
        yield stack.enter_context(prepare_sweep(folder, postgres))


def _go(sweep: Sweep, first: int, last: int, every: int) -> Iterator[Passage]:
    """Both sides of each write, until there are no more."""
    for number in range(first, last + 1, every):
        passages = walk(sweep, [(number, side) for side in SIDES])
        for passage in passages:
            words = f"{passage.struck or 'no such write'}: {'; '.join(passage.wrong) or 'same'}"
            print(f"{number:>4} {passage.side:<7}{passage.seconds:>6.1f} s  {words}", flush=True)
        yield from passages
        if all(passage.struck is None for passage in passages):
            return


if __name__ == "__main__":
    raise SystemExit(main())
