"""kill -9 of any process during broadcasts to printers, a queue, a fax, a mailbox, a PC and a web service (N4)."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support.all_kinds import run_all_kinds
from tests.support.mixed_kills import Findings, MixedCampaign
from tests.support.postgres import run_postgres

_PIECE = 15


def main(argv: Sequence[str] | None = None) -> int:
    """A line for each piece, then one JSON object; 1 when something is lost, twice or has not ended well."""
    parser = argparse.ArgumentParser(prog="deploy/bench mixed-kills", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one piece on each database")
    parser.add_argument("--count", type=int, default=60, metavar="N", help="kills on each database (60)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="to repeat a campaign's choices")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    options = parser.parse_args(argv)
    count = _PIECE if options.quick else options.count
    kinds = [options.database] if options.database else ["sqlite", "postgresql"]
    found = {kind: _run(kind, count, options.seed) for kind in kinds}
    print(json.dumps({"seed": options.seed, **{kind: _describe(one) for kind, one in found.items()}}))
    return 1 if any(one.faults for one in found.values()) else 0


def _run(kind: str, count: int, seed: int) -> Findings:
    total = Findings()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mixed-")))
        settings: dict[str, object] = {"suspend_score": 0}
        if kind == "postgresql":
            settings["database"] = stack.enter_context(run_postgres()).create_database()
        campaign = MixedCampaign(stack.enter_context(run_all_kinds(folder, **settings)), folder, random.Random(seed))
        while total.kills.total() < count:
            total.add(campaign.run_piece(min(_PIECE, count - total.kills.total())))
            print(f"{kind}: {json.dumps(_describe(total))}", flush=True)
    return total


def _describe(found: Findings) -> dict[str, object]:
    return {"kills": dict(found.kills), "jobs": found.jobs, "mails_again": found.again, "faults": found.faults}


if __name__ == "__main__":
    raise SystemExit(main())
