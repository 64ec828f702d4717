"""kill -9 of any process during broadcasts to a hostile network: nothing lost, nothing twice without leave (N4)."""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.killing import Campaign, run_campaign
from tests.support.postgres import run_postgres
from tests.support.tally import Tally, read_tallies, write_tallies

_PIECE = 150


def main(argv: list[str] | None = None) -> int:
    """The totals of each database, then one JSON object; 1 when something is lost, twice, open or told untruly."""
    parser = argparse.ArgumentParser(prog="deploy/bench kills", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten kills on each database")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="kills on each database in all (100)")
    parser.add_argument("--seconds", type=float, default=1e9, metavar="S", help="stop killing after so many seconds")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the totals there, and go on from them")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where homes go in which something went wrong")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="to repeat a campaign's choices")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    given = parser.parse_args(argv)
    count = 10 if given.quick else given.count
    tallies = read_tallies(given.state)
    kinds = [given.database] if given.database else ["sqlite", "postgresql"]
    print(f"seed {given.seed}")
    for kind in kinds:
        until = time.monotonic() + given.seconds
        total = tallies.setdefault(kind, Tally())
        with _start(kind, given.seed) as campaign:
            while total.kills.total() < count and time.monotonic() < until:
                piece = campaign.run_piece(min(_PIECE, count - total.kills.total()), until)
                if given.keep is not None and not piece.spotless:
                    campaign.save(given.keep / f"{kind}-{total.pieces + 1}-{given.seed}")
                campaign.clear()
                total.add(piece)
                write_tallies(given.state, tallies)
                print(f"\n{kind}: {total.describe()}", flush=True)
    print(json.dumps({"seed": given.seed, **{kind: tallies[kind].to_json() for kind in kinds}}, ensure_ascii=False))
    return 0 if all(tallies[kind].spotless for kind in kinds) else 1


@contextlib.contextmanager
def _start(kind: str, seed: int) -> Iterator[Campaign]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        settings: dict[str, object] = {}
        if kind == "postgresql":
            settings["database"] = stack.enter_context(run_postgres()).create_database()
        yield stack.enter_context(run_campaign(folder, seed, **settings))


if __name__ == "__main__":
    raise SystemExit(main())
