"""The fenced child that reads pages: `python -m mfp_client.marksheet.child`.

The first line on standard input is the rule, each further one a file; for each page it says one line of JSON, and `end`
after a file's last one. A page that costs too much memory or time ends the child, not the device: see `reader.py`.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image

from distwire.fence import set_limits
from mfp_client.marksheet.judging import judge_page
from mfp_client.marksheet.scans import Unreadable, read_scans
from mfp_client.marksheet.verdict import Rule, Verdict, refuse_page

MEMORY = 2 << 30
CPU_SECONDS = 20
"""For one page."""


def main() -> int:
    """Run the child until standard input ends."""
    set_limits(memory=MEMORY, file_octets=0)
    Image.MAX_IMAGE_PIXELS = None  # scans.py has a limit of its own
    told = json.loads(sys.stdin.readline())
    rule = Rule(bytes.fromhex(told["key"]), date.fromisoformat(told["today"]), told["every_symbol"])
    for line in sys.stdin:
        order = json.loads(line)
        _read_file(Path(order["file"]), order["first"], rule)
        _say(end=True)
    return 0


def _read_file(path: Path, first: int, rule: Rule) -> None:
    """Say every page from `first` on; what cannot be read is the last one said."""
    number = first
    try:
        _allow_time()
        for scan in read_scans(path, first):
            verdict = refuse_page(str(scan)) if isinstance(scan, Unreadable) else judge_page(scan, rule)
            _say(page=number, **_describe(verdict))
            number += 1
            _allow_time()
        if number == 1:
            _say(page=number, **_describe(refuse_page("the file has no pages")))
    except Unreadable as error:
        _say(page=number, **_describe(refuse_page(str(error))))
    except MemoryError:
        _say(page=number, **_describe(refuse_page(f"page {number} needs more memory than this device has")))


def _allow_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS, resource.RLIM_INFINITY)
    )


def _describe(verdict: Verdict) -> dict[str, Any]:
    mark = verdict.mark
    return {
        "mark": None if mark is None else mark.image_id,
        "expires": None if mark is None or mark.expires is None else mark.expires.isoformat(),
        "why": verdict.why,
        "symbols": [asdict(symbol) for symbol in verdict.symbols],
    }


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
